import { resolveDataDirectory } from "../../database/config.ts";
import { findOddities, verify } from "../../database/integrity.ts";
import { withRead } from "../../database/transaction.ts";
import { TropError } from "../../errors.ts";
import { inspectDirectory } from "../../operations/inspect_directory.ts";
import { defineCommand, flag } from "../grammar/command.ts";
import { NOT_OPTION } from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import {
  absoluteDataDirectory,
  openSessionDatabase,
  type Session,
  startSession,
} from "../steps/session.ts";

/** `trop assert-data-dir`: succeeds when there is a data directory, and its database is sound. */
export const assertDataDir = defineCommand({
  ...titleOf("assert-data-dir"),
  description: [
    "Prints nothing, and ends with 0 or 1. Nothing is created, migrated or repaired. With " +
    "--validate, whatever is wrong with the database ends it with 6, with --not too.",
  ],
  options: {
    ...NOT_OPTION,
    validate: flag({ summary: "Check every table, row and page of the database as well" }),
  },
  examples: [
    { command: "trop assert-data-dir", effect: "Succeed if the directory exists" },
    { command: "trop assert-data-dir --validate", effect: "Say what is wrong with the database" },
  ],
  exitCodes: [
    ["1", "The directory does not exist; with --not, it does"],
    ["6", "Its database is not sound, which only --validate tells"],
  ],
  async run(invocation) {
    const { options: { not, validate }, globals, host } = invocation;
    const session = validate ? await startSession(invocation) : undefined;
    const directory = resolveDataDirectory(globals.dataDir, host.env);
    const verdict = inspectDirectory(absoluteDataDirectory(host, directory));
    if (session !== undefined && verdict.kind === "unknown") {
      const reason = `the data directory ${directory} cannot be examined: ${verdict.reason}`;
      throw unsound({ path: directory, reason, advice: "Restore access to it" });
    }
    const exists = verdict.kind === "live";
    if (session !== undefined && exists) validateDatabase(session, directory);
    if (exists !== not) return;
    const state = exists
      ? validate ? "exists and its database is sound" : "exists"
      : verdict.kind === "gone"
      ? "does not exist"
      : `cannot be examined: ${verdict.reason}`;
    const message = `Assertion failed: the data directory ${directory} ${state}`;
    throw new TropError({ code: "assertion-failed", message });
  },
});

/** Scripts look for these words. */
const VALIDATING = "opening and validating the database";

function validateDatabase(session: Session, directory: string): void {
  try {
    using database = openSessionDatabase(session, "validate");
    const oddities = withRead(database, VALIDATING, (transaction) => {
      verify(transaction);
      return findOddities(transaction);
    });
    for (const oddity of oddities) session.output.warn(oddity);
  } catch (error) {
    throw error instanceof TropError ? toInvalid(error, directory) : error;
  }
}

/** What keeps other commands from their work is here what is wrong with the directory. */
function toInvalid(error: TropError, directory: string): TropError {
  const { failure } = error;
  switch (failure.code) {
    case "lock-timeout":
      return new TropError({ ...failure, operation: VALIDATING }, { cause: error });
    case "not-initialised":
      return unsound({
        path: failure.path,
        reason: `the data directory ${directory} does not contain ${failure.path}`,
        advice: "Restore a backup, or create a new database with 'trop init'",
      }, error);
    case "cannot-open-database":
      return unsound({
        path: failure.path,
        reason: `cannot open ${failure.path}: ${failure.reason}`,
        advice: failure.hint,
      }, error);
    default:
      return error;
  }
}

function unsound(
  details: { readonly path: string; readonly reason: string; readonly advice: string },
  cause?: TropError,
): TropError {
  const failure = { code: "database-corruption", ...details, untouched: "data directory" } as const;
  return new TropError(failure, { cause });
}
