/**
 * The full validation of a file, read-only and in a fixed order: compatibility before layout,
 * named rows before structure, the check of the pages last.
 *
 * @module
 */

import { quoteAscii } from "../domain/text.ts";
import {
  byteProblem,
  corruption,
  RESERVATION_COLUMNS,
  showKeyValue,
  toReservation,
  wrongClass,
} from "./codec.ts";
import {
  type Column,
  COLUMNS,
  constraints,
  hasClause,
  INDEXES,
  isCurrentDefinition,
  isSchemaObject,
  readColumns,
  SCHEMA_VERSION,
  type TableName,
} from "./schema.ts";
import { RESULT } from "./sqlite.ts";
import { readVersion, refuseVersion } from "./state.ts";
import type { ReadTransaction } from "./transaction.ts";

/**
 * Validates everything that the file holds.
 *
 * @throws {TropError} `database-corruption` for the first thing that is wrong,
 * `migration-required` or `unsupported-schema-version` when the version is another one.
 */
export function verify(transaction: ReadTransaction): void {
  for (const check of CHECKS) check(transaction);
}

const CHECKS: readonly ((transaction: ReadTransaction) => void)[] = [
  requireVersion,
  requireLayouts,
  requireMetadata,
  requireReservations,
  requireDistinct,
  requirePrimaryKeys,
  requireConstraints,
  requireDefinitions,
  requireIndexes,
  requireForeignKeys,
  requireSoundPages,
];

