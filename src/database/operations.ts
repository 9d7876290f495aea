/**
 * Everything that is asked of the reservations: one function a question, its SQL beside it.
 *
 * Functions that change rows take a {@linkcode WriteTransaction}, which only transactions for
 * writing have to give. Orders are SQLite's BINARY ones: by the bytes of UTF-8, the untagged key before the tagged.
 *
 * @module
 */

import { TropError, validationError } from "../errors.ts";
import { type AbsolutePath, nativePaths } from "../domain/path.ts";
import { isPort, MAX_PORT, type Port, type PortRange } from "../domain/port.ts";
import type { Key, Reservation } from "../domain/reservation.ts";
import {
  byteProblem,
  checkName,
  corruption,
  fromKey,
  fromReservation,
  fromTime,
  nameProblem,
  RESERVATION_COLUMNS,
  toReservation,
  wrongClass,
} from "./codec.ts";
import { RESULT, SqliteError, type SqliteParameter, type SqliteValue } from "./sqlite.ts";
import type { ReadTransaction, WriteTransaction } from "./transaction.ts";

/** The reservation of exactly this key. */
export function get(transaction: ReadTransaction, key: Key): Reservation | undefined {
  return select(transaction, "path = ? AND tag = ?", fromKey(key), {
    fits: (found) => isSameKey(found, key),
  })[0];
}

/** The reservation that holds `port`. */
export function getByPort(transaction: ReadTransaction, port: Port): Reservation | undefined {
  return select(transaction, "port = ?", [port], { fits: (found) => found.port === port })[0];
}

/**
 * All reservations, by path and tag. One row that cannot be decoded fails the whole list, and so
 * does a port that two of them have.
 */
export function list(transaction: ReadTransaction): Reservation[] {
  const rows = transaction.prepare(
    `SELECT ${RESERVATION_COLUMNS} FROM reservations NOT INDEXED ORDER BY path, tag`,
  ).all().map((row) => toReservation(transaction, row));
  if (new Set(rows.map(({ port }) => port)).size < rows.length) throw contradiction(transaction);
  return rows;
}

/** All reservations at exactly this path, by tag. */
export function atPath(transaction: ReadTransaction, path: AbsolutePath): Reservation[] {
  return select(transaction, "path = ?", [path], { order: "tag", fits: isAt(path) });
}

/** The tagged reservations at exactly this path, by tag. */
export function taggedAtPath(transaction: ReadTransaction, path: AbsolutePath): Reservation[] {
  return select(transaction, "path = ? AND tag > ''", [path], { order: "tag", fits: isAt(path) });
}

/**
 * The reservations at this path or below it by whole components, by path and tag: `/a/b` holds
 * `/a/b/c` and not `/a/bc`. Ranges of the primary key rather than LIKE, which knows wildcards,
 * folds case, and reads every row.
 */
export function underPath(transaction: ReadTransaction, path: AbsolutePath): Reservation[] {
  const below = nativePaths.subtree(path).flatMap(({ from, until }) =>
    // A root is inside of its own range.
    select(transaction, "path >= ? AND path < ? AND path <> ?", [from, until, path], {
      order: "path, tag",
      fits: (found) => nativePaths.contains(path, found.path),
    })
  );
  return [...atPath(transaction, path), ...below];
}

/**
 * The reservations last used before `cutoff`, the longest unused first, then by path and tag.
 *
 * @param cutoff Seconds since 1970-01-01 UTC, see {@linkcode expiryCutoff}.
 */
export function expired(transaction: ReadTransaction, cutoff: number): Reservation[] {
  return select(transaction, "last_used_at < ?", [fromTime(cutoff)], {
    order: "last_used_at, path, tag",
    fits: ({ lastUsedAt }) => lastUsedAt < cutoff,
  });
}

/**
 * The time before which a reservation must have been used last to be older than `maxAge`. An age
 * of exactly `maxAge` is not older, and no age reaches back beyond 1970.
 *
 * @param now Seconds since 1970-01-01 UTC.
 * @param maxAge Seconds.
 */
export function expiryCutoff(now: number, maxAge: number): number {
  return Math.max(0, now - maxAge);
}

