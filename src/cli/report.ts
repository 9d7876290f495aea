/**
 * The one place that turns a failure into words for standard error and an exit code for scripts.
 *
 * @module
 */

import { formatKey } from "../domain/reservation.ts";
import { escapeControls } from "../domain/text.ts";
import {
  type Exhaustion,
  type Failure,
  type ProbeFailure,
  TropError,
  type Violation,
} from "../errors.ts";

/** What to print on standard error, its last line feed included, and how to end. */
export interface Report {
  readonly text: string;
  readonly exitCode: number;
}

/** What the report tells apart from the failure itself. */
export interface ReportOptions {
  /** How the command is used, for somebody who misspelled it. */
  readonly usage: string;
  /** Whether to show where a defect comes from. */
  readonly debug: boolean;
}

/**
 * Exit codes as scripts know them. Usage errors and lock timeouts share one; what tells them apart
 * is that the former begin with `error: ` and everything else with `Error: `.
 */
export const EXIT = {
  negative: 1,
  usage: 2,
  lockTimeout: 2,
  notInitialised: 3,
  arguments: 4,
  io: 5,
  failure: 6,
  configuration: 7,
  programNotExecutable: 126,
  programNotFound: 127,
} as const;

/** The words and the exit code for whatever ended a command. */
export function report(error: unknown, { usage, debug }: ReportOptions): Report {
  if (error instanceof TropError && error.failure.code === "usage") {
    const help = usage.replace(/ \[OPTIONS\].*/, " --help");
    return {
      text: `error: ${error.failure.message}\n\nUsage: ${usage}\n\nFor more, try '${help}'.\n`,
      exitCode: EXIT.usage,
    };
  }
  const { words, exitCode } = describe(error);
  const stack = debug && !(error instanceof TropError) ? stackOf(error) : "";
  // Nothing from outside may move the cursor or look like a line of its own.
  const lines = [`Error: ${escapeControls(words)}`, ...excerptOf(error)];
  return { text: `${lines.join("\n")}\n${stack}`, exitCode };
}

interface Description {
  readonly words: string;
  readonly exitCode: number;
}

function describe(error: unknown): Description {
  if (error instanceof TropError) return describeFailure(error.failure);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Deno.errors.NotCapable) return failed(`permission denied: ${message}`);
  return failed(
    `internal error: ${message}; this is a defect in trop: please report it, ` +
      "with what the same command prints when TROP_DEBUG=1 is set",
  );
}

/** The lines of a configuration file that show what is wrong. */
function excerptOf(error: unknown): readonly string[] {
  if (!(error instanceof TropError)) return [];
  const { failure } = error;
  const cause = failure.code === "configuration" ? failure.failure : failure;
  return cause.code === "validation" ? cause.excerpt ?? [] : [];
}

function stackOf(error: unknown): string {
  return error instanceof Error ? `${error.stack}\n` : "";
}

function failed(words: string): Description {
  return { words, exitCode: EXIT.failure };
}

