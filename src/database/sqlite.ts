/**
 * What trop asks of an SQLite driver, and nothing else. `driver.ts` satisfies it with the SQLite
 * inside the run time; another driver can take its place.
 *
 * @module
 */

/** A value as SQLite stores it. INTEGER is always a `bigint`: a stored one may exceed 2^53. */
export type SqliteValue = null | bigint | number | string | Uint8Array;

/** A value to bind. A `number` must be whole: drivers may bind it as REAL. */
export type SqliteParameter = null | bigint | number | string;

/** A result row: the values in the order of the columns that were selected. */
export type Row = readonly SqliteValue[];

/** A prepared statement. It is not re-entrant. */
export interface Statement {
  /** Runs to the end. @returns How many rows were changed. */
  run(...parameters: readonly SqliteParameter[]): number;
  /** The first row. */
  get(...parameters: readonly SqliteParameter[]): Row | undefined;
  all(...parameters: readonly SqliteParameter[]): Row[];
  /** Row by row. An iterator that is left early must be closed, or it holds its snapshot. */
  iterate(...parameters: readonly SqliteParameter[]): IterableIterator<Row>;
}

/** Where statements come from. */
export interface Statements {
  /** @throws {SqliteError} when the text is no single statement of valid SQL. */
  prepare(sql: string): Statement;
}

/** One open database file; it belongs to one thread. */
export interface SqliteConnection extends Statements, Disposable {
  /** Whether a transaction is open. SQLite may end one by itself, for example on a full disk. */
  readonly inTransaction: boolean;
  /** Closes the file and rolls back what is open; closing twice does nothing. */
  close(): void;
}

/** How a file is opened. */
export interface SqliteOpenOptions {
  readonly readOnly: boolean;
  /** Reads as if nobody could write the file: without locks, and blind to a write-ahead log. */
  readonly immutable: boolean;
  /** The busy timeout from the first statement on: whole milliseconds, 0 to 2147483647. */
  readonly timeoutMs: number;
}

/**
 * Opens the file at an absolute path, creating it unless `readOnly`.
 *
 * @throws {SqliteError} Without a result code where the driver gives none for opening.
 */
export type OpenSqlite = (path: string, options: SqliteOpenOptions) => SqliteConnection;

/** What SQLite or its driver refused. */
export class SqliteError extends Error {
  override readonly name = "SqliteError";

  /** @param code The extended result code; `undefined` when the driver gives none. */
  constructor(message: string, readonly code: number | undefined, options?: ErrorOptions) {
    super(message, options);
  }

  /** The primary result code: the low byte of the extended one. */
  get primaryCode(): number | undefined {
    return this.code === undefined ? undefined : this.code & 0xff;
  }
}

/** The result codes that trop tells apart, by their names in SQLite's documentation. */
export const RESULT = {
  ERROR: 1,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  CONSTRAINT: 19,
  NOTADB: 26,
  READONLY_RECOVERY: 264,
  READONLY_CANTLOCK: 520,
  BUSY_SNAPSHOT: 517,
  READONLY_ROLLBACK: 776,
  CONSTRAINT_FOREIGNKEY: 787,
  READONLY_DBMOVED: 1032,
  READONLY_CANTINIT: 1288,
  READONLY_DIRECTORY: 1544,
  CONSTRAINT_PRIMARYKEY: 1555,
  CONSTRAINT_TRIGGER: 1811,
  CONSTRAINT_UNIQUE: 2067,
  IOERR_SHMOPEN: 4618,
  IOERR_SHMSIZE: 4874,
  IOERR_SHMLOCK: 5130,
  IOERR_SHMMAP: 5386,
} as const;

/** What keeps a doctored file from running functions through its schema, and damaged cells from going unnoticed. */
export const SAFEGUARDS: readonly string[] = [
  "PRAGMA trusted_schema = OFF",
  "PRAGMA cell_size_check = ON",
];

/**
 * Counts the `?` parameters of a statement. Drivers bind NULL to those left out without a word,
 * so every driver compares this with what it was given.
 */
export function countParameters(sql: string): number {
  // Most have none, and the first use of a regular expression takes time.
  if (!sql.includes("?")) return 0;
  const hasText = sql.includes("'") || sql.includes('"');
  const bare = hasText ? sql.replace(/'[^']*'|"[^"]*"/g, "") : sql;
  return bare.split("?").length - 1;
}

/**
 * The name that opens the file at `path` as immutable. The run time checks the text of a URI, not
 * the file, so its own driver wants unscoped permissions for it.
 */
export function immutableUri(path: string): string {
  const encoded = path.split(/[/\\]/).map(encodeURIComponent).join("/");
  return `file://${encoded.startsWith("/") ? "" : "/"}${encoded}?immutable=1`;
}