/** The ports of the range that are reserved, ascending. */
export function reservedPorts(transaction: ReadTransaction, { min, max }: PortRange): Port[] {
  return transaction.prepare(
    "SELECT port FROM reservations WHERE port BETWEEN ? AND ? ORDER BY port",
  ).all(min, max).map(([port]) => {
    const value = typeof port === "bigint" ? Number(port) : NaN;
    if (isPort(value)) return value;
    throw corruption(transaction.path, {
      table: "reservations",
      field: "port",
      key: "<unreadable>",
      reason: `port out of range 1..${MAX_PORT}`,
    });
  });
}

/** Whether any key holds `port`. The row itself is not decoded. */
export function isPortReserved(transaction: ReadTransaction, port: Port): boolean {
  return transaction.prepare("SELECT 1 FROM reservations WHERE port = ?").get(port) !== undefined;
}

/** The distinct projects, by their bytes. */
export function projects(transaction: ReadTransaction): string[] {
  return transaction.prepare(
    `SELECT project, CAST(project AS BLOB) FROM reservations
      WHERE project IS NOT NULL GROUP BY project ORDER BY project`,
  ).all().map(([project, bytes]) => toProject(transaction, project, bytes));
}

/**
 * Stores a reservation under its key, in place of the one that the key had.
 *
 * @throws {TropError} `port-conflict` with the key that holds the port already; `validation` when
 * a field cannot be stored. Nothing is changed then.
 */
export function create(transaction: WriteTransaction, reservation: Reservation): void {
  store(transaction, reservation);
  const { path, tag, port } = reservation;
  // The table itself is looked through, because an index that is damaged may lack an entry.
  const count = transaction.prepare(
    `SELECT count(*) FROM reservations NOT INDEXED
      WHERE port = ? OR (path = ? AND tag = ?)`,
  ).get(port, ...fromKey({ path, tag }))?.[0];
  if (count !== 1n) throw contradiction(transaction);
}

function store(transaction: WriteTransaction, reservation: Reservation): void {
  const values = fromReservation(reservation);
  try {
    transaction.prepare(
      `INSERT INTO reservations (path, tag, port, project, task, created_at, last_used_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (path, tag) DO UPDATE
          SET port = excluded.port, project = excluded.project, task = excluded.task,
              created_at = excluded.created_at, last_used_at = excluded.last_used_at`,
    ).run(...values);
  } catch (error) {
    throw conflict(transaction, reservation, error);
  }
}

/**
 * Sets when a reservation was used last, be it earlier than what is stored.
 *
 * @param now Seconds since 1970-01-01 UTC.
 * @returns Whether there is such a reservation.
 */
export function updateLastUsed(transaction: WriteTransaction, key: Key, now: number): boolean {
  return transaction.prepare(
    "UPDATE reservations SET last_used_at = ? WHERE path = ? AND tag = ?",
  ).run(fromTime(now), ...fromKey(key)) > 0;
}

/** Sets project, task and time of last use together. @returns Whether there is such a reservation. */
export function updateMetadata(
  transaction: WriteTransaction,
  key: Key,
  { project, task, now }: {
    readonly project: string | null;
    readonly task: string | null;
    readonly now: number;
  },
): boolean {
  if (project !== null) checkName("project", project);
  if (task !== null) checkName("task", task);
  return transaction.prepare(
    "UPDATE reservations SET project = ?, task = ?, last_used_at = ? WHERE path = ? AND tag = ?",
  ).run(project, task, fromTime(now), ...fromKey(key)) > 0;
}

/** Removes a reservation. @returns Whether there was one. */
export function remove(transaction: WriteTransaction, key: Key): boolean {
  return transaction.prepare("DELETE FROM reservations WHERE path = ? AND tag = ?")
    .run(...fromKey(key)) > 0;
}

/**
 * Prepares for changes of `count` rows. SQLite's cache of 2 MiB is too small for thousands: pages
 * would be written to the log, and read again, long before the commit.
 */
export function makeRoom(transaction: WriteTransaction, count: number): void {
  if (count < MANY) return;
  transaction.prepare(`PRAGMA cache_size = -${LARGE_CACHE_KIB}`).run();
}

/** About what changes as many pages as the usual cache holds. */
const MANY = 500;

/** Holds the pages of as many reservations as there are ports, and is filled only as needed. */
const LARGE_CACHE_KIB = 65_536;

/** Removes a reservation if it still is, in every field, what it was. @returns Whether it was. */
export function removeIfUnchanged(
  transaction: WriteTransaction,
  reservation: Reservation,
): boolean {
  return transaction.prepare(
    `DELETE FROM reservations
      WHERE path = ? AND tag = ? AND port = ? AND project IS ? AND task IS ?
        AND created_at = ? AND last_used_at = ?`,
  ).run(...fromReservation(reservation)) > 0;
}