// No default: a new code does not compile until it has both words and an exit code.
function describeFailure(failure: Failure): Description {
  switch (failure.code) {
    case "usage":
      return { words: failure.message, exitCode: EXIT.usage };
    case "invalid-arguments":
      return { words: `Invalid arguments: ${failure.message}`, exitCode: EXIT.arguments };
    case "validation": {
      const source = failure.source === undefined ? "" : ` (${failure.source})`;
      return failed(`validation error for '${failure.field}'${source}: ${failure.message}`);
    }
    case "configuration": {
      const { words } = describeFailure(failure.failure);
      return { words: `Configuration error: ${words}`, exitCode: EXIT.configuration };
    }
    case "invalid-path":
      return failed(`invalid path ${failure.path}: ${failure.reason}`);
    case "path-not-found":
      return failed(`path not found: ${failure.path}`);
    case "path-denied":
      return failed(`permission denied: ${failure.path}`);
    case "path-unrelated":
      return {
        words: `path relationship violation: ${failure.target} is unrelated to the current ` +
          `directory ${failure.directory}; pass --allow-unrelated-path to use it all the same`,
        exitCode: EXIT.negative,
      };
    case "sticky-field": {
      const { field, stored, requested, group } = failure;
      const place = group === undefined ? "" : ` for the group at ${group}`;
      return {
        words: `cannot change sticky field '${field}': stored ${quoted(stored)}${place}, ` +
          `requested ${quoted(requested)}; pass --allow-${field}-change or --force to change it`,
        exitCode: EXIT.negative,
      };
    }
    case "not-found":
      return failed(`not found: ${failure.message}`);
    case "same-path":
      return failed(
        "reservation conflict: source and destination are the same path, so the " +
          `${failure.count} reservation(s) at ${failure.path} are in their own way; pass ` +
          "--force to leave them as they are",
      );
    case "destination-taken":
      return failed(
        `reservation conflict: ${failure.count} reservation(s) at the destination, such as ` +
          `${failure.example}; pass --force to overwrite them`,
      );
    case "assertion-failed":
      return { words: failure.message, exitCode: EXIT.negative };
    case "not-reserved": {
      const { key, tags } = failure;
      const advice = tags.length === 0
        ? "'trop reserve' reserves one, 'trop autoreserve' those of a group"
        : `--tag takes one of ${tags.join(", ")}`;
      return {
        words: `no port is reserved for ${formatKey(key)}; ${advice}`,
        exitCode: EXIT.negative,
      };
    }
    case "program-not-found":
    case "program-not-executable": {
      const { code, program, reason } = failure;
      return {
        words: `cannot run '${program}': ${reason}`,
        exitCode: code === "program-not-found" ? EXIT.programNotFound : EXIT.programNotExecutable,
      };
    }
    case "io":
      return {
        words: `I/O error: ${failure.message}`,
        exitCode: failure.layer === "command" ? EXIT.io : EXIT.failure,
      };
    case "permission-missing":
      return failed(
        `permission denied: ${failure.path}; Deno needs ${failure.permission} for it`,
      );
    case "lock-timeout":
      // Scripts compare this line as a whole.
      return {
        words: `database lock timeout while ${failure.operation} after ` +
          formatWait(failure.timeoutMs),
        exitCode: EXIT.lockTimeout,
      };
    case "not-initialised":
      return {
        words: "Data directory not found (use --data-dir or enable auto-init): " +
          `there is no ${failure.path}`,
        exitCode: EXIT.notInitialised,
      };
    case "unsupported-schema-version":
      return failed(
        `unsupported schema version: found ${failure.found}, expected ${failure.expected}; ` +
          `${failure.path} is newer than client support and the stored data was left as it was: ` +
          "upgrade trop, or choose another data directory with --data-dir",
      );
    case "migration-required":
      return failed(
        `database schema migration required from version ${failure.found} to ` +
          `${failure.target}: ${failure.path} was left as it was; run a command that may write ` +
          "it, such as 'trop list', and it is migrated",
      );
    case "migration-blocked":
      return failed(
        `database migration from schema ${failure.from} to ${failure.to} blocked: ` +
          `${failure.violations.map(formatViolation).join("; ")}; ${failure.path} was left ` +
          "unchanged and trop will not choose or discard reservations: inspect a copy with " +
          "sqlite3 and correct it, or delete the file and reserve again",
      );
    case "database-corruption": {
      const parts = (["table", "field", "key"] as const).flatMap((name) => {
        return failure[name] === undefined ? [] : [`${name}=${failure[name]}`];
      });
      const where = parts.length === 0 ? "" : `${parts.join(", ")}: `;
      // A log that stays would change the backup that takes the file's place.
      const advice = failure.advice ?? `Copy ${failure.path} and its -wal and -shm files before ` +
          "anything else, then delete all three, and restore a backup or reserve again";
      const untouched = failure.untouched === undefined
        ? "modify or repair the stored data"
        : `initialize or modify the ${failure.untouched}`;
      return failed(
        `database corruption detected: ${where}${failure.reason}. ${advice}; ` +
          `trop did not ${untouched}`,
      );
    }
    case "read-only-database":
      return failed(`database error: cannot write ${failure.path}: ${failure.hint}`);
    case "cannot-open-database":
      return failed(
        `database error: cannot open ${failure.path}: ${failure.reason}; ${failure.hint}`,
      );
    case "sqlite-library":
      return failed(
        `database error: cannot load an SQLite library, tried ${failure.candidates.join(", ")}: ` +
          `${failure.reason}; set TROP_SQLITE_LIBRARY to the path of one`,
      );
    case "untrusted-files": {
      const remedy = failure.remedy === "chmod"
        ? `run 'chmod go-w ${failure.path}'`
        : "choose a directory of your own with --data-dir";
      return failed(
        `database error: ${failure.path} could have been written by others: ${failure.reason}; ` +
          `${remedy}, or set TROP_ALLOW_SHARED_DATA_DIR=1 if you trust them`,
      );
    }
    case "disk-full":
      return failed(
        `database error: the disk is full, so ${failure.path} was not changed; ` +
          "free some space and run the command again",
      );
    case "database-io":
      return failed(
        `database error: cannot read or write ${failure.path}; ${failure.hint}: ` +
          failure.message,
      );
    case "change-refused":
      return failed(
        `database error: ${failure.message}; a trigger or foreign key that trop did not make ` +
          `refused the change, and nothing was changed: 'sqlite3 ${failure.path} .schema' shows it`,
      );
    case "port-conflict":
      return failed(
        `reservation conflict: port ${failure.port} belongs to ${formatKey(failure.owner)}; ` +
          "'trop list' shows all reservations",
      );
    case "key-conflict":
      return failed(
        `reservation conflict: ${formatKey(failure.key)} has a reservation already; ` +
          "'trop list' shows it",
      );
    case "database-internal":
      return failed(
        `database error: ${failure.path} gave an unexpected answer while ${failure.operation}; ` +
          `please report it: ${failure.message}`,
      );
    case "range-exhausted":
      return failed(describeExhaustion(failure));
    case "group-allocation-failed":
      return failed(describeFailedGroup(failure));
    case "group-conflict":
      return failed(`reservation conflict: ${describeConflict(failure)}`);
    case "probe-failed":
      return failed(describeProbeFailure(failure));
  }
}