/** What {@linkcode verify} accepts and a person may still want to know, in words. */
export function findOddities(transaction: ReadTransaction): string[] {
  const objects = transaction.prepare(
    `SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
  ).all();
  const oddities = objects.filter(([, name]) => !isSchemaObject(String(name)))
    .map(([type, name]) => `the ${type} ${quoteAscii(String(name), 64)} is not trop's`);
  const mode = transaction.prepare("PRAGMA journal_mode").get()?.[0];
  if (mode !== "wal") oddities.push(`the journal mode is ${mode}, not wal`);
  return oddities;
}

function requireVersion(transaction: ReadTransaction): void {
  const table = "metadata";
  const found = readColumns(transaction, table).map(({ name }) => name);
  const missing = COLUMNS[table].find(({ name }) => !found.includes(name));
  if (missing !== undefined) {
    const reason = `the table ${table} lacks the column ${missing.name} of its required layout`;
    throw fail(transaction, reason, { table });
  }
  const version = readVersion(transaction);
  if (version !== SCHEMA_VERSION) throw refuseVersion(transaction, version);
}

function requireLayouts(transaction: ReadTransaction): void {
  for (const table of Object.keys(COLUMNS) as TableName[]) {
    const describe = (columns: readonly Column[]) =>
      columns.map(({ name, type, notNull }) => `${name} ${type}${notNull ? " NOT NULL" : ""}`)
        .join(", ");
    if (describe(readColumns(transaction, table)) !== describe(COLUMNS[table])) {
      throw fail(transaction, `the columns of ${table} differ from its required layout`, { table });
    }
    const strict = transaction.prepare(
      "SELECT strict FROM pragma_table_list WHERE schema = 'main' AND name = ?",
    ).get(table)?.[0];
    if (strict !== 1n) {
      const reason = `the table ${table} is not STRICT, as its required layout is`;
      throw fail(transaction, reason, { table });
    }
  }
}

function requireMetadata(transaction: ReadTransaction): void {
  const rows = transaction.prepare(
    "SELECT key, value, CAST(key AS BLOB), CAST(value AS BLOB) FROM metadata ORDER BY key",
  ).all();
  for (const [key, value, keyBytes, valueBytes] of rows) {
    const keyDamage = byteProblem(keyBytes);
    for (
      const [field, found, damage] of [
        ["key", key, keyDamage],
        ["value", value, byteProblem(valueBytes)],
      ] as const
    ) {
      const reason = typeof found === "string" ? damage : wrongClass("TEXT", found);
      if (reason === undefined) continue;
      throw fail(transaction, reason, {
        table: "metadata",
        field,
        key: `key=${showKeyValue(key, keyDamage)}`,
      });
    }
  }
}

function requireReservations(transaction: ReadTransaction): void {
  const rows = transaction.prepare(
    `SELECT ${RESERVATION_COLUMNS} FROM reservations ORDER BY path, tag`,
  ).all();
  for (const row of rows) toReservation(transaction, row);
}

/** Without the indexes that should see to it: these may be what is damaged. */
function requireDistinct(transaction: ReadTransaction): void {
  const repeated = (columns: string) =>
    transaction.prepare(
      `SELECT 1 FROM reservations NOT INDEXED GROUP BY ${columns} HAVING count(*) > 1 LIMIT 1`,
    ).get() !== undefined;
  const where = { table: "reservations", key: "<multiple reservation keys>" };
  if (repeated("+path, +tag")) {
    const reason = "duplicate logical reservation keys";
    throw fail(transaction, reason, { ...where, field: "primary_key" });
  }
  if (repeated("+port")) {
    const reason = "the same port is stored for more than one key";
    throw fail(transaction, reason, { ...where, field: "port" });
  }
}

function requirePrimaryKeys(transaction: ReadTransaction): void {
  for (const table of Object.keys(COLUMNS) as TableName[]) {
    const found = readColumns(transaction, table);
    if (found.some(({ key }, index) => key !== COLUMNS[table][index]?.key)) {
      throw fail(transaction, `the primary key of ${table} differs from its required layout`, {
        table,
        field: "primary_key",
      });
    }
  }
}

function requireConstraints(transaction: ReadTransaction): void {
  const stored = definitionOf(transaction, "reservations");
  for (const [name, clause] of constraints()) {
    if (!hasClause(stored, clause)) {
      throw fail(transaction, `missing required constraint ${name}`, {
        table: "reservations",
        field: name,
      });
    }
  }
}

function requireDefinitions(transaction: ReadTransaction): void {
  for (const table of Object.keys(COLUMNS) as TableName[]) {
    if (!isCurrentDefinition(table, definitionOf(transaction, table))) {
      const reason = `the table ${table} does not exactly match the required definition`;
      throw fail(transaction, reason, { table });
    }
  }
}

function definitionOf(transaction: ReadTransaction, table: TableName): string {
  const row = transaction.prepare(
    "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?",
  ).get(table);
  return String(row?.[0]);
}

function requireIndexes(transaction: ReadTransaction): void {
  for (const [name, column] of Object.entries(INDEXES)) {
    requireIndex(transaction, { name, origin: "c", columns: [column] });
  }
  requireIndex(transaction, { origin: "pk", columns: ["path", "tag"] });
  requireIndex(transaction, { origin: "u", columns: ["port"] });
}

interface WantedIndex {
  /** Those of a primary key and of UNIQUE have names of SQLite's own. */
  readonly name?: string;
  /** How it was made: by a statement, a primary key or UNIQUE; the latter two are unique. */
  readonly origin: "c" | "pk" | "u";
  readonly columns: readonly string[];
}

function requireIndex(transaction: ReadTransaction, { name, origin, columns }: WantedIndex): void {
  const wanted = columns.map((column) => `${column} BINARY ascending`).join(", ");
  const found = transaction.prepare(
    `SELECT list.name, list.origin, list."unique", list.partial,
            group_concat(info.name || ' ' || info.coll || iif(info.desc, ' descending', ' ascending'), ', ')
       FROM pragma_index_list('reservations') AS list, pragma_index_xinfo(list.name) AS info
      WHERE info.key = 1
      GROUP BY list.name`,
  ).all();
  const unique = origin === "c" ? 0n : 1n;
  const exists = found.some(([itsName, itsOrigin, itsUnique, partial, itsColumns]) =>
    (name === undefined || itsName === name) && itsOrigin === origin && itsUnique === unique &&
    partial === 0n && itsColumns === wanted
  );
  if (exists) return;
  const what = name ?? (origin === "pk" ? "the primary key's index" : "the unique index");
  const covered = columns.map((column) => `reservations.${column}`).join(", ");
  throw fail(transaction, `the index ${what} on ${covered} is missing or wrong`, {
    table: "reservations",
    field: columns.join(", "),
  });
}

function requireForeignKeys(transaction: ReadTransaction): void {
  const broken = transaction.prepare("PRAGMA foreign_key_check").get();
  if (broken !== undefined) {
    throw fail(
      transaction,
      `a foreign key of the table ${quoteAscii(String(broken[0]))} is broken`,
    );
  }
}

/** SQLite's own check of every page, index entry and constraint. */
function requireSoundPages(transaction: ReadTransaction): void {
  const messages = transaction.prepare("PRAGMA integrity_check").all().map(([text]) =>
    String(text)
  );
  if (messages.join() === "ok") return;
  const shown = messages.slice(0, 5).map((text) => quoteAscii(text)).join(", ");
  const reason = `physical database corruption: integrity_check says ${shown}`;
  throw corruption(transaction.path, { reason, sqliteCode: RESULT.CORRUPT });
}

function fail(
  transaction: ReadTransaction,
  reason: string,
  where: { readonly table?: string; readonly field?: string; readonly key?: string } = {},
) {
  return corruption(transaction.path, { reason, ...where });
}
