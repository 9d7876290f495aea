/**
 * The way back: a new file of version 1 beside the live one, which is never rewritten downwards,
 * because the next trop would migrate it up again.
 *
 * @module
 */

import type { Reservation } from "../domain/reservation.ts";
import { TropError } from "../errors.ts";
import { openSqlite } from "./driver.ts";
import { toTropError } from "./failures.ts";
import { list } from "./operations.ts";
import { CREATE_INDEXES, INSERT_VERSION, TABLES_V1 } from "./schema.ts";
import type { OpenSqlite, SqliteConnection, SqliteParameter } from "./sqlite.ts";
import type { ReadTransaction } from "./transaction.ts";

/**
 * Writes all reservations and metadata into a new file of version 1, for trop 0.1 and the released
 * 0.2.0. Ports and times stay the same; the untagged key has NULL there.
 *
 * @param target The path of a file that does not exist; it is made with mode 0600.
 * @throws {TropError} `cannot-open-database` when the target exists or cannot be made. Nothing is
 * left of it when the export fails.
 */
export function exportV1(
  transaction: ReadTransaction,
  target: string,
  open: OpenSqlite = openSqlite,
): void {
  // First, so that what is wrong with the source is not told of the target.
  const contents = read(transaction);
  createExclusively(target);
  try {
    using connection = open(target, { readOnly: false, immutable: false, timeoutMs: 0 });
    write(connection, contents);
  } catch (error) {
    Deno.removeSync(target);
    const operation = "exporting the database";
    throw toTropError(error, { path: target, operation, timeoutMs: 0, waitedMs: 0 });
  }
}

/** What is exported. */
interface Contents {
  readonly metadata: readonly (readonly [key: string, value: string])[];
  readonly reservations: readonly Reservation[];
}

function read(transaction: ReadTransaction): Contents {
  const metadata = transaction.prepare(
    "SELECT key, value FROM metadata WHERE key <> 'schema_version'",
  ).all().map(([key, value]) => [String(key), String(value)] as const);
  return { metadata, reservations: list(transaction) };
}

function createExclusively(target: string): void {
  try {
    Deno.openSync(target, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    throw new TropError({
      code: "cannot-open-database",
      path: target,
      reason: error instanceof Deno.errors.AlreadyExists
        ? "it exists already"
        : error instanceof Error
        ? error.message
        : String(error),
      hint: "name a file that does not exist yet, in a directory that can be written",
    }, { cause: error });
  }
}

function write(connection: SqliteConnection, { metadata, reservations }: Contents): void {
  const run = (sql: string, ...values: SqliteParameter[]) => connection.prepare(sql).run(...values);
  run("BEGIN IMMEDIATE");
  for (const sql of [...Object.values(TABLES_V1), ...CREATE_INDEXES]) run(sql);
  run(INSERT_VERSION, "1");
  for (const [key, value] of metadata) {
    run("INSERT INTO metadata (key, value) VALUES (?, ?)", key, value);
  }
  const insert = connection.prepare(
    `INSERT INTO reservations (path, tag, port, project, task, created_at, last_used_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { path, tag, port, project, task, createdAt, lastUsedAt } of reservations) {
    insert.run(path, tag, port, project, task, createdAt, lastUsedAt);
  }
  run("COMMIT");
}
