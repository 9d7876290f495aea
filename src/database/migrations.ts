/**
 * From an empty, partial or older file to the present format, in one durable transaction.
 *
 * @module
 */

import { TropError, type Violation } from "../errors.ts";
import { corruption } from "./codec.ts";
import type { Database } from "./connection.ts";
import { verify } from "./integrity.ts";
import { migrateV1, preflightV1 } from "./migration_v1.ts";
import {
  CREATE_SCHEMA,
  INSERT_VERSION,
  isSchemaObject,
  SCHEMA_VERSION,
  UPDATE_VERSION,
} from "./schema.ts";
import { readState, type SchemaState } from "./state.ts";
import { type ReadTransaction, withSchemaWrite, type WriteTransaction } from "./transaction.ts";

/** One step from a version to the next. A step that was released is never edited. */
export interface Migration {
  readonly from: number;
  readonly to: number;
  /** What stands in the way; nothing is chosen, merged or deleted for the sake of a migration. */
  preflight(transaction: ReadTransaction): Violation[];
  /** Changes tables and rows; the runner sets the version. */
  up(transaction: WriteTransaction): void;
}

/** All steps, in order. The way down is the export to a new file, see export_v1.ts. */
export const MIGRATIONS: readonly Migration[] = [
  { from: 1, to: 2, preflight: preflightV1, up: migrateV1 },
];

/**
 * Creates the tables, or migrates them to the present version. Any number of processes may do so
 * at once: one does the work, and the others find it done when they get the lock.
 *
 * @param operation What the person is doing, for the lock-timeout message.
 * @throws {TropError} `migration-blocked` when rows break a rule of the newer version; whatever
 * else is wrong with the file. Nothing is changed then.
 */
export function bringUpToDate(database: Database, operation: string): void {
  // After a loss of power the new tables are there or not, never in part. This must be set before
  // the transaction begins.
  const synchronous = database.prepare("PRAGMA synchronous").get()?.[0];
  database.prepare("PRAGMA synchronous = FULL").run();
  try {
    withSchemaWrite(database, operation, (transaction) => {
      // What was seen before the lock may have changed while waiting for it.
      apply(transaction, readState(transaction));
    });
  } finally {
    if (database.isOpen) database.prepare(`PRAGMA synchronous = ${synchronous}`).run();
  }
}

/**
 * Makes all tables afresh, whatever is in them, unless `check` throws. Other tables stay.
 *
 * @param operation What the person is doing, for the lock-timeout message.
 */
export function recreate(
  database: Database,
  operation: string,
  check: (transaction: WriteTransaction) => void,
): void {
  withSchemaWrite(database, operation, (transaction) => {
    check(transaction);
    dropAll(transaction);
    create(transaction);
    verify(transaction);
  });
}

function apply(transaction: WriteTransaction, state: SchemaState): void {
  switch (state.kind) {
    case "current":
      return;
    case "empty":
      create(transaction);
      break;
    case "partial":
      if (state.remedy === "recreate") dropAll(transaction);
      create(transaction);
      break;
    case "mislabelled":
      setVersion(transaction);
      break;
    case "old":
      migrate(transaction, state.version);
      break;
  }
  verify(transaction);
}

/** Makes what is missing of the tables and indexes; what is there was found to be as it should. */
function create(transaction: WriteTransaction): void {
  for (const sql of CREATE_SCHEMA) {
    transaction.prepare(sql.replace(/^CREATE (TABLE|INDEX) /, "$&IF NOT EXISTS ")).run();
  }
  setVersion(transaction);
}

function dropAll(transaction: WriteTransaction): void {
  const tables = transaction.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    .map(([name]) => String(name)).filter(isSchemaObject);
  for (const table of tables) transaction.prepare(`DROP TABLE ${table}`).run();
}

function setVersion(transaction: WriteTransaction): void {
  const version = String(SCHEMA_VERSION);
  if (transaction.prepare(UPDATE_VERSION).run(version) === 0) {
    transaction.prepare(INSERT_VERSION).run(version);
  }
}

function migrate(transaction: WriteTransaction, from: number): void {
  let version = from;
  while (version !== SCHEMA_VERSION) {
    const step = nextMigration(transaction, version);
    step.up(transaction);
    version = step.to;
  }
  setVersion(transaction);
}

/**
 * The migration from `version`. Asked before anything is written, it keeps a file that cannot be
 * migrated as it is, down to its journal mode.
 *
 * @throws {TropError} `migration-blocked` when something stands in its way.
 */
export function nextMigration(transaction: ReadTransaction, version: number): Migration {
  const step = MIGRATIONS.find(({ from }) => from === version);
  const violations = step?.preflight(transaction) ?? [];
  if (step !== undefined && violations.length === 0) return step;
  const to = step?.to ?? SCHEMA_VERSION;
  const { path } = transaction;
  throw new TropError({ code: "migration-blocked", path, from: version, to, violations });
}

/**
 * Lets only a file of the present version through, for those that may not change it.
 *
 * @throws {TropError} `migration-required` when opening for writing would make it one.
 */
export function refuseUnlessCurrent({ path }: Database, state: SchemaState): void {
  const target = SCHEMA_VERSION;
  switch (state.kind) {
    case "current":
      return;
    case "empty":
      throw new TropError({ code: "migration-required", path, found: 0, target });
    case "old":
      if (!state.recognised) {
        throw corruption(path, {
          reason: `the tables lack the required layout of version ${state.version}`,
        });
      }
      throw new TropError({ code: "migration-required", path, found: state.version, target });
    case "partial":
      throw corruption(path, { reason: "the schema_version row is missing", table: "metadata" });
    case "mislabelled":
      throw corruption(path, {
        reason: `version 1 is written on tables of version ${SCHEMA_VERSION}; ` +
          "any command that may write to the file corrects that",
        table: "metadata",
      });
  }
}
