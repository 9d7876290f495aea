/**
 * An empty database in the place of one that is there, whatever state that is in.
 *
 * @module
 */

import { TropError } from "../errors.ts";
import { formatTimestamp } from "../domain/timestamp.ts";
import type { DatabaseOptions } from "./config.ts";
import { checkEngine, circumstancesOfOpening, Database, OPENING } from "./connection.ts";
import { openSqlite } from "./driver.ts";
import { translating } from "./failures.ts";
import { exists, prepareFile } from "./files.ts";
import { recreate } from "./migrations.ts";
import { isSchemaObject } from "./schema.ts";
import { RESULT, SqliteError } from "./sqlite.ts";
import { readState } from "./state.ts";
import { type ReadTransaction, withSchemaRead } from "./transaction.ts";

/**
 * How it is done. In a database the tables are made afresh, so that processes which have it open
 * go on with a sound file; a file that is none is moved out of the way.
 */
export type Replacement = "in place" | "moved away";

/**
 * Finds out, by reading alone, how the file would be replaced.
 *
 * @throws {TropError} When it is another program's, a newer trop's, or cannot be opened at all.
 */
export function planReplacement(options: DatabaseOptions): Replacement {
  return withFile(options, (database) => {
    withSchemaRead(database, OPENING, requireReplaceable);
  });
}

/**
 * Replaces the file as {@linkcode planReplacement} says; after moving it away, it is missing.
 *
 * @returns Where the old file is, if it was moved.
 * @throws {TropError} As the plan does, and `lock-timeout`.
 */
export function replaceDatabase(options: DatabaseOptions): string | undefined {
  const replacement = withFile(options, (database) => {
    recreate(database, OPENING, requireReplaceable);
  });
  if (replacement === "in place") return undefined;
  return translating(() => circumstancesOfOpening(options), () => moveAway(options));
}

/** Does something in the file as it is: `openDatabase` would refuse it or change it. */
function withFile(options: DatabaseOptions, act: (database: Database) => void): Replacement {
  const { path, busyTimeoutMs: timeoutMs } = options;
  try {
    translating(() => circumstancesOfOpening(options), () => {
      prepareFile({ ...options, autoCreate: false });
      const connection = openSqlite(path, { readOnly: false, immutable: false, timeoutMs });
      using database = new Database(connection, options);
      checkEngine(database);
      act(database);
    });
    return "in place";
  } catch (error) {
    if (isUnusable(error)) return "moved away";
    throw error;
  }
}

/** Whether SQLite cannot make a database of the file. */
function isUnusable(error: unknown): boolean {
  if (!(error instanceof TropError) || error.failure.code !== "database-corruption") return false;
  const primaryCode = (error.failure.sqliteCode ?? 0) & 0xff;
  return primaryCode === RESULT.NOTADB || primaryCode === RESULT.CORRUPT;
}

/** Lets a file through that is empty, sound, or damaged and nobody's but trop's. */
function requireReplaceable(transaction: ReadTransaction): void {
  try {
    readState(transaction);
  } catch (error) {
    if (!isWrongContent(error) || holdsForeignTables(transaction)) throw error;
  }
}

/** Whether what is stored is wrong; tables that lack a column make SQLite refuse the question. */
function isWrongContent(error: unknown): boolean {
  if (error instanceof SqliteError) return error.code === RESULT.ERROR;
  return error instanceof TropError && error.code === "database-corruption";
}

function holdsForeignTables(transaction: ReadTransaction): boolean {
  return transaction.prepare(
    `SELECT name FROM sqlite_schema
      WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  ).all().some(([name]) => !isSchemaObject(String(name)));
}

/** Moves the file away, its companions first: they must not meet the next one. */
function moveAway({ path, clock }: DatabaseOptions): string {
  const time = formatTimestamp(clock()).replaceAll(/[^0-9]/g, "");
  let suffix = `.bak-${time}`;
  for (let count = 2; exists(path + suffix); count++) suffix = `.bak-${time}-${count}`;
  for (const file of [`${path}-wal`, `${path}-shm`, `${path}-journal`, path]) {
    if (exists(file)) Deno.renameSync(file, file + suffix);
  }
  return path + suffix;
}
