/**
 * Every way in which trop can fail: one closed list of codes with the data their messages need.
 *
 * A code is for programs and tests; `src/cli/report.ts` alone turns a failure into words and an
 * exit code. What SQLite, the file system or a YAML parser throws becomes one of these at the edge
 * of the folder that called it, with the original as `cause`.
 *
 * @module
 */

/** A reservation's key as it appears in failures; `tag` is `null` for the untagged reservation. */
export interface FailureKey {
  readonly path: string;
  readonly tag: string | null;
}

/** One rule of the newer schema that rows of the older one break. */
export interface Violation {
  readonly category: string;
  /** How many rows or groups break it. */
  readonly count: number;
  /** Up to five keys, already escaped, that break it. Never a project or a task. */
  readonly keys: readonly string[];
}

/** What keeps the stored reservations of a directory from being its group's. */
export type GroupProblem =
  /** Tags of the group that have no reservation, and tags that the group does not have. */
  | {
    readonly kind: "tags";
    readonly missing: readonly string[];
    readonly extra: readonly string[];
  }
  /** The ports are neither preferred ones nor at their offsets from one base. */
  | { readonly kind: "ports" }
  /** They disagree about a field that the group is to keep. */
  | { readonly kind: "field"; readonly field: "project" | "task" };

/** What stood in the way when no port was left, and what a clean-up could do about it. */
export interface Exhaustion {
  /** The ports that were looked at: from `min` to `max`, both included. */
  readonly min: number;
  readonly max: number;
  /** How many ports each reason stood in the way of, each port counted once. */
  readonly blockers: {
    readonly reserved: number;
    readonly excluded: number;
    readonly unsafe: number;
    readonly occupied: number;
  };
  /** The phases of the automatic cleanup that were on; with neither, none ran. */
  readonly pruning: boolean;
  readonly expiration: boolean;
  readonly pruned: number;
  readonly expired: number;
  /** Why the first of the ports in use may be free after all: nobody could tell. */
  readonly failure?: ProbeFailure;
}

/** A port that could not be probed. */
export interface ProbeFailure {
  readonly code: "probe-failed";
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly family: "ipv4" | "ipv6";
  readonly scope: "localhost" | "wildcard";
  readonly address: string;
  readonly reason: string;
}