/**
 * Stores several reservations, all or none. Ports may change hands among the keys of the batch.
 *
 * @throws {TropError} `validation` when a key or a port occurs twice, `port-conflict` when a port
 * belongs to a key outside the batch.
 */
export function createAll(
  transaction: WriteTransaction,
  reservations: readonly Reservation[],
): void {
  requireDistinct("path", reservations.map((reservation) => fromKey(reservation).join("\0")));
  requireDistinct("port", reservations.map(({ port }) => port));
  removeAll(transaction, reservations);
  for (const reservation of reservations) store(transaction, reservation);
  const [rows, ports, keys] = transaction.prepare(
    `SELECT count(*), count(DISTINCT port), count(DISTINCT path || char(0) || tag)
       FROM reservations NOT INDEXED`,
  ).get()!;
  if (ports !== rows || keys !== rows) throw contradiction(transaction);
}

/** Removes several reservations, all or none. @returns How many there were. */
export function removeAll(transaction: WriteTransaction, keys: readonly Key[]): number {
  return keys.filter((key) => remove(transaction, key)).length;
}

/**
 * The rows that an index finds, read from the table itself: a damaged index may hold other values
 * than the row that it leads to, or lead to another one.
 *
 * @param fits Whether a row is one that was looked for.
 */
function select(
  transaction: ReadTransaction,
  condition: string,
  parameters: readonly SqliteParameter[],
  { order = "rowid", fits }: {
    readonly order?: string;
    readonly fits: (reservation: Reservation) => boolean;
  },
): Reservation[] {
  return transaction.prepare(
    `SELECT ${RESERVATION_COLUMNS}, ${IS_CONFIRMED} FROM reservations
      WHERE rowid IN (SELECT rowid FROM reservations WHERE ${condition}) ORDER BY ${order}`,
  ).all(...parameters).map((row) => {
    const reservation = toReservation(transaction, row);
    if (row.at(-1) === 1n && fits(reservation)) return reservation;
    throw contradiction(transaction);
  });
}

/** Whether the indexes of the key and of the port both lead to a row: it is nobody else's. */
const IS_CONFIRMED = `
  rowid IS (SELECT other.rowid FROM reservations AS other
             WHERE other.path = reservations.path AND other.tag = reservations.tag) AND
  rowid IS (SELECT other.rowid FROM reservations AS other WHERE other.port = reservations.port)`;

/** The failure of tables and indexes that do not agree on who has which port. */
function contradiction(transaction: ReadTransaction): TropError {
  return corruption(transaction.path, {
    table: "reservations",
    key: "<multiple reservation keys>",
    reason: "rows and indexes contradict each other",
  });
}

function isSameKey(a: Key, b: Key): boolean {
  return a.path === b.path && a.tag === b.tag;
}

function isAt(path: AbsolutePath): (reservation: Reservation) => boolean {
  return (reservation) => reservation.path === path;
}

function toProject(
  transaction: ReadTransaction,
  project: SqliteValue | undefined,
  bytes: SqliteValue | undefined,
): string {
  const problem = typeof project === "string"
    ? byteProblem(bytes) ?? nameProblem(project)
    : wrongClass("TEXT", project);
  if (problem === undefined) return project as string;
  throw corruption(transaction.path, {
    table: "reservations",
    field: "project",
    key: "<multiple reservation keys>",
    reason: problem,
  });
}

/** The engine's refusal of a reservation as the conflict that it is. */
function conflict(transaction: ReadTransaction, reservation: Reservation, error: unknown): unknown {
  if (!(error instanceof SqliteError)) return error;
  const { port } = reservation;
  if (error.code === RESULT.CONSTRAINT_UNIQUE) {
    const owner = getByPort(transaction, port);
    if (owner !== undefined) {
      const { path, tag } = owner;
      return new TropError({ code: "port-conflict", port, owner: { path, tag } }, { cause: error });
    }
  }
  if (error.code === RESULT.CONSTRAINT_PRIMARYKEY) {
    const { path, tag } = reservation;
    return new TropError({ code: "key-conflict", key: { path, tag } }, { cause: error });
  }
  return error;
}

function requireDistinct(field: string, values: readonly unknown[]): void {
  if (new Set(values).size === values.length) return;
  throw validationError(field, "must not occur twice in one batch");
}
