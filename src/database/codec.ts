/**
 * Rows to values and back. Reading is fail-closed: a stored value that breaks a rule is a
 * corruption that names the table, the field and the key, and shows no other content.
 *
 * @module
 */

import { TropError, validationError } from "../errors.ts";
import { nativePaths } from "../domain/path.ts";
import { isPort, MAX_PORT } from "../domain/port.ts";
import type { Key, Reservation } from "../domain/reservation.ts";
import { isStorable, quoteAscii, trimWhiteSpace, utf8Length } from "../domain/text.ts";
import { isTimestamp, MAX_TIMESTAMP } from "../domain/timestamp.ts";
import type { Row, SqliteParameter, SqliteValue, Statements } from "./sqlite.ts";

/** What decoding needs: the file's name for messages, and a way to look at a row's raw bytes. */
export interface RowSource extends Statements {
  readonly path: string;
}

/**
 * The columns that {@linkcode toReservation} reads, in its order. The length of all texts together
 * shows what a driver hides: it ends a text at an embedded NUL and replaces invalid UTF-8.
 */
export const RESERVATION_COLUMNS = `path, tag, port, project, task, created_at, last_used_at,
  coalesce(length(CAST(path AS BLOB)), 0) + coalesce(length(CAST(tag AS BLOB)), 0) +
  coalesce(length(CAST(project AS BLOB)), 0) + coalesce(length(CAST(task AS BLOB)), 0),
  rowid`;

const TEXT_COLUMNS = ["path", "tag", "project", "task"] as const;
type TextColumn = typeof TEXT_COLUMNS[number];
type Damage = Partial<Record<TextColumn, string>>;

/**
 * A row of {@linkcode RESERVATION_COLUMNS} as a reservation.
 *
 * @throws {TropError} `database-corruption` for the first column, in their order, that breaks a
 * rule.
 */
export function toReservation(source: RowSource, row: Row): Reservation {
  const [path, tag, port, project, task, createdAt, lastUsedAt] = row;
  const damage = findDamage(source, row);
  const refuse = (field: string, reason: string): never => {
    const key = describeKey(path, tag, damage);
    throw corruption(source.path, { table: "reservations", field, key, reason });
  };
  const text = (field: TextColumn, value: SqliteValue | undefined): string => {
    if (typeof value !== "string") return refuse(field, wrongClass("TEXT", value));
    return damage[field] === undefined ? value : refuse(field, damage[field]);
  };
  const optional = (field: TextColumn, value: SqliteValue | undefined): string | null => {
    if (value === null) return null;
    const problem = nameProblem(text(field, value));
    return problem === undefined ? value as string : refuse(field, problem);
  };
  const time = (field: string, value: SqliteValue | undefined): number =>
    isInteger(value, isTimestamp) ? Number(value) : refuse(
      field,
      typeof value === "bigint"
        ? `time out of range 0..${MAX_TIMESTAMP}`
        : wrongClass("INTEGER", value),
    );

  const pathText = text("path", path);
  const tagText = text("tag", tag);
  return {
    path: nativePaths.isNormal(pathText) ? pathText : refuse("path", pathProblem(pathText)),
    tag: tagText === "" ? null : optional("tag", tagText),
    port: isInteger(port, isPort) ? Number(port) as Reservation["port"] : refuse(
      "port",
      typeof port === "bigint" ? `port out of range 1..${MAX_PORT}` : wrongClass("INTEGER", port),
    ),
    project: optional("project", project),
    task: optional("task", task),
    createdAt: time("created_at", createdAt),
    lastUsedAt: time("last_used_at", lastUsedAt),
  };
}

/** What is wrong with a name that is present, be it a tag, a project or a task. */
export function nameProblem(text: string): string | undefined {
  if (text === "") return "empty text where NULL is meant";
  return trimWhiteSpace(text) === text ? undefined : "text is not trimmed or is blank";
}

/** What is wrong with a path that is not in its normal form. */
export function pathProblem(path: string): string {
  if (path === "") return "path is empty";
  return "path is not absolute or not in its normal form";
}

/** Says that a value has the wrong storage class, in SQLite's words. */
export function wrongClass(wanted: string, value: SqliteValue | undefined): string {
  return `expected ${wanted}, found ${storageClass(value)}`;
}

/** SQLite's name for the storage class of a value. */
export function storageClass(value: SqliteValue | undefined): string {
  switch (typeof value) {
    case "string":
      return "TEXT";
    case "bigint":
      return "INTEGER";
    case "number":
      return "REAL";
    default:
      return value instanceof Uint8Array ? "BLOB" : "NULL";
  }
}

function isInteger(value: SqliteValue | undefined, holds: (value: number) => boolean): boolean {
  return typeof value === "bigint" && holds(Number(value));
}

