/**
 * Transactions: a snapshot for reading, the write lock from the first statement on for writing.
 *
 * @module
 */

import type { RowSource } from "./codec.ts";
import type { Database } from "./connection.ts";
import { isBusy, toTropError } from "./failures.ts";
import { SCHEMA_VERSION } from "./schema.ts";
import { SqliteError } from "./sqlite.ts";
import { readVersion, refuseVersion } from "./state.ts";

/** Proof that a transaction is open; statements in it see one moment of the database. */
export type ReadTransaction = RowSource;

declare const written: unique symbol;

/** Proof that the write lock is held: what changes rows takes one of these. */
export interface WriteTransaction extends ReadTransaction {
  readonly [written]: true;
}

/**
 * Runs `act` on one snapshot of the database. Nothing in it may write: a snapshot that became old
 * while it was read cannot become a write transaction by waiting.
 *
 * @param operation What the person is doing, for the lock-timeout message.
 */
export function withRead<T>(
  database: Database,
  operation: string,
  act: (transaction: ReadTransaction) => T,
): T {
  return renewingWait(database, () => withSchemaRead(database, operation, act));
}

/**
 * Runs `act` under the write lock and commits what it did; when it throws, nothing of it remains.
 * Inside another `withWrite` it becomes a savepoint: only its own changes are undone then.
 *
 * @param operation What the person is doing, for the lock-timeout message.
 * @throws {TropError} `lock-timeout` when another process keeps the lock, every failure of the
 * database, and whatever `act` throws.
 */
export function withWrite<T>(
  database: Database,
  operation: string,
  act: (transaction: WriteTransaction) => T,
): T {
  return renewingWait(
    database,
    () => write(database, { beginning: STARTING, operation }, checkingVersion(act)),
  );
}

/**
 * {@linkcode withWrite} as commands use it: it waits for the lock as `Database.waitingInTurn` does, so
 * that no number of others can starve it. It is not for the inside of a transaction.
 */
export async function withWriteInTurn<T>(
  database: Database,
  operation: string,
  act: (transaction: WriteTransaction) => T,
): Promise<T> {
  if (database.transaction !== undefined) {
    throw new TypeError("a write in turn inside of a transaction");
  }
  const transaction = { ...IMMEDIATE, beginning: STARTING, operation };
  const start = performance.now();
  try {
    await database.waitingInTurn(() => database.prepare(transaction.begin).run());
    return settle(database, transaction, start, () => checkingVersion(act)(writable(database)));
  } catch (error) {
    throw translated(database, STARTING, error);
  } finally {
    database.renewWait();
  }
}

/** `act` behind a look at the version: a newer trop may have changed the tables meanwhile. */
function checkingVersion<T>(act: (transaction: WriteTransaction) => T) {
  return (transaction: WriteTransaction): T => {
    const version = readVersion(transaction);
    if (version !== SCHEMA_VERSION) throw refuseVersion(transaction, version);
    return act(transaction);
  };
}

/** Fixed words: scripts look for them. */
const STARTING = "starting an immediate database transaction";

/**
 * What a command waits for includes its opening of the database, so only here, at the end of its
 * transaction, does a whole wait begin for the next one.
 */
function renewingWait<T>(database: Database, act: () => T): T {
  const isOutermost = database.transaction === undefined;
  try {
    return act();
  } finally {
    if (isOutermost) database.renewWait();
  }
}

/** {@linkcode withRead} for finding out what the tables are, while a database is opened. */
export function withSchemaRead<T>(
  database: Database,
  operation: string,
  act: (transaction: ReadTransaction) => T,
): T {
  if (database.transaction !== undefined) return act(database);
  const transaction = { begin: "BEGIN", kind: "read", beginning: operation, operation } as const;
  return transact(database, transaction, () => act(database));
}

/** {@linkcode withWrite} for what makes or changes the tables themselves. */
export function withSchemaWrite<T>(
  database: Database,
  operation: string,
  act: (transaction: WriteTransaction) => T,
): T {
  return write(database, { beginning: operation, operation }, act);
}

