/**
 * Marking a reservation as used, in a file that is as trop leaves it: what opening a database does
 * for all other files takes longer than the rest of a `reserve`.
 *
 * @module
 */

import type { AbsolutePath } from "../domain/path.ts";
import type { Port } from "../domain/port.ts";
import type { Reservation } from "../domain/reservation.ts";
import type { RowSource } from "./codec.ts";
import type { DatabaseOptions } from "./config.ts";
import { openSqlite } from "./driver.ts";
import { prepareFile } from "./files.ts";
import { get, updateLastUsed } from "./operations.ts";
import { SAFEGUARDS } from "./sqlite.ts";
import { readState } from "./state.ts";
import type { WriteTransaction } from "./transaction.ts";

/** Enough for the short transactions of others. A longer wait is for those who take their turn. */
const BUSY_TIMEOUT_MS = 20;

/** What to mark. */
export interface Touch {
  /** The directory, whose untagged reservation is meant. */
  readonly path: AbsolutePath;
  /** Seconds since 1970-01-01 UTC. */
  readonly now: number;
  /** Whether there is nothing else to be done or said about the reservation. */
  readonly isOrdinary: (reservation: Reservation) => boolean;
}

/**
 * Marks a reservation as used.
 *
 * @param options Where the database is, and what it should be like; nothing is created.
 * @returns Its port. `undefined`, and nothing is changed, when there is none that is ordinary, and
 * for every file that has to be made, migrated or set up first, or that a person should be told of.
 * @throws {Error} Whatever goes wrong, in nobody's words yet. Nothing is changed then, unless it is
 * the closing of the file that goes wrong.
 */
export function touch(
  options: DatabaseOptions,
  { path, now, isOrdinary }: Touch,
): Port | undefined {
  const { path: file, journal, busyTimeoutMs } = options;
  const { shared } = prepareFile({ ...options, autoCreate: false });
  if (shared !== undefined || journal === "rollback") return undefined;
  const timeoutMs = Math.min(busyTimeoutMs, BUSY_TIMEOUT_MS);
  using connection = openSqlite(file, { readOnly: false, immutable: false, timeoutMs });
  const run = (sql: string) => connection.prepare(sql).run();
  SAFEGUARDS.forEach(run);
  if (connection.prepare("PRAGMA journal_mode").get()?.[0] !== "wal") return undefined;
  run("PRAGMA synchronous = NORMAL");
  run("BEGIN IMMEDIATE");
  // From here on the write lock is held, and what is not committed closing rolls back.
  const source: RowSource = { path: file, prepare: (sql) => connection.prepare(sql) };
  const transaction = source as WriteTransaction;
  if (readState(transaction).kind !== "current") return undefined;
  const found = get(transaction, { path, tag: null });
  if (found === undefined || !isOrdinary(found)) return undefined;
  if (!updateLastUsed(transaction, found, now)) return undefined;
  run("COMMIT");
  return found.port;
}
