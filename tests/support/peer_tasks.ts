/**
 * What a test has other processes and threads do with a database, through the same layer as trop.
 *
 * @module
 */

import { type DatabaseOptions, databaseOptions } from "../../src/database/config.ts";
import { type Database, openDatabase } from "../../src/database/connection.ts";
import { openSqlite } from "../../src/database/driver.ts";
import {
  create,
  get,
  isPortReserved,
  list,
  reservedPorts,
  updateLastUsed,
  updateMetadata,
} from "../../src/database/operations.ts";
import type { OpenSqlite } from "../../src/database/sqlite.ts";
import {
  type ReadTransaction,
  withRead,
  withWrite,
  type WriteTransaction,
} from "../../src/database/transaction.ts";
import { key, MONDAY, port, reservation } from "./database.ts";
import { watchedDriver } from "./watched_driver.ts";

/** How a task opens its database. */
export interface Opening extends Partial<Omit<DatabaseOptions, "path" | "clock" | "log">> {
  readonly path: string;
  /** Keeps at most so many pages in memory, so that uncommitted ones reach the disk. */
  readonly cachePages?: number;
  /** Ends the process, as `kill -9` does, before one of the statements of `TASKS.open`. */
  readonly dieBefore?: number;
}

/**
 * Waits for the test. Tasks do so before they begin, and those that hold something while they hold
 * it.
 */
export type Wait = () => void;

/** The tasks, by name. What they take and give survives JSON. */
export const TASKS = {
  /**
   * Opens and closes. @returns The statements that ran, but for those that adapt the busy timeout:
   * they depend on the time.
   */
  open(opening: Opening, wait: Wait): string[] {
    wait();
    const statements: string[] = [];
    using _database = open(opening, statements);
    return statements;
  },

  /** Reads as a listing command does. @returns How many reservations there are. */
  list(opening: Opening, wait: Wait): number {
    wait();
    using database = open({ ...opening, queryOnly: true });
    return withRead(database, "listing", list).length;
  },

  /** Holds a snapshot while the test is waited for. @returns How many reservations it has. */
  holdSnapshot(opening: Opening, wait: Wait): number {
    using database = open({ ...opening, queryOnly: true });
    return withRead(database, "listing", (transaction) => {
      const { length } = list(transaction);
      wait();
      return length;
    });
  },

  /** Holds the write lock while the test is waited for. */
  holdLock(opening: Opening, wait: Wait): null {
    using database = open(opening);
    withWrite(database, "holding the lock", wait);
    return null;
  },

  /**
   * Reserves a port for each of `paths`, a transaction each: the one that the path has, else
   * `preferred`, else the lowest free one from 5000 on.
   */
  reserve({ paths, preferred, ...opening }: ReserveOrder, wait: Wait): number[] {
    wait();
    using database = open(opening);
    return paths.map((path) =>
      withWrite(database, "reserving", (transaction) => reserve(transaction, path, preferred))
    );
  },

  /** Makes so many changes that keep the ledger true. */
  keepLedger({ name, commits, ...opening }: LedgerOrder & { name: string }, wait: Wait): null {
    wait();
    using database = open(opening);
    for (let done = 0; done < commits; done++) {
      withWrite(database, "keeping the ledger", (transaction) => {
        reserve(transaction, `/w/${name}/${done}`);
        const { commits } = readLedger(transaction);
        writeLedger(transaction, { commits: commits + 1, ...summarise(transaction) });
      });
    }
    return null;
  },

  /**
   * Compares ledger and rows, in several statements on one snapshot, until so many changes were
   * made. @returns How many different moments were seen.
   */
  auditLedger({ commits, ...opening }: LedgerOrder, wait: Wait): number {
    wait();
    using database = open({ ...opening, queryOnly: true });
    const seen = new Set<number>();
    while (!seen.has(commits)) {
      withRead(database, "auditing", (transaction) => {
        const before = readLedger(transaction);
        const found = { commits: before.commits, ...summarise(transaction) };
        const [wanted, actual] = [JSON.stringify(before), JSON.stringify(found)];
        if (wanted !== actual) throw new Error(`the ledger says ${wanted}, the rows ${actual}`);
        seen.add(before.commits);
      });
    }
    return seen.size;
  },
};

export interface ReserveOrder extends Opening {
  readonly paths: readonly string[];
  readonly preferred?: number;
}

export interface LedgerOrder extends Opening {
  readonly commits: number;
}

function open(
  { cachePages, dieBefore, path, ...overrides }: Opening,
  statements: string[] = [],
): Database {
  const driver = watchedDriver(({ sql }) => {
    if (sql.startsWith("PRAGMA busy_timeout =")) return;
    if (statements.length === dieBefore) die();
    statements.push(sql);
  }, withCache(cachePages));
  return openDatabase(databaseOptions(path, { clock: () => MONDAY, ...overrides }), driver);
}

function withCache(pages: number | undefined): OpenSqlite {
  return (path, options) => {
    const connection = openSqlite(path, options);
    if (pages !== undefined) connection.prepare(`PRAGMA cache_size = ${pages}`).run();
    return connection;
  };
}

function die(): never {
  for (;;) Deno.kill(Deno.pid, "SIGKILL");
}

function reserve(transaction: WriteTransaction, path: string, preferred?: number): number {
  const own = get(transaction, key(path));
  if (own !== undefined) {
    updateLastUsed(transaction, own, MONDAY);
    return own.port;
  }
  const chosen = preferred !== undefined && !isPortReserved(transaction, port(preferred))
    ? preferred
    : lowestFree(transaction);
  create(transaction, reservation({ path, port: chosen }));
  return chosen;
}

function lowestFree(transaction: ReadTransaction): number {
  const taken = new Set(reservedPorts(transaction, { min: port(5000), max: port(65535) }));
  let candidate = port(5000);
  while (taken.has(candidate)) candidate = port(candidate + 1);
  return candidate;
}

/** A row whose project says what the other rows add up to, and how often that changed. */
export const LEDGER = reservation({ path: "/ledger", port: 1, project: formatLedger(0, 0, 0) });

interface Ledger {
  readonly commits: number;
  readonly rows: number;
  readonly portSum: number;
}

function formatLedger(commits: number, rows: number, portSum: number): string {
  return `${commits} ${rows} ${portSum}`;
}

function readLedger(transaction: ReadTransaction): Ledger {
  const [commits, rows, portSum] = get(transaction, LEDGER)!.project!.split(" ").map(Number);
  return { commits: commits!, rows: rows!, portSum: portSum! };
}

function writeLedger(transaction: WriteTransaction, { commits, rows, portSum }: Ledger): void {
  const project = formatLedger(commits, rows, portSum);
  updateMetadata(transaction, LEDGER, { project, task: null, now: MONDAY });
}

function summarise(transaction: ReadTransaction): Omit<Ledger, "commits"> {
  const ports = list(transaction).map(({ port }) => port).filter((port) => port !== LEDGER.port);
  return { rows: ports.length, portSum: ports.reduce((sum, port) => sum + port, 0) };
}