/** The texts of a row whose bytes are not what the driver made of them; usually none. */
function findDamage(source: RowSource, row: Row): Damage {
  const [path, tag, , project, task, , , bytes, rowid] = row;
  let texts = "";
  let blobBytes = 0;
  let hasNumber = false;
  for (const value of [path, tag, project, task]) {
    if (typeof value === "string") texts += value;
    else if (value instanceof Uint8Array) blobBytes += value.length;
    else if (value !== null) hasNumber = true;
  }
  // U+FFFD may have been stored, or stand for bytes that are no UTF-8.
  const isDoubtful = hasNumber || texts.includes("\ufffd");
  // No text has more characters than bytes, so most, of ASCII alone, need not be measured.
  const isWhole = (length: number) => BigInt(length + blobBytes) === bytes;
  if (!isDoubtful && (isWhole(texts.length) || isWhole(utf8Length(texts)))) return NO_DAMAGE;
  const raw = source.prepare(
    `SELECT ${TEXT_COLUMNS.map((name) => `CAST(${name} AS BLOB)`).join(", ")}
       FROM reservations WHERE rowid = ?`,
  ).get(rowid as bigint);
  const damage: Damage = {};
  TEXT_COLUMNS.forEach((name, index) => {
    const problem = byteProblem(raw?.[index]);
    if (problem !== undefined) damage[name] = problem;
  });
  return damage;
}

const NO_DAMAGE: Damage = {};

/** What is wrong with the bytes of a text. */
export function byteProblem(bytes: SqliteValue | undefined): string | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined;
  if (bytes.includes(0)) return "text contains NUL";
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return undefined;
  } catch {
    return INVALID_UTF8;
  }
}

const INVALID_UTF8 = "text is not valid UTF-8";

/** A key as corruption messages show it, whatever is stored there. */
export function describeKey(
  path: SqliteValue | undefined,
  tag: SqliteValue | undefined,
  damage: Damage = NO_DAMAGE,
): string {
  const tagShown = tag === "" && damage.tag === undefined
    ? "<untagged>"
    : showKeyValue(tag, damage.tag);
  return `path=${showKeyValue(path, damage.path)}, tag=${tagShown}`;
}

/**
 * One value of a key as corruption messages show it.
 *
 * @param damage What {@linkcode byteProblem} says of it.
 */
export function showKeyValue(value: SqliteValue | undefined, damage: string | undefined): string {
  if (typeof value !== "string") return `<${storageClass(value)}>`;
  if (damage === undefined) return quoteAscii(value);
  // What the driver made of a text with a NUL may well be another row's key.
  return damage === INVALID_UTF8 ? "<invalid UTF-8>" : "<unreadable>";
}

/** A corruption of the file at `path`; what is in `details` is escaped already. */
export function corruption(
  path: string,
  details: {
    readonly reason: string;
    readonly table?: string;
    readonly field?: string;
    readonly key?: string;
    readonly advice?: string;
    readonly sqliteCode?: number;
  },
): TropError {
  return new TropError({ code: "database-corruption", path, ...details });
}

/**
 * A key as it is stored: the untagged reservation has the empty tag.
 *
 * @throws {TropError} `validation` when no such key can be stored.
 */
export function fromKey({ path, tag }: Key): [path: string, tag: string] {
  checkText("path", path);
  if (!nativePaths.isNormal(path)) throw validationError("path", pathProblem(path));
  if (tag !== null) checkName("tag", tag);
  return [path, tag ?? ""];
}

/**
 * A reservation as it is stored: path, tag, port, project, task, created, last used.
 *
 * @throws {TropError} `validation` of the first field that breaks a rule.
 */
export function fromReservation(reservation: Reservation): SqliteParameter[] {
  const { port, project, task, createdAt, lastUsedAt } = reservation;
  const key = fromKey(reservation);
  if (!isPort(port)) throw validationError("port", `want a whole number from 1 to ${MAX_PORT}`);
  if (project !== null) checkName("project", project);
  if (task !== null) checkName("task", task);
  return [...key, port, project, task, fromTime(createdAt), fromTime(lastUsedAt)];
}

/** @throws {TropError} `validation` unless `seconds` can be stored. */
export function fromTime(seconds: number): number {
  if (isTimestamp(seconds)) return seconds;
  const wanted = `want whole seconds from 0 to ${MAX_TIMESTAMP}`;
  throw validationError("timestamp", `${wanted}; check the clock of this machine`);
}

/** @throws {TropError} `validation` unless `name` can be stored as a tag, project or task. */
export function checkName(field: string, name: string): void {
  checkText(field, name);
  if (nameProblem(name) !== undefined) {
    throw validationError(field, "Cannot be empty, only whitespace or untrimmed");
  }
}

function checkText(field: string, text: string): void {
  if (!isStorable(text)) {
    throw validationError(field, "Cannot contain null bytes or broken Unicode");
  }
}
