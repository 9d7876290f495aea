import { withRead, withWrite } from "../../database/transaction.ts";
import { formatKey, type Reservation } from "../../domain/reservation.ts";
import { TropError } from "../../errors.ts";
import { executeRelease, planRelease, type ReleaseRequest } from "../../operations/release.ts";
import { defineCommand, flag, path, text } from "../command.ts";
import type { Output } from "../output.ts";
import { openCommandDatabase, readTag, resolveTarget } from "../session.ts";

/** `trop release`: gives the ports of a directory back. */
export const release = defineCommand({
  name: "release",
  group: "clean up",
  summary: "Release the ports reserved for a directory",
  description: [
    "Without a filter all reservations of the directory are released, with and without a tag. " +
    "Releasing what is not reserved is no error.",
  ],
  options: {
    path: path({
      summary: "Directory whose reservations are released",
      valueName: "PATH",
      env: "TROP_PATH",
      default: "the current directory",
    }),
    tag: text({ summary: "Release only the reservation with this tag", valueName: "TAG" }),
    untaggedOnly: flag({ summary: "Release only the reservation without a tag" }),
    recursive: flag({ summary: "Release those of all directories below as well" }),
    force: flag({ summary: "The same as --allow-unrelated-path" }),
    allowUnrelatedPath: flag({
      summary: "Take a path that is neither above nor below the current directory",
      configEnv: "TROP_ALLOW_UNRELATED_PATH",
    }),
    dryRun: flag({ summary: "Say what would be released, and do nothing" }),
  },
  examples: [
    { command: "trop release", effect: "Release everything reserved for this directory" },
    { command: "trop release --tag api", effect: "Release one of its ports" },
    { command: "trop release --recursive --dry-run", effect: "See what is reserved below" },
  ],
  run(invocation) {
    const { options, host, output } = invocation;
    const { dryRun, recursive } = options;
    const { path, directory } = resolveTarget(host, options.path);
    const tag = readTag(options.tag);
    if (tag !== undefined && options.untaggedOnly) {
      const message = "Cannot specify both --tag and --untagged-only";
      throw new TropError({ code: "invalid-arguments", message });
    }
    const request: ReleaseRequest = {
      path,
      tags: tag !== undefined ? { tag } : options.untaggedOnly ? "untagged" : "all",
      recursive,
      allowUnrelatedPath: options.force || options.allowUnrelatedPath,
    };
    const settings = {
      maximumLockWaitSeconds: invocation.globals.busyTimeout ?? 5,
      disableAutoinit: invocation.globals.disableAutoinit,
    };
    using database = openCommandDatabase(invocation, settings, dryRun ? "dry-run" : "write");
    const operation = "executing the release command";
    if (dryRun) {
      const plan = withRead(database, operation, (tx) => {
        return planRelease(tx, request, directory.reported);
      });
      describe(output, request, plan);
      return;
    }
    const released = withWrite(database, operation, (tx) => {
      return executeRelease(tx, planRelease(tx, request, directory.reported));
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
