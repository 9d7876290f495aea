/**
 * An open database: the sequence that opens it safely beside other processes, and its closing.
 *
 * @module
 */

import { TropError, validationError } from "../errors.ts";
import { nativePaths } from "../domain/path.ts";
import { isStorable } from "../domain/text.ts";
import type { RowSource } from "./codec.ts";
import { type DatabaseOptions, databaseOptions, MAX_BUSY_TIMEOUT_MS } from "./config.ts";
import { openSqlite } from "./driver.ts";
import { type Circumstances, isBusy, translating } from "./failures.ts";
import { parentOf, type Place, prepareFile } from "./files.ts";
import { chooseJournal, journalMode, noteSharing } from "./journal.ts";
import { bringUpToDate, nextMigration, refuseUnlessCurrent } from "./migrations.ts";
import { takeTurn } from "./queue.ts";
import {
  type OpenSqlite,
  RESULT,
  SAFEGUARDS,
  type SqliteConnection,
  SqliteError,
  type Statement,
} from "./sqlite.ts";
import { readState, type SchemaState } from "./state.ts";
import { withSchemaRead } from "./transaction.ts";

/** Something about an open database that a person should know though the command goes on. */
export type DatabaseNotice =
  /** The write-ahead log cannot be had here; `mode` is the rollback journal's. */
  | { readonly code: "no-write-ahead-log"; readonly mode: string }
  /** The write-ahead log was to go, but another process has the file open. */
  | { readonly code: "write-ahead-log-kept" }
  /** Other systems may be writing the file too, and nobody said what journal is right then. */
  | {
    readonly code: "shared-file-system";
    readonly type: string;
    readonly mode: string;
    /** Whether the write-ahead log was to go, but another process may have the file open. */
    readonly isInUse: boolean;
  }
  /** SQLite before 3.51.3 can, rarely, damage a file that two processes write. */
  | { readonly code: "old-sqlite"; readonly version: string }
  /** The place cannot be written, so the file is read as if nobody else could write it either. */
  | { readonly code: "immutable" };

/** A wait that somebody at a terminal wonders about. */
const LONG_WAIT_MS = 1000;

/** How much of a wait may pass in the queue: whoever is first there may have been stopped. */
const QUEUE_SHARE = 0.8;

/** A busy timeout in which SQLite asks after 1 and 3 ms; a longer one would make it slow down. */
const ASKING_MS = 3;

/** Fixed words: scripts look for them. */
export const OPENING = "opening, configuring, or migrating the database";

/**
 * Opens the database that `options` name. Whoever opens it closes it, best with `using`.
 *
 * The waits for other processes on the way share `options.busyTimeoutMs` with the command's own
 * transaction. A file that is refused keeps every byte.
 *
 * @param open The driver; a test hands in one that watches or fails.
 * @throws {TropError} `not-initialised` when the file is missing and may not be created,
 * `validation` of an option, `lock-timeout`, and every failure of a file that cannot be used.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { databaseOptions } from "./config.ts";
 * import { list } from "./operations.ts";
 * import { withRead } from "./transaction.ts";
 *
 * const directory = Deno.makeTempDirSync();
 * {
 *   using database = openDatabase(databaseOptions(`${directory}/trop.db`));
 *   assert.deepEqual(withRead(database, "reading an example", list), []);
 * }
 * Deno.removeSync(directory, { recursive: true });
 * ```
 */
export function openDatabase(options: DatabaseOptions, open: OpenSqlite = openSqlite): Database {
  checkOptions(options);
  return translating(() => circumstancesOfOpening(options), () => {
    const place = prepareFile(options);
    const attempt = (immutable: boolean) => openAndConfigure(options, open, { place, immutable });
    try {
      return attempt(false);
    } catch (error) {
      if (!canReadAsImmutable(error, options)) throw error;
      return asImmutable(() => attempt(true), error);
    }
  });
}

/**
 * Opens the file for one look that leaves no trace and waits for nobody, for answers that need not
 * be the latest: nothing is created, migrated or configured. Beside a process that is writing the
 * look may fail.
 *
 * @throws {TropError} Like {@linkcode openDatabase}, also for a file of an older format.
 */
export function glanceAtDatabase(path: string, open: OpenSqlite = openSqlite): Database {
  const options = databaseOptions(path, { readOnly: true, queryOnly: true, busyTimeoutMs: 0 });
  checkOptions(options);
  return translating(() => circumstancesOfOpening(options), () => {
    const place = prepareFile(options);
    const attempt = (immutable: boolean) => openAndConfigure(options, open, { place, immutable });
    // A reader would create the log's companions and leave them behind.
    if (!isLogEmpty(path)) return attempt(false);
    try {
      return attempt(true);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
      return attempt(false);
    }
  });
}

/**
 * A database in memory that holds nothing, to plan on what would be done in one that does not
 * exist yet.
 */
