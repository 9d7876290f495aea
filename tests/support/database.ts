/**
 * Database files for tests: fresh ones, ones of both formats written without trop's own code, and
 * doctored ones, which no release would write.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { DATABASE_FILE, type DatabaseOptions, databaseOptions } from "../../src/database/config.ts";
import { type Database, type DatabaseNotice, openDatabase } from "../../src/database/connection.ts";
import { openSqlite } from "../../src/database/driver.ts";
import { verify } from "../../src/database/integrity.ts";
import { createAll, list } from "../../src/database/operations.ts";
import type { OpenSqlite, SqliteValue } from "../../src/database/sqlite.ts";
import { withRead, withWrite } from "../../src/database/transaction.ts";
import { type AbsolutePath, nativePaths } from "../../src/domain/path.ts";
import type { Port } from "../../src/domain/port.ts";
import type { Key, Reservation } from "../../src/domain/reservation.ts";
import { TropError } from "../../src/errors.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

/** A time that tests use as now: 2026-01-05 00:00:00 UTC, a Monday. */
export const MONDAY = 1_767_571_200;

/** The directory of one database. Leaving the scope closes what was opened and removes it all. */
export class DatabaseHome implements Disposable {
  readonly #directory = temporaryDirectory();
  readonly #opened: Database[] = [];
  /** The data directory; it exists. */
  readonly directory = this.#directory.path;
  /** The database file; it does not exist yet. */
  readonly path = nativePaths.join(this.directory, DATABASE_FILE);

  /** Opens the file, creating it unless told otherwise. */
  open(overrides: Partial<DatabaseOptions> = {}, driver: OpenSqlite = openSqlite): Database {
    const options = databaseOptions(this.path, { clock: () => MONDAY, ...overrides });
    const database = openDatabase(options, driver);
    this.#opened.push(database);
    return database;
  }

