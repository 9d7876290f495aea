import { get } from "../../database/operations.ts";
import { withRead } from "../../database/transaction.ts";
import { formatKey } from "../../domain/reservation.ts";
import { TropError } from "../../errors.ts";
import { defineCommand } from "../grammar/command.ts";
import { NOT_OPTION, tagOption, targetOption } from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import { openSessionDatabase, readTag, resolveTarget, startSession } from "../steps/session.ts";

/** `trop assert-reservation`: succeeds when a directory has a port. */
export const assertReservation = defineCommand({
  ...titleOf("assert-reservation"),
  description: [
    "Prints the port, unless --quiet, and ends with 0; without a reservation it ends with 1. Only " +
    "the reservation with the tag counts, or, without --tag, the one that has none. Looking does " +
    "not count as a use.",
  ],
  options: {
    path: targetOption("Directory to look for"),
    tag: tagOption("Look for the reservation with this tag"),
    ...NOT_OPTION,
  },
  examples: [
    { command: "trop assert-reservation --tag api", effect: "Print its port, or fail" },
    {
      command: "trop assert-reservation --quiet || echo none",
      effect: "Say so when this directory has no port",
    },
  ],
  exitCodes: [
    ["1", "The directory has no such reservation; with --not, it has"],
  ],
  async run(invocation) {
    const { options, output } = invocation;
    const session = await startSession(invocation);
    const path = resolveTarget(session, options.path);
    const key = { path, tag: readTag(options.tag) ?? null };
    using database = openSessionDatabase(session, "read");
    const operation = "executing the assert-reservation command";
    const found = withRead(database, operation, (transaction) => get(transaction, key));
    if ((found !== undefined) === options.not) {
      const state = found === undefined ? "has no reservation" : `has port ${found.port}`;
      const message = `Assertion failed: ${formatKey(key)} ${state}`;
      throw new TropError({ code: "assertion-failed", message });
    }
    if (found !== undefined && output.verbosity !== "quiet") output.product(`${found.port}\n`);
  },
});