export function openEmptyDatabase(
  options: DatabaseOptions,
  open: OpenSqlite = openSqlite,
): Database {
  const connection = open(":memory:", { readOnly: false, immutable: false, timeoutMs: 0 });
  const database = new Database(connection, options);
  bringUpToDate(database, OPENING);
  return database;
}

/** An open database file. Statements run inside of transactions, see transaction.ts. */
export class Database implements RowSource, Disposable {
  readonly notices: DatabaseNotice[] = [];
  /** What kind of transaction is open, if any; kept by transaction.ts. */
  transaction: "read" | "write" | undefined;
  readonly #connection: SqliteConnection;
  readonly #statements = new Map<string, Statement>();
  #isOpen = true;
  #busyTimeoutMs: number;
  #waitedMs = 0;

  constructor(connection: SqliteConnection, readonly options: DatabaseOptions) {
    this.#connection = connection;
    this.#busyTimeoutMs = options.busyTimeoutMs;
  }

  get path(): string {
    return this.options.path;
  }

  /** See {@linkcode SqliteConnection.inTransaction}. */
  get inTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  /** Whether nobody closed it; a roll-back that fails does so. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A statement of this text, made once and kept until the database is closed. */
  prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /**
   * Runs `act`, which may wait for another process: for what is left of the command's wait, of
   * which the time it took is then taken off. An `act` that SQLite finds busy is run again when
   * there is somebody to tell.
   */
  waiting<T>(act: () => T): T {
    const { onLongWait } = this.options;
    if (onLongWait === undefined || this.waitLeftMs <= LONG_WAIT_MS) {
      return this.#waitingFor(this.waitLeftMs, act);
    }
    try {
      return this.#waitingFor(LONG_WAIT_MS, act);
    } catch (error) {
      if (!isBusy(error)) throw error;
      using _notice = onLongWait();
      return this.#waitingFor(this.waitLeftMs, act);
    }
  }

  /**
   * Like {@linkcode Database.waiting}, but whoever has waited for a second goes into a queue, and
   * when it is first there asks again and again, so that those who came later do not get ahead.
   */
  async waitingInTurn<T>(act: () => T): Promise<T> {
    try {
      return this.#waitingFor(Math.min(LONG_WAIT_MS, this.waitLeftMs), act);
    } catch (error) {
      if (!isBusy(error) || this.waitLeftMs === 0) throw error;
    }
    return await this.#waitingInQueue(act);
  }

