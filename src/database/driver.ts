/**
 * The one place that knows `node:sqlite`, the SQLite inside the run time.
 *
 * @module
 */

import type { DatabaseSync as NodeDatabase, StatementSync } from "node:sqlite";
import {
  countParameters,
  immutableUri,
  type OpenSqlite,
  RESULT,
  type Row,
  type SqliteConnection,
  SqliteError,
  type SqliteParameter,
  type Statement,
} from "./sqlite.ts";

// Loaded with this module and not, as by a static import, with the bundle: the help needs no SQLite.
const { DatabaseSync } = await import("node:sqlite");

/** What rows are like: of exact numbers, and as arrays, which are read three times as fast. */
const ROWS = {
  readBigInts: true,
  // The run time's types do not know it.
  returnArrays: true,
};

/** Opens a file with the SQLite inside the run time. */
export const openSqlite: OpenSqlite = (path, { readOnly, immutable, timeoutMs }) => {
  const location = immutable ? immutableUri(path) : path;
  return new NodeConnection(guard(() => {
    try {
      return new DatabaseSync(location, { ...ROWS, readOnly, timeout: timeoutMs });
    } catch (error) {
      throw immutable && wasTakenForPath(location, error) ? notCapable(error) : error;
    }
  }));
};

/** Unless it may do everything, the run time makes a path of a URI, and looks for that. */
function wasTakenForPath(uri: string, error: unknown): boolean {
  return error instanceof Error && error.message.includes(uri);
}

function notCapable(cause: unknown): Error {
  return new Deno.errors.NotCapable("a URI takes --allow-all", { cause });
}

class NodeConnection implements SqliteConnection {
  readonly #database: NodeDatabase;
  #closed = false;

  constructor(database: NodeDatabase) {
    this.#database = database;
  }

  get inTransaction(): boolean {
    return !this.#closed && this.#database.isTransaction;
  }

  prepare(sql: string): Statement {
    return guard(() => {
      const statement = this.#database.prepare(sql);
      // Anything behind the first statement would silently not run.
      if (sql.slice(statement.sourceSQL.length).trim() !== "") {
        throw new TypeError(`more than one statement: ${sql}`);
      }
      return new NodeStatement(statement, countParameters(sql));
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    guard(() => this.#database.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

class NodeStatement implements Statement {
  readonly #statement: StatementSync;
  readonly #parameters: number;

  constructor(statement: StatementSync, parameters: number) {
    this.#statement = statement;
    this.#parameters = parameters;
  }

  run(...parameters: readonly SqliteParameter[]): number {
    return Number(this.#guard(parameters, (bound) => this.#statement.run(...bound)).changes);
  }

  get(...parameters: readonly SqliteParameter[]): Row | undefined {
    return this.#guard(parameters, (bound) => this.#statement.get(...bound)) as Row | undefined;
  }

  all(...parameters: readonly SqliteParameter[]): Row[] {
    return this.#guard(parameters, (bound) => this.#statement.all(...bound)) as unknown as Row[];
  }

  *iterate(...parameters: readonly SqliteParameter[]): IterableIterator<Row> {
    const rows = this.#guard(parameters, (bound) => this.#statement.iterate(...bound));
    try {
      for (;;) {
        const next = guard(() => rows.next());
        if (next.done === true) return;
        yield next.value as unknown as Row;
      }
    } finally {
      rows.return?.();
    }
  }

  #guard<T>(parameters: readonly SqliteParameter[], act: (bound: SqliteParameter[]) => T): T {
    if (parameters.length !== this.#parameters) {
      throw new SqliteError(
        `${parameters.length} values for ${this.#parameters} parameters`,
        undefined,
      );
    }
    return guard(() => act(parameters.map(asInteger)));
  }
}

/** `node:sqlite` binds a number as REAL, which a TEXT column would store as `2.0`. */
function asInteger(parameter: SqliteParameter): SqliteParameter {
  return typeof parameter === "number" ? BigInt(parameter) : parameter;
}

function guard<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw toSqliteError(error);
  }
}

function toSqliteError(error: unknown): unknown {
  // A missing permission and the like are the caller's to tell apart.
  if (!(error instanceof Error) || error instanceof Deno.errors.NotCapable) return error;
  const { errcode } = error as { errcode?: unknown };
  const code = typeof errcode === "number" ? errcode : CODES[error.message];
  return new SqliteError(error.message, code, { cause: error });
}

/** When it cannot open a file, the run time passes on SQLite's words and keeps the code. */
const CODES: Readonly<Record<string, number>> = {
  "attempt to write a readonly database": RESULT.READONLY,
  "database is locked": RESULT.BUSY,
  "database or disk is full": RESULT.FULL,
  "disk I/O error": RESULT.IOERR,
  "file is not a database": RESULT.NOTADB,
  "locking protocol": RESULT.PROTOCOL,
};