function writable(database: Database): WriteTransaction {
  return database as RowSource as WriteTransaction;
}

interface Operations {
  /** What is told when the lock for it cannot be had. */
  readonly beginning: string;
  readonly operation: string;
}

function write<T>(
  database: Database,
  operations: Operations,
  act: (transaction: WriteTransaction) => T,
): T {
  const transaction = writable(database);
  switch (database.transaction) {
    case "write":
      return savepoint(database, operations.operation, () => act(transaction));
    case "read":
      throw new TypeError("a write inside of a read transaction");
    case undefined:
      return transact(
        database,
        { ...IMMEDIATE, ...operations },
        () => act(transaction),
      );
  }
}

interface Transaction extends Operations {
  readonly begin: "BEGIN" | "BEGIN IMMEDIATE";
  readonly kind: "read" | "write";
}

/** A transaction that has the write lock from its beginning on. */
const IMMEDIATE = { begin: "BEGIN IMMEDIATE", kind: "write" } as const;

function transact<T>(database: Database, transaction: Transaction, act: () => T): T {
  const start = performance.now();
  try {
    database.waiting(() => begin(database, transaction));
  } catch (error) {
    throw undo(database, ["ROLLBACK"], translated(database, transaction.beginning, error));
  }
  return settle(database, transaction, start, act);
}

/** May be run again after it found the database busy. */
function begin(database: Database, { begin, kind }: Transaction): void {
  if (!database.inTransaction) database.prepare(begin).run();
  // Only the first statement takes the snapshot, and waits for it if need be.
  if (kind === "read") database.prepare("SELECT 1 FROM sqlite_schema").get();
}

/** Runs `act` in the transaction that was begun, and ends it. */
function settle<T>(
  database: Database,
  { kind, operation }: Transaction,
  start: number,
  act: () => T,
): T {
  database.transaction = kind;
  try {
    const result = settled(act());
    commit(database);
    return result;
  } catch (error) {
    throw undo(database, ["ROLLBACK"], translated(database, operation, error));
  } finally {
    database.transaction = undefined;
    database.options.log?.({ operation, kind, durationMs: performance.now() - start });
  }
}

/** Without a write-ahead log a commit can be kept waiting by readers. */
function commit(database: Database): void {
  for (;;) {
    try {
      database.waiting(() => database.prepare("COMMIT").run());
      return;
    } catch (error) {
      if (!isBusy(error) || database.waitLeftMs === 0) throw error;
    }
  }
}

/** Statements with a savepoint's name mean the innermost one, so all can share a name. */
function savepoint<T>(database: Database, operation: string, act: () => T): T {
  database.prepare("SAVEPOINT nested").run();
  try {
    const result = settled(act());
    database.prepare("RELEASE nested").run();
    return result;
  } catch (error) {
    const statements = ["ROLLBACK TO nested", "RELEASE nested"];
    throw undo(database, statements, translated(database, operation, error));
  }
}

/** What SQLite refuses as a failure that trop knows; whatever else is thrown stays what it is. */
function translated(database: Database, operation: string, error: unknown): unknown {
  if (!(error instanceof SqliteError)) return error;
  return toTropError(error, database.circumstances(operation));
}

/** A promise would hold the lock while other code runs. */
function settled<T>(result: T): T {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === "function") {
    throw new TypeError("a transaction must not wait for a promise");
  }
  return result;
}

/**
 * Undoes what is open and gives `first` back; what goes wrong here never takes its place. After a
 * full disk and the like SQLite has rolled back already, and a second time would fail.
 */
function undo(database: Database, statements: readonly string[], first: unknown): unknown {
  try {
    for (const sql of statements) {
      if (database.inTransaction) database.prepare(sql).run();
    }
  } catch (second) {
    database.close();
    if (first instanceof Error) {
      first.cause = new AggregateError([first.cause, second], "and the roll-back failed too");
    }
  }
  return first;
}