function quoted(value: string | null): string {
  return value === null ? "none" : `'${value}'`;
}

function formatWait(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

function formatViolation({ category, count, keys }: Violation): string {
  return `${category}=${count}${keys.length === 0 ? "" : ` (${keys.join(", ")})`}`;
}

/** Scripts look for all up to the last semicolon; what follows it is for people. */
function describeExhaustion(exhaustion: Exhaustion): string {
  const { min, max, blockers, pruning, expiration } = exhaustion;
  const range = `port range ${min}-${max} exhausted`;
  const kinds = [
    ...(blockers.reserved > 0 ? ["reserved"] : []),
    ...(blockers.excluded + blockers.unsafe > 0 ? ["excluded"] : []),
    ...(blockers.occupied > 0 ? ["occupied"] : []),
  ].join(", ");
  const what = !pruning && !expiration
    ? `${range}: ${describeCleanup(exhaustion)}; remaining blockers: ${kinds}`
    : `${range} after cleanup: remaining blockers after the single retry: ${kinds}; ` +
      describeCleanup(exhaustion);
  const widening = "widen the range with --min and --max or in trop.yaml";
  return `${what}; ${describeBlockers(exhaustion)}: ${remedies(exhaustion, widening)}`;
}

function describeFailedGroup(
  { services, ...exhaustion }: Extract<Failure, { code: "group-allocation-failed" }>,
): string {
  const { min, max } = exhaustion;
  const blockers = describeBlockers(exhaustion);
  const reason = blockers === ""
    ? `their offsets reach beyond the ports ${min}-${max}`
    : `no base in ${min}-${max} has a free port at every offset (${blockers})`;
  const advice = remedies(exhaustion, "widen the range in trop.yaml");
  return `group allocation failed after attempting ${services} service(s): ${reason}; ` +
    `${describeCleanup(exhaustion)}; ${advice}`;
}

function describeBlockers({ blockers, failure }: Exhaustion): string {
  const { reserved, excluded, unsafe, occupied } = blockers;
  const uncertain = failure === undefined ? "" : ` (${describeProbeFailure(failure)})`;
  return [
    [reserved, "reserved"],
    [excluded, "excluded"],
    [unsafe, "refused by browsers or used by the system"],
    [occupied, `in use${uncertain}`],
  ].filter(([count]) => count !== 0).map(([count, what]) => `${count} ${what}`).join(", ");
}

/** What to do about each kind of blocker, and what helps in any case. */
function remedies({ min, max, blockers }: Exhaustion, always: string): string {
  const { reserved, excluded, unsafe, occupied } = blockers;
  const special = [
    ...(reserved > 0 ? ["release some with 'trop release'"] : []),
    ...(excluded > 0 ? ["shorten excluded_ports, which 'trop config' shows"] : []),
    ...(unsafe > 0 ? ["pass --allow-unsafe-ports"] : []),
    ...(occupied > 0 ? [`stop what 'trop scan --min ${min} --max ${max}' shows`] : []),
  ].join(", ");
  return special === "" ? always : `${special}, or ${always}`;
}

function describeProbeFailure(failure: ProbeFailure): string {
  const { port, protocol, scope, address, reason } = failure;
  const family = failure.family === "ipv4" ? "IPv4" : "IPv6";
  const host = failure.family === "ipv4" ? address : `[${address}]`;
  return `port ${port} is possibly occupied: cannot probe ${protocol.toUpperCase()} ${family} ` +
    `${scope} at ${host}:${port}: ${reason}`;
}

function describeCleanup({ pruning, expiration, pruned, expired }: Exhaustion): string {
  const policy = cleanupPolicy(pruning, expiration);
  if (!pruning && !expiration) return `cleanup was skipped (${policy})`;
  return `automatic cleanup pruned ${pruned} and expired ${expired} reservation(s); ${policy}`;
}

function describeConflict(
  { path, problem }: Extract<Failure, { code: "group-conflict" }>,
): string {
  switch (problem.kind) {
    case "tags": {
      const missing = problem.missing.map(quoted).join(", ");
      const extra = problem.extra.map(quoted).join(", ");
      const parts = [
        ...(missing === "" ? [] : [`${missing} not reserved`]),
        ...(extra === "" ? [] : [`${extra} reserved but not in the group`]),
      ].join(", ");
      return `the tags reserved for ${path} are not those of the group: ${parts}; release what ` +
        "is not needed with 'trop release --tag', or pass --force to replace all of them";
    }
    case "ports":
      return `the ports reserved for ${path} do not fit the preferred ports, the offsets and ` +
        "the range of the group; pass --force to replace them";
    case "field":
      return `the reservations of ${path} that would be replaced differ in their ` +
        `${problem.field}; name the one to store`;
  }
}

function cleanupPolicy(pruning: boolean, expiration: boolean): string {
  if (pruning && expiration) return "automatic pruning and expiration enabled";
  if (pruning) return "automatic expiration disabled";
  if (expiration) return "automatic pruning disabled";
  return "automatic pruning and expiration disabled";
}
