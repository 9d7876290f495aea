/**
 * The driver of the FFI flavour: SQLite from a shared library, by way of `@db/sqlite`. It stands in
 * for `driver.ts` where `deno.ffi.json` is the configuration.
 *
 * `@db/sqlite` opens, prepares and binds. Stepping and reading is done here, through the same
 * library opened a second time: `@db/sqlite` gives errors without their extended result codes, the
 * same value for `1` and `1.0`, and no way to leave a result early.
 *
 * @module
 */

// @ts-types="./db_sqlite.d.ts"
import type { Database, Statement as FfiStatement } from "@db/sqlite";
import {
  countParameters,
  immutableUri,
  type OpenSqlite,
  type Row,
  type SqliteConnection,
  SqliteError,
  type SqliteParameter,
  type SqliteValue,
  type Statement,
} from "./sqlite.ts";
import { loadSqliteLibrary } from "./sqlite_library.ts";

const { path, library } = loadSqliteLibrary();
// Read while the module is loaded, which without it would download a library.
Deno.env.set("DENO_SQLITE_PATH", path);
const sqlite = await import("@db/sqlite");

// From sqlite3.h: for sqlite3_open_v2(), and from sqlite3_step() and sqlite3_column_type().
const OPEN = { READONLY: 0x01, READWRITE: 0x02, CREATE: 0x04, URI: 0x40 } as const;
const STEP = { ROW: 100, DONE: 101 } as const;
const TYPE = { INTEGER: 1, FLOAT: 2, TEXT: 3, BLOB: 4 } as const;

/** Opens a file with the SQLite of a shared library. */
export const openSqlite: OpenSqlite = (path, { readOnly, immutable, timeoutMs }) => {
  const location = immutable ? immutableUri(path) : path;
  const flags = (readOnly ? OPEN.READONLY : OPEN.READWRITE | OPEN.CREATE) |
    (immutable ? OPEN.URI : 0);
  const connection = new FfiConnection(
    translating(() => new sqlite.Database(location, { flags })),
  );
  // A pragma takes no parameters; nothing before this one could have waited.
  connection.prepare(`PRAGMA busy_timeout = ${timeoutMs}`).run();
  // As the run time's own driver has it, so that a doctored file is told of in the same words.
  connection.prepare("PRAGMA foreign_keys = ON").run();
  return connection;
};

class FfiConnection implements SqliteConnection {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  prepare(sql: string): Statement {
    const prepared = prepare(this.#database, sql);
    // Anything behind the first statement would silently not run.
    if (sql.slice(prepared.sql.length).trim() !== "") {
      prepared.finalize();
      throw new SqliteError(`more than one statement: ${sql}`, undefined);
    }
    return new PreparedStatement(this.#database, prepared, sql);
  }

  close(): void {
    translating(() => this.#database.close(), this.#database);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

class PreparedStatement implements Statement {
  readonly #database: Database;
  readonly #prepared: FfiStatement;
  readonly #sql: string;
  readonly #parameters: number;

  constructor(database: Database, prepared: FfiStatement, sql: string) {
    this.#database = database;
    this.#prepared = prepared;
    this.#sql = sql;
    this.#parameters = countParameters(sql);
  }

  run(...parameters: readonly SqliteParameter[]): number {
    for (const _row of this.#rows(parameters));
    return this.#database.changes;
  }

  get(...parameters: readonly SqliteParameter[]): Row | undefined {
    for (const row of this.#rows(parameters)) return row;
    return undefined;
  }

  all(...parameters: readonly SqliteParameter[]): Row[] {
    return [...this.#rows(parameters)];
  }

  iterate(...parameters: readonly SqliteParameter[]): IterableIterator<Row> {
    return this.#rows(parameters);
  }

  *#rows(parameters: readonly SqliteParameter[]): IterableIterator<Row> {
    const bound = this.#bind(parameters);
    const { unsafeHandle } = bound;
    try {
      for (;;) {
        assertOpen(this.#database);
        const status = library.sqlite3_step(unsafeHandle);
        if (status === STEP.DONE) return;
        if (status !== STEP.ROW) throw lastError(this.#database);
        yield readRow(unsafeHandle);
      }
    } finally {
      if (this.#database.open) {
        // Without this, finalizing would tell the last failure once more.
        library.sqlite3_reset(unsafeHandle);
        if (bound !== this.#prepared) bound.finalize();
      }
    }
  }

  /** `@db/sqlite` binds a statement only once, so each set of values gets its own. */
  #bind(parameters: readonly SqliteParameter[]): FfiStatement {
    if (parameters.length !== this.#parameters) {
      throw new SqliteError(
        `${parameters.length} values for ${this.#parameters} parameters`,
        undefined,
      );
    }
    if (parameters.length === 0) return this.#prepared;
    return prepare(this.#database, this.#sql).bind(...parameters);
  }
}

function prepare(database: Database, sql: string): FfiStatement {
  assertOpen(database);
  return translating(() => database.prepare(sql), database);
}

/** What belongs to a closed connection is freed memory to the library. */
function assertOpen({ open }: Database): void {
  if (!open) throw new SqliteError("the database is closed", undefined);
}

function readRow(statement: Deno.PointerValue): Row {
  const length = library.sqlite3_column_count(statement);
  return Array.from({ length }, (_, column) => readColumn(statement, column));
}

function readColumn(statement: Deno.PointerValue, column: number): SqliteValue {
  switch (library.sqlite3_column_type(statement, column)) {
    case TYPE.INTEGER:
      return library.sqlite3_column_int64(statement, column);
    case TYPE.FLOAT:
      return library.sqlite3_column_double(statement, column);
    case TYPE.TEXT: {
      const text = library.sqlite3_column_text(statement, column);
      if (text === null) throw new SqliteError("out of memory", undefined);
      return Deno.UnsafePointerView.getCString(text);
    }
    case TYPE.BLOB: {
      const bytes = library.sqlite3_column_blob(statement, column);
      const length = library.sqlite3_column_bytes(statement, column);
      // An empty one has no address. The bytes are SQLite's until the next step.
      if (bytes === null) return new Uint8Array();
      return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(bytes, length)).slice();
    }
    default:
      return null;
  }
}

/** @param database Where SQLite keeps the failure; none of one that cannot be opened. */
function translating<T>(act: () => T, database?: Database): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof Deno.errors.NotCapable) throw error;
    if (database !== undefined) throw lastError(database, error);
    throw new SqliteError(error.message.replace(/^\d+: /, ""), undefined, { cause: error });
  }
}

/** The last failure of a connection, with its extended result code. */
function lastError({ unsafeHandle }: Database, cause?: Error): SqliteError {
  const message = library.sqlite3_errmsg(unsafeHandle);
  return new SqliteError(
    message === null ? "out of memory" : Deno.UnsafePointerView.getCString(message),
    library.sqlite3_extended_errcode(unsafeHandle),
    { cause },
  );
}
