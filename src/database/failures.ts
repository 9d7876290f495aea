/**
 * What SQLite, its driver and the file system refuse, as failures that trop knows. The extended
 * result code decides; the engine's words are only passed on.
 *
 * @module
 */

import { type Failure, TropError } from "../errors.ts";
import { escapeControls } from "../domain/text.ts";
import { RESULT, SqliteError } from "./sqlite.ts";

/** What was going on when something was refused. */
export interface Circumstances {
  /** The database file. */
  readonly path: string;
  /** What the person was doing, as the lock-timeout message says it. */
  readonly operation: string;
  readonly timeoutMs: number;
  readonly waitedMs: number;
}

/** `error` as a {@linkcode TropError}; what is none of the database's is handed back unchanged. */
export function toTropError(error: unknown, circumstances: Circumstances): unknown {
  if (error instanceof TropError) return error;
  const failure = error instanceof SqliteError
    ? sqliteFailure(error, circumstances)
    : fileFailure(error, circumstances.path);
  return failure === undefined ? error : new TropError(failure, { cause: error });
}

/** Runs `act` and turns what the database refuses into a failure that trop knows. */
export function translating<T>(circumstances: () => Circumstances, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw toTropError(error, circumstances());
  }
}

/** Whether another connection holds a lock that is wanted here. */
export function isBusy(error: unknown): error is SqliteError {
  if (!(error instanceof SqliteError)) return false;
  const code = error.primaryCode;
  // PROTOCOL: the locks of the shared memory could not be had in many tries.
  return code === RESULT.BUSY || code === RESULT.LOCKED || code === RESULT.PROTOCOL;
}

function sqliteFailure(error: SqliteError, circumstances: Circumstances): Failure {
  const { path, operation, timeoutMs, waitedMs } = circumstances;
  const message = escapeControls(error.message);
  const { code, primaryCode } = error;
  if (code === undefined || primaryCode === undefined) {
    // The driver gives no code for a file that could not be opened.
    if (message.includes("unable to open")) return cannotOpen(path, message);
    return { code: "database-internal", path, operation, message };
  }
  if (isBusy(error)) {
    return { code: "lock-timeout", operation, timeoutMs, waitedMs, sqliteCode: code, path };
  }
  switch (code) {
    case RESULT.READONLY_DBMOVED:
      return {
        code: "cannot-open-database",
        path,
        reason: "the file was moved or replaced while it was in use",
        hint: "run the command again",
        sqliteCode: code,
      };
    case RESULT.IOERR_SHMOPEN:
    case RESULT.IOERR_SHMSIZE:
    case RESULT.IOERR_SHMLOCK:
    case RESULT.IOERR_SHMMAP:
      return { code: "database-io", path, message, hint: SHARED_MEMORY_HINT, sqliteCode: code };
    case RESULT.CONSTRAINT_TRIGGER:
    case RESULT.CONSTRAINT_FOREIGNKEY:
      return { code: "change-refused", path, message, sqliteCode: code };
  }
  switch (primaryCode) {
    case RESULT.READONLY:
      return { code: "read-only-database", path, hint: readOnlyHint(code, path), sqliteCode: code };
    case RESULT.CANTOPEN:
      return { ...cannotOpen(path, message), sqliteCode: code };
    case RESULT.IOERR:
      return {
        code: "database-io",
        path,
        message: `${message} (SQLite code ${code})`,
        hint: "check the disk, its quota and the mount",
        sqliteCode: code,
      };
    case RESULT.FULL:
      return { code: "disk-full", path };
    case RESULT.CORRUPT:
    case RESULT.NOTADB:
      return {
        code: "database-corruption",
        path,
        reason: `physical database corruption: ${message}`,
        sqliteCode: code,
      };
    case RESULT.ERROR:
      // Every statement is correct for the layout that the version names.
      if (/no such (table|column)/.test(message)) {
        return {
          code: "database-corruption",
          path,
          reason: `the tables lack the required layout: ${message}`,
          sqliteCode: code,
        };
      }
  }
  return { code: "database-internal", path, operation, message, sqliteCode: code };
}

const SHARED_MEMORY_HINT = "the file system does not share memory between processes, as network " +
  "and virtual file systems do not; choose a directory on a local disk with --data-dir or " +
  "TROP_DATA_DIR";

function readOnlyHint(code: number, path: string): string {
  switch (code) {
    case RESULT.READONLY_RECOVERY:
    case RESULT.READONLY_CANTLOCK:
    case RESULT.READONLY_CANTINIT:
      return `check who owns ${path}-wal and ${path}-shm, and that you may write them`;
    case RESULT.READONLY_ROLLBACK:
      return "an unfinished change must be rolled back first; open it once from a place that may write";
    case RESULT.READONLY_DIRECTORY:
      return "the data directory cannot be written; make it writable or choose another with --data-dir";
    default:
      return "check the permissions of the file and its mount, and who owns the -wal and -shm files beside it";
  }
}

/** Failures of the file system and of the run time's permissions. */
function fileFailure(error: unknown, path: string): Failure | undefined {
  if (error instanceof Deno.errors.NotCapable) {
    const permission = /--allow-[a-z]+/.exec(error.message)?.[0] ?? "--allow-all";
    return { code: "permission-missing", permission, path };
  }
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  // Deno gives a code to many of the system's refusals, and a number to all. Behind that is the path.
  const words = /^(.*?) \(os error \d+\)/s.exec(message)?.[1];
  const code = "code" in error ? error.code : undefined;
  if (code === undefined && words === undefined) return undefined;
  const isFull = code === "ENOSPC" || words?.endsWith("quota exceeded");
  return isFull ? { code: "disk-full", path } : cannotOpen(path, escapeControls(message));
}

function cannotOpen(path: string, reason: string): Failure & { code: "cannot-open-database" } {
  return {
    code: "cannot-open-database",
    path,
    reason,
    hint:
      "check that the data directory can be read and written, or choose another with --data-dir",
  };
}