/** Why trop can fail; a {@linkcode TropError} carries one of these. */
export type Failure =
  // What a person typed, or a file said.
  | { readonly code: "usage"; readonly message: string }
  | { readonly code: "invalid-arguments"; readonly message: string }
  | {
    readonly code: "validation";
    readonly field: string;
    readonly message: string;
    /** Where the value came from: a file, a variable's name, `<command line>`. */
    readonly source?: string;
    /** Lines that show the mistake in its file, already escaped. */
    readonly excerpt?: readonly string[];
  }
  | { readonly code: "configuration"; readonly failure: Failure }
  | { readonly code: "invalid-path"; readonly path: string; readonly reason: string }
  | { readonly code: "path-not-found"; readonly path: string }
  | { readonly code: "path-denied"; readonly path: string }
  | { readonly code: "path-unrelated"; readonly target: string; readonly directory: string }
  | {
    readonly code: "sticky-field";
    readonly field: "project" | "task";
    readonly stored: string | null;
    readonly requested: string | null;
    /** The directory of the group that the reservation belongs to. */
    readonly group?: string;
  }
  | { readonly code: "not-found"; readonly message: string }
  // What `migrate` finds in its way.
  | { readonly code: "same-path"; readonly path: string; readonly count: number }
  | {
    readonly code: "destination-taken";
    readonly count: number;
    /** One of them, as messages show a key. */
    readonly example: string;
  }
  // Negative answers that are no fault.
  | { readonly code: "assertion-failed"; readonly message: string }
  | {
    readonly code: "not-reserved";
    readonly key: FailureKey;
    /** What is reserved there in its place. */
    readonly tags: readonly string[];
  }
  // Another program.
  | { readonly code: "program-not-found"; readonly program: string; readonly reason: string }
  | { readonly code: "program-not-executable"; readonly program: string; readonly reason: string }
  // Files outside the database.
  | { readonly code: "io"; readonly message: string; readonly layer: "command" | "domain" }
  | {
    readonly code: "permission-missing";
    /** The flag that grants it, such as `--allow-write`. */
    readonly permission: string;
    readonly path: string;
  }
  // The database.
  | {
    readonly code: "lock-timeout";
    readonly operation: string;
    /** The configured wait, in milliseconds. */
    readonly timeoutMs: number;
    readonly waitedMs: number;
    readonly sqliteCode: number;
    readonly path: string;
  }
  | { readonly code: "not-initialised"; readonly path: string }
  | {
    readonly code: "unsupported-schema-version";
    readonly path: string;
    readonly expected: number;
    readonly found: number;
  }
  | {
    readonly code: "migration-required";
    readonly path: string;
    readonly found: number;
    readonly target: number;
  }
  | {
    readonly code: "migration-blocked";
    readonly path: string;
    readonly from: number;
    readonly to: number;
    readonly violations: readonly Violation[];
  }
  | {
    readonly code: "database-corruption";
    readonly path: string;
    /** Already escaped for a terminal, as are all keys below. */
    readonly reason: string;
    readonly table?: string;
    readonly field?: string;
    readonly key?: string;
    /** What to do, where restoring a backup or starting anew is not it. */
    readonly advice?: string;
    /** What trop left alone, where that is more than the stored data. */
    readonly untouched?: "data directory";
    readonly sqliteCode?: number;
  }
  | {
    readonly code: "read-only-database";
    readonly path: string;
    readonly hint: string;
    readonly sqliteCode: number;
  }
  | {
    readonly code: "cannot-open-database";
    readonly path: string;
    readonly reason: string;
    readonly hint: string;
    readonly sqliteCode?: number;
  }
  /** No SQLite library could be loaded, which only the FFI flavour needs. */
  | {
    readonly code: "sqlite-library";
    /** What was tried, in this order. */
    readonly candidates: readonly string[];
    /** What the system said of the first. */
    readonly reason: string;
  }
  | {
    readonly code: "untrusted-files";
    /** The data directory or the database file. */
    readonly path: string;
    readonly reason: string;
    /** What makes it trustworthy: other modes, or another owner. */
    readonly remedy: "chmod" | "own";
  }
  | { readonly code: "disk-full"; readonly path: string }
  | {
    readonly code: "database-io";
    readonly path: string;
    readonly message: string;
    readonly hint: string;
    readonly sqliteCode: number;
  }
  | {
    /** By something that a person added to the database, such as a trigger. */
    readonly code: "change-refused";
    readonly path: string;
    /** The engine's words, or those that a trigger raised. */
    readonly message: string;
    readonly sqliteCode: number;
  }
  | { readonly code: "port-conflict"; readonly port: number; readonly owner: FailureKey }
  | { readonly code: "key-conflict"; readonly key: FailureKey }
  | {
    readonly code: "database-internal";
    readonly path: string;
    readonly operation: string;
    readonly message: string;
    readonly sqliteCode?: number;
  }
  // Allocation.
  | ({ readonly code: "range-exhausted" } & Exhaustion)
  | ({
    readonly code: "group-allocation-failed";
    /** How many services no base could be found for. */
    readonly services: number;
  } & Exhaustion)
  | { readonly code: "group-conflict"; readonly path: string; readonly problem: GroupProblem }
  | ProbeFailure;

/** A failure that trop knows; anything else that is thrown is a defect in trop. */
export class TropError extends Error {
  override readonly name = "TropError";

  constructor(readonly failure: Failure, options?: ErrorOptions) {
    super(JSON.stringify(failure), options);
  }

  /** The failure's code: what programs and tests look at. */
  get code(): Failure["code"] {
    return this.failure.code;
  }
}

/** A value that breaks the rule of `field`; `message` says which. */
export function validationError(field: string, message: string): TropError {
  return new TropError({ code: "validation", field, message });
}
