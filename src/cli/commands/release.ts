import { withRead, withWriteInTurn } from "../../database/transaction.ts";
import { formatKey, type Reservation } from "../../domain/reservation.ts";
import { TropError } from "../../errors.ts";
import { executeRelease, planRelease, type ReleaseRequest } from "../../operations/release.ts";
import { defineCommand, flag } from "../grammar/command.ts";
import { PERMISSION_OPTIONS, tagOption, targetOption } from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import type { Output } from "../output.ts";
import { openSessionDatabase, readTag, resolveTarget, startSession } from "../steps/session.ts";

/** `trop release`: gives the ports of a directory back. */
export const release = defineCommand({
  ...titleOf("release"),
  description: [
    "Without a filter all reservations of the directory are released, with and without a tag. " +
    "Releasing what is not reserved is no error.",
  ],
  options: {
    path: targetOption("Directory whose reservations are released"),
    tag: tagOption("Release only the reservation with this tag"),
    untaggedOnly: flag({ summary: "Release only the reservation without a tag" }),
    recursive: flag({ summary: "Release those of all directories below as well" }),
    force: flag({ summary: "The same as --allow-unrelated-path" }),
    allowUnrelatedPath: PERMISSION_OPTIONS.allowUnrelatedPath,
    dryRun: flag({ summary: "Say what would be released, and do nothing" }),
  },
  examples: [
    { command: "trop release", effect: "Release everything reserved for this directory" },
    { command: "trop release --tag api", effect: "Release one of its ports" },
    { command: "trop release --recursive --dry-run", effect: "See what is reserved below" },
  ],
  exitCodes: [
    ["1", "The path is unrelated to this directory"],
  ],
  async run(invocation) {
    const { options, output } = invocation;
    const { dryRun, recursive } = options;
    const session = await startSession(invocation, options);
    const tag = readTag(options.tag);
    if (tag !== undefined && options.untaggedOnly) {
      const message = "Cannot specify both --tag and --untagged-only";
      throw new TropError({ code: "invalid-arguments", message });
    }
    const request: ReleaseRequest = {
      path: resolveTarget(session, options.path),
      tags: tag !== undefined ? { tag } : options.untaggedOnly ? "untagged" : "all",
      recursive,
      allowUnrelatedPath: options.force || session.config.allowUnrelatedPath,
    };
    const directory = session.directory.reported;
    using database = openSessionDatabase(session, dryRun ? "look" : "write");
    const operation = "executing the release command";
    if (dryRun) {
      const plan = withRead(database, operation, (tx) => {
        return planRelease(tx, request, directory);
      });
      describe(output, request, plan);
      return;
    }
    const released = await withWriteInTurn(database, operation, (tx) => {
      return executeRelease(tx, planRelease(tx, request, directory));
    });
    report(output, request, released);
  },
});

function describe(output: Output, request: ReleaseRequest, plan: readonly Reservation[]): void {
  const { recursive } = request;
  output.status(
    recursive
      ? `Dry run - would release ${plan.length} reservation(s):`
      : "Dry run - would perform the following actions:",
  );
  plan.forEach((reservation, index) => {
    const bullet = recursive ? "-" : `${index + 1}.`;
    output.status(`  ${bullet} Delete reservation for ${formatKey(reservation)}`);
  });
  if (plan.length === 0) {
    output.status("Warnings:");
    output.status(`  - ${nothingFound(request)}`);
  }
}

function report(output: Output, request: ReleaseRequest, released: number): void {
  output.status(
    request.recursive
      ? `Released ${released} reservation(s)`
      : released > 0
      ? "Released reservation successfully"
      : "No reservation found (already released)",
  );
  if (released === 0) output.warn(nothingFound(request));
}

function nothingFound({ path, tags, recursive }: ReleaseRequest): string {
  const tag = typeof tags === "object" ? tags.tag : null;
  return `nothing is reserved ${recursive ? "at or below" : "for"} ${formatKey({ path, tag })}`;
}
