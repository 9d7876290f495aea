/**
 * Which journal a database keeps: the write-ahead log, or a rollback journal where other systems may
 * be writing the file too.
 *
 * @module
 */

import type { Database } from "./connection.ts";
import { isBusy } from "./failures.ts";
import type { Place } from "./files.ts";
import { RESULT, SqliteError } from "./sqlite.ts";

/** Sets the journal that fits the place, as far as that can be had, and how much to wait for it. */
export function chooseJournal(database: Database, place: Place): void {
  const mode = wantsRollback(database, place)
    ? rollbackJournalMode(database, place)
    : writeAheadLogMode(database);
  if (mode === undefined) return;
  if (mode === "memory" || mode === "off") {
    throw new SqliteError(`journal mode ${mode} cannot undo a failed change`, undefined);
  }
  // The log is consistent after a loss of power; only the last commits may be missing then.
  const synchronous = mode === "wal" && place.shared === undefined ? "NORMAL" : "FULL";
  database.prepare(`PRAGMA synchronous = ${synchronous}`).run();
  noteJournal(database, place, mode);
}

function wantsRollback({ options: { journal } }: Database, { shared }: Place): boolean {
  return journal === "rollback" || (journal === "auto" && shared !== undefined);
}

/** Notes what a person should know about the journal that the file got. */
function noteJournal(database: Database, place: Place, mode: string): void {
  const isWal = mode === "wal";
  if (noteSharing(database, place, { mode, isInUse: isWal })) return;
  if (isWal !== wantsRollback(database, place)) return;
  database.notices.push(
    isWal ? { code: "write-ahead-log-kept" } : { code: "no-write-ahead-log", mode },
  );
}

/** @returns Whether other systems may be writing the file, and nobody said what is right then. */
export function noteSharing(
  { notices, options: { journal } }: Database,
  { shared }: Place,
  state: { readonly mode: string; readonly isInUse: boolean },
): boolean {
  if (shared === undefined || journal !== "auto") return false;
  notices.push({ code: "shared-file-system", type: shared, ...state });
  return true;
}

/** How the file is written now, in SQLite's word. */
export function journalMode(database: Database): string {
  return String(database.prepare("PRAGMA journal_mode").get()?.[0]);
}

/**
 * The mode it got; `undefined` where it cannot be set and nothing is going to be written. The log
 * stays where others may be using it: SQLite takes every lock to do away with it, and where the
 * locks of another system may not be seen, its companions must not be there.
 */
function rollbackJournalMode(database: Database, { hasCompanions }: Place): string | undefined {
  const mode = journalMode(database);
  if (mode !== "wal" || hasCompanions) return mode;
  return unlessReadOnly(database, () => {
    try {
      return String(database.prepare("PRAGMA journal_mode = DELETE").get()?.[0]);
    } catch (error) {
      if (!isBusy(error)) throw error;
      return mode;
    }
  });
}

/** As {@linkcode rollbackJournalMode}, for the log. */
function writeAheadLogMode(database: Database): string | undefined {
  const mode = journalMode(database);
  if (mode === "wal") return mode;
  return unlessReadOnly(database, () => {
    for (;;) {
      try {
        return database.waiting(() =>
          String(database.prepare("PRAGMA journal_mode = WAL").get()?.[0])
        );
      } catch (error) {
        // Two first launches that switch at once are refused without waiting.
        if (!isBusy(error) || database.waitLeftMs === 0) throw error;
        database.waiting(() => sleep(1 + Math.random() * 9));
      }
    }
  });
}

/** What `act` returns; `undefined` where the file cannot be written and nobody is going to. */
function unlessReadOnly(database: Database, act: () => string): string | undefined {
  try {
    return act();
  } catch (error) {
    const isReadOnly = error instanceof SqliteError && error.primaryCode === RESULT.READONLY;
    if (isReadOnly && database.options.queryOnly) return undefined;
    throw error;
  }
}

/** Blocks this thread; nothing else runs while a lock is waited for. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