  async #waitingInQueue<T>(act: () => T): Promise<T> {
    using _notice = this.options.onLongWait?.();
    const start = performance.now();
    using turn = await takeTurn(parentOf(this.path), this.waitLeftMs * QUEUE_SHARE);
    this.#waitedMs += performance.now() - start;
    if (turn === undefined) return this.#waitingFor(this.waitLeftMs, act);
    // SQLite waits in `act`, if only for milliseconds; so this does not take a processor for itself.
    for (;;) {
      try {
        return this.#waitingFor(Math.min(ASKING_MS, this.waitLeftMs), act);
      } catch (error) {
        if (!isBusy(error) || this.waitLeftMs === 0) throw error;
      }
    }
  }

  #waitingFor<T>(milliseconds: number, act: () => T): T {
    if (milliseconds !== this.#busyTimeoutMs) setBusyTimeout(this.#connection, milliseconds);
    this.#busyTimeoutMs = milliseconds;
    const start = performance.now();
    try {
      return act();
    } finally {
      this.#waitedMs += performance.now() - start;
    }
  }

  /** What is left of the wait, in whole milliseconds, rounded up. */
  get waitLeftMs(): number {
    return Math.max(0, Math.ceil(this.options.busyTimeoutMs - this.#waitedMs));
  }

  /** The next transaction may wait for the whole time again. */
  renewWait(): void {
    this.#waitedMs = 0;
  }

  /** What failures of `operation` are told with. */
  circumstances(operation: string): Circumstances {
    return {
      path: this.path,
      operation,
      timeoutMs: this.options.busyTimeoutMs,
      waitedMs: Math.round(this.#waitedMs),
    };
  }

  /** Closes the file; an open transaction is rolled back. Closing twice does nothing. */
  close(): void {
    this.#isOpen = false;
    this.#statements.clear();
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What failures are told with that come before there is a database. */
export function circumstancesOfOpening({ path, busyTimeoutMs }: DatabaseOptions): Circumstances {
  return { path, operation: OPENING, timeoutMs: busyTimeoutMs, waitedMs: busyTimeoutMs };
}

function checkOptions({ path, busyTimeoutMs }: DatabaseOptions): void {
  // SQLite has meanings of its own for the empty name, `:memory:` and what begins with `file:`.
  if (!nativePaths.isAbsolute(path) || !isStorable(path)) {
    throw validationError("path", "want the absolute path of a file");
  }
  if (!Number.isInteger(busyTimeoutMs) || busyTimeoutMs < 0) {
    throw validationError("maximum_lock_wait_seconds", "want a whole number of at least 0");
  }
  if (busyTimeoutMs > MAX_BUSY_TIMEOUT_MS) {
    throw validationError("maximum_lock_wait_seconds", "must not exceed 2147483");
  }
}

function openAndConfigure(
  options: DatabaseOptions,
  open: OpenSqlite,
  { place, immutable }: { readonly place: Place; readonly immutable: boolean },
): Database {
  const { path, readOnly, busyTimeoutMs: timeoutMs } = options;
  const database = new Database(open(path, { readOnly, immutable, timeoutMs }), options);
  try {
    if (immutable) database.notices.push({ code: "immutable" });
    configure(database, place, readOnly || immutable);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The order matters: what can wait comes after the timeout, what writes after the refusals. */
function configure(database: Database, place: Place, readOnly: boolean): void {
  checkEngine(database);
  const state = withSchemaRead(database, OPENING, (transaction) => {
    const state = readState(transaction);
    if (state.kind === "old" && !readOnly) nextMigration(transaction, state.version);
    return state;
  });
  if (readOnly) {
    refuseUnlessCurrent(database, state);
    if (place.shared !== undefined) {
      noteSharing(database, place, { mode: journalMode(database), isInUse: false });
    }
    return;
  }
  if (state.kind === "empty" && !database.options.autoCreate) {
    throw new TropError({ code: "not-initialised", path: database.path });
  }
  chooseJournal(database, place);
  if (state.kind !== "current") change(database, state);
  if (database.options.queryOnly) database.prepare("PRAGMA query_only = ON").run();
}

/** Makes the tables what they should be; who only reads is told what cannot be done for him. */
function change(database: Database, state: SchemaState): void {
  try {
    bringUpToDate(database, OPENING);
  } catch (error) {
    const isReadOnly = error instanceof TropError && error.code === "read-only-database";
    if (isReadOnly && database.options.queryOnly) refuseUnlessCurrent(database, state);
    throw error;
  }
}

/** Refuses an engine that is too old, and sets up what keeps a doctored file from doing harm. */
export function checkEngine(database: Database): void {
  const { busyTimeoutMs } = database.options;
  // A driver may ignore the option that it was opened with.
  if (database.prepare("PRAGMA busy_timeout").get()?.[0] !== BigInt(busyTimeoutMs)) {
    setBusyTimeout(database, busyTimeoutMs);
  }
  // The first statement of this kind reads the schema, and waits for that if need be.
  const found = database.waiting(() => database.prepare("SELECT sqlite_version()").get());
  const version = String(found?.[0]);
  if (isOlder(version, [3, 37, 0])) {
    throw new SqliteError(`SQLite ${version} cannot read strict tables, want 3.37 or newer`, 1);
  }
  if (isOlder(version, [3, 51, 3])) database.notices.push({ code: "old-sqlite", version });
  for (const pragma of SAFEGUARDS) database.prepare(pragma).run();
}

function isOlder(version: string, wanted: readonly number[]): boolean {
  const found = version.split(".").map(Number);
  const index = wanted.findIndex((part, position) => part !== found[position]);
  return index >= 0 && (found[index] ?? 0) < wanted[index]!;
}

function setBusyTimeout(statements: { prepare(sql: string): Statement }, timeoutMs: number): void {
  // A pragma takes no parameters; the value was checked to be a whole number.
  const answer = statements.prepare(`PRAGMA busy_timeout = ${timeoutMs}`).get()?.[0];
  if (answer !== BigInt(timeoutMs)) throw new SqliteError("cannot set the busy timeout", undefined);
}

/** @param reason Why the file cannot be opened otherwise. */
function asImmutable(act: () => Database, reason: unknown): Database {
  try {
    return act();
  } catch (error) {
    // The run time grants this only to those who may do everything.
    throw error instanceof Deno.errors.NotCapable ? reason : error;
  }
}

/**
 * A file with a write-ahead log cannot even be read where its companions cannot be made, unless
 * SQLite is told that nobody writes it. That may be believed when nothing waits in the log.
 */
function canReadAsImmutable(error: unknown, { path, queryOnly }: DatabaseOptions): boolean {
  // Which statement meets it first, inside a transaction or before, depends on the SQLite.
  const cause = error instanceof TropError ? error.cause : error;
  if (!queryOnly || !(cause instanceof SqliteError)) return false;
  if (cause.code !== RESULT.READONLY_DIRECTORY && cause.primaryCode !== RESULT.CANTOPEN) {
    return false;
  }
  return isLogEmpty(path);
}

function isLogEmpty(path: string): boolean {
  try {
    return Deno.statSync(`${path}-wal`).size === 0;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}