  [Symbol.dispose](): void {
    for (const database of this.#opened) database.close();
    this.#directory[Symbol.dispose]();
  }
}

/** A home without a database: `using home = databaseHome(); const database = home.open();` */
export function databaseHome(): DatabaseHome {
  return new DatabaseHome();
}

/** A home whose database, of the present format, holds `reservations` and is closed. */
export function homeWith(...reservations: readonly Reservation[]): DatabaseHome {
  const home = databaseHome();
  using database = home.open();
  store(database, ...reservations);
  return home;
}

/** Stores all of `reservations` in one transaction. */
export function store(database: Database, ...reservations: readonly Reservation[]): void {
  withWrite(database, "storing a test's rows", (transaction) => {
    createAll(transaction, reservations);
  });
}

/** Opens the file as the next command would. @returns All rows; the file was found to be valid. */
export function validRows(path: string): Reservation[] {
  using database = openDatabase(databaseOptions(path));
  return withRead(database, "looking at a test's result", (transaction) => {
    verify(transaction);
    return list(transaction);
  });
}

/** A reservation with plain types, so that a test can write down any value. */
export type Fields = { -readonly [Name in keyof Reservation]: Plain<Reservation[Name]> };
type Plain<T> = T extends number ? number : T extends string ? string : T;

/** A reservation: untagged, of `/w/app`, port 5000, with what `fields` say instead. */
export function reservation(fields: Partial<Fields> = {}): Reservation {
  return {
    path: "/w/app",
    tag: null,
    port: 5000,
    project: null,
    task: null,
    createdAt: MONDAY - 100,
    lastUsedAt: MONDAY,
    ...fields,
  } as Reservation;
}

/** `count` reservations of different directories `/w/0001`, …, with the ports from `from` on. */
export function reservations(count: number, from = 5000): Reservation[] {
  return Array.from({ length: count }, (_, index) =>
    reservation({
      path: `/w/${String(index).padStart(4, "0")}`,
      port: from + index,
    }));
}

export function key(path: string, tag: string | null = null): Key {
  return { path: path as AbsolutePath, tag };
}

export function port(value: number): Port {
  return value as Port;
}

/** The failure of the `TropError` that `act` throws; whatever else it does fails the test. */
export function failureOf(act: () => unknown): TropError["failure"] {
  try {
    act();
  } catch (error) {
    if (error instanceof TropError) return error.failure;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** The digest of the main file. Only for a closed one: reading a file drops this process's locks. */
export function fileHash(path: string): string {
  return createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
}

/** A connection that may do anything: break constraints, edit the schema. */
export function rawConnection(path: string): DatabaseSync {
  // The types do not know the switch without which the schema cannot be edited.
  const options = { readOnly: false, defensive: false, readBigInts: true };
  const database = new DatabaseSync(path, options);
  database.exec("PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON");
  return database;
}

/**
 * Runs `sql`, of any number of statements, on the file. Such as edit `sqlite_schema` take effect
 * for whoever opens the file next.
 */
export function doctor(path: string, sql: string): void {
  using database = rawConnection(path);
  database.exec(sql);
}

/**
 * {@linkcode doctor} with columns that take any value as it is: without STRICT, NOT NULL, and the
 * types that would convert it.
 */
export function doctorRows(path: string, sql: string): void {
  const stored = withConnection(path, (database) => {
    const tables = "WHERE type = 'table' AND name IN ('metadata', 'reservations')";
    const definitions = database.prepare(`SELECT name, sql FROM sqlite_schema ${tables}`).all();
    const loose = [" STRICT", " NOT NULL", " TEXT", " INTEGER"]
      .reduce((sql, words) => `replace(${sql}, '${words}', '')`, "sql");
    database.exec(`UPDATE sqlite_schema SET sql = ${loose} ${tables}`);
    return definitions;
  });
  doctor(path, sql);
  withConnection(path, (database) => {
    const restore = database.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = ?");
    for (const { name, sql } of stored) restore.run(sql!, name!);
  });
}

function withConnection<T>(path: string, act: (database: DatabaseSync) => T): T {
  using database = rawConnection(path);
  return act(database);
}

/** Everything that a file holds, as it is stored. */
export interface Contents {
  /** Type, name and definition of every object that has a definition, by name. */
  readonly schema: readonly (readonly SqliteValue[])[];
  readonly metadata: readonly (readonly SqliteValue[])[];
  /** The seven columns in their order, by path and tag. */
  readonly reservations: readonly (readonly SqliteValue[])[];
}

/** Reads a file around trop's own code. */
export function readRaw(path: string): Contents {
  return withConnection(path, (database) => {
    const rows = (sql: string) =>
      database.prepare(sql).all().map((row) => Object.values(row) as SqliteValue[]);
    return {
      schema: rows("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"),
      metadata: rows("SELECT key, value FROM metadata ORDER BY key"),
      reservations: rows("SELECT * FROM reservations ORDER BY path, tag, port"),
    };
  });
}

/** A row of either format: any value in any column. */
export interface RawRow {
  readonly path: SQLInputValue;
  readonly tag: SQLInputValue;
  readonly port: SQLInputValue;
  readonly project: SQLInputValue;
  readonly task: SQLInputValue;
  readonly createdAt: SQLInputValue;
  readonly lastUsedAt: SQLInputValue;
}

/** A row with the values of {@linkcode reservation}; the tag is NULL, as version 1 has it. */
export function rawRow(fields: Partial<RawRow> = {}): RawRow {
  return { ...reservation(), ...fields };
}

/** What a fixture holds. */
export interface FixtureContents {
  readonly rows?: Iterable<RawRow>;
  /** Rows of `metadata` besides the version. */
  readonly metadata?: readonly (readonly [key: SQLInputValue, value: SQLInputValue])[];
  /** What `schema_version` says; the format's own number by default, no such row with `null`. */
  readonly version?: SQLInputValue;
  /** `WAL` by default, as the releases write it. */
  readonly journalMode?: string;
}

/**
 * How a file of version 1 came about: as a new one; by 0.1 rebuilding its table under another
 * name; before ports were unique.
 */
export type V1Variant = "fresh" | "recreated" | "pre-unique";
export const V1_VARIANTS: readonly V1Variant[] = ["fresh", "recreated", "pre-unique"];

/** Writes a file of version 1 as 0.1 and the released 0.2.0 did. */
export function writeV1(
  path: string,
  { variant = "fresh", ...contents }: FixtureContents & { readonly variant?: V1Variant } = {},
): void {
  writeFixture(path, { version: "1", ...contents }, V1_TABLES[variant]);
}

/** Writes a file of version 2 as 0.2 does; a tag of `null` becomes the empty one. */
export function writeV2(path: string, { rows = [], ...contents }: FixtureContents = {}): void {
  const tagged = Iterator.from(rows).map((row) => ({ ...row, tag: row.tag ?? "" }));
  writeFixture(path, { version: "2", ...contents, rows: tagged }, V2_TABLES);
}

// Written out once more, independently of trop's own, which must agree with it.

const V1_METADATA = "CREATE TABLE metadata (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)";
const v1Reservations = (name: string, unique: string) =>
  `CREATE TABLE ${name} (
  path TEXT NOT NULL, tag TEXT, port INTEGER NOT NULL${unique},
  project TEXT, task TEXT,
  created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,
  PRIMARY KEY (path, tag))`;

const V1_TABLES: Readonly<Record<V1Variant, string>> = {
  fresh: `${V1_METADATA}; ${v1Reservations("reservations", " UNIQUE")}`,
  recreated: `${V1_METADATA}; ${v1Reservations("reservations_new", " UNIQUE")};
    ALTER TABLE reservations_new RENAME TO reservations`,
  "pre-unique": `${V1_METADATA}; ${v1Reservations("reservations", "")}`,
};

/** The tables of version 2. */
export const V2_TABLES = `
CREATE TABLE metadata (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
CREATE TABLE reservations (
  path TEXT NOT NULL, tag TEXT NOT NULL,
  port INTEGER NOT NULL UNIQUE CONSTRAINT valid_port CHECK (port BETWEEN 1 AND 65535),
  project TEXT, task TEXT,
  created_at INTEGER NOT NULL CONSTRAINT valid_created_at CHECK (created_at >= 0),
  last_used_at INTEGER NOT NULL CONSTRAINT valid_last_used_at CHECK (last_used_at >= 0),
  PRIMARY KEY (path, tag)) STRICT`;

/** The indexes of both versions. */
export const NAMED_INDEXES = `
CREATE INDEX idx_reservations_port ON reservations(port);
CREATE INDEX idx_reservations_project ON reservations(project);
CREATE INDEX idx_reservations_last_used ON reservations(last_used_at)`;

function writeFixture(path: string, contents: FixtureContents, tables: string): void {
  const { rows = [], metadata = [], version = null, journalMode = "WAL" } = contents;
  using database = rawConnection(path);
  database.exec(`PRAGMA journal_mode = ${journalMode}; BEGIN; ${tables}; ${NAMED_INDEXES}`);
  const add = database.prepare("INSERT INTO metadata (key, value) VALUES (?, ?)");
  if (version !== null) add.run("schema_version", version);
  for (const [name, value] of metadata) add.run(name, value);
  const insert = database.prepare("INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const { path, tag, port, project, task, createdAt, lastUsedAt } of rows) {
    insert.run(path, tag, whole(port), project, task, whole(createdAt), whole(lastUsedAt));
  }
  database.exec("COMMIT");
}

/** `node:sqlite` binds a number as REAL. */
function whole(value: SQLInputValue): SQLInputValue {
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value;
}

/** All but the one that depends on which SQLite the tests run on. */
export function noticesOf({ notices }: Database): readonly DatabaseNotice[] {
  return notices.filter(({ code }) => code !== "old-sqlite");
}
