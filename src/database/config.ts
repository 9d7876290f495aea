/**
 * Where the database lies and how it is opened, as plain options with defaults.
 *
 * @module
 */

import { TropError } from "../errors.ts";
import { pathIn } from "../domain/path.ts";
import { type Clock, systemClock } from "../domain/timestamp.ts";
import { sharedFileSystem } from "./file_system.ts";

/** The database's name inside the data directory. */
export const DATABASE_FILE = "trop.db";

/** How long to wait for a lock unless told otherwise, in milliseconds. */
export const DEFAULT_BUSY_TIMEOUT_MS = 5000;

/** SQLite's own limit: a larger busy timeout means no waiting at all. */
export const MAX_BUSY_TIMEOUT_MS = 2_147_483_647;

/**
 * How changes are kept undoable: with a write-ahead log, which is fast and lets readers go on, or
 * with a rollback journal. `auto` takes the journal where other systems may be writing the file.
 */
export type Journal = "auto" | "wal" | "rollback";

/** How a database is opened. */
export interface DatabaseOptions {
  /** An absolute path. */
  readonly path: string;
  /** The longest wait for other writers in one command: whole milliseconds, 0 for none. */
  readonly busyTimeoutMs: number;
  /** Whether a missing file, and its directory, are created. */
  readonly autoCreate: boolean;
  /** Opens without the right to write: nothing is created, migrated or configured. */
  readonly readOnly: boolean;
  /**
   * For reading commands: the file is created and migrated like any other, and then every
   * statement that would write is refused.
   */
  readonly queryOnly: boolean;
  readonly journal: Journal;
  /** Tells the type of the file system at a path if it is a shared one, see `file_system.ts`. */
  readonly sharedFileSystem: (path: string, device: number) => string | undefined;
  /** Whether files are used that others could have written. */
  readonly allowShared: boolean;
  /** Whether root acts for this user, as after sudo(8), and his files are as good as its own. */
  readonly actsFor: (user: number) => boolean;
  readonly clock: Clock;
  /**
   * Told when a lock is not to be had within a second; what it returns is disposed of when the wait
   * is over, one way or the other.
   */
  readonly onLongWait?: () => Disposable;
  /** Told of every transaction when it has ended; never of what was in it. */
  readonly log?: (entry: TransactionLogEntry) => void;
}

/** One transaction that has ended, for debugging. */
export interface TransactionLogEntry {
  readonly operation: string;
  readonly kind: "read" | "write";
  readonly durationMs: number;
}

/**
 * Options for the database at `path`.
 *
 * @param overrides What differs from the defaults: wait 5000 ms, create, write, the journal
 * that the file system suggests. `readOnly` turns creation off too.
 */
export function databaseOptions(
  path: string,
  overrides: Partial<Omit<DatabaseOptions, "path">> = {},
): DatabaseOptions {
  const options = {
    path,
    busyTimeoutMs: DEFAULT_BUSY_TIMEOUT_MS,
    autoCreate: true,
    readOnly: false,
    queryOnly: false,
    journal: "auto" as const,
    sharedFileSystem,
    allowShared: false,
    actsFor: () => false,
    clock: systemClock,
    ...overrides,
  };
  return options.readOnly ? { ...options, autoCreate: false } : options;
}

/**
 * The data directory: what `--data-dir` says, else `TROP_DATA_DIR`, else `.trop` in the home
 * directory (`HOME`, else `USERPROFILE`). An empty variable counts as unset. The text is used as
 * it is given: neither expanded nor made absolute.
 *
 * @throws {TropError} `configuration` when none of them says anything, `invalid-path` when it is not
 * valid Unicode.
 */
export function resolveDataDirectory(
  option: string | undefined,
  env: (name: string) => string | undefined,
): string {
  const named = option || env("TROP_DATA_DIR");
  if (named) {
    if (named.isWellFormed()) return named;
    throw new TropError({ code: "invalid-path", path: named, reason: "it is not valid UTF-8" });
  }
  const home = env("HOME") || env("USERPROFILE");
  if (home) return pathIn(home, ".trop");
  throw new TropError({
    code: "configuration",
    failure: {
      code: "validation",
      field: "data_dir",
      message: "Cannot determine the data directory: HOME is not set; " +
        "set TROP_DATA_DIR or pass --data-dir",
    },
  });
}

/** The database file in `dataDirectory`. */
export function databasePath(dataDirectory: string): string {
  return pathIn(dataDirectory, DATABASE_FILE);
}
