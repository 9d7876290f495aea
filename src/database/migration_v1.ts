/**
 * The step from version 1 to version 2: strict tables, the empty tag for the untagged
 * reservation, and rules on ports and times.
 *
 * @module
 */

import type { Violation } from "../errors.ts";
import { nativePaths } from "../domain/path.ts";
import { isPort } from "../domain/port.ts";
import { isTimestamp } from "../domain/timestamp.ts";
import { quoteAscii } from "../domain/text.ts";
import { byteProblem, corruption, describeKey, nameProblem } from "./codec.ts";
import {
  COLUMNS_V1,
  CREATE_INDEXES,
  createMetadata,
  createReservations,
  INDEXES,
  readColumns,
  sameColumns,
  type TableName,
} from "./schema.ts";
import type { Row, SqliteValue } from "./sqlite.ts";
import type { ReadTransaction, WriteTransaction } from "./transaction.ts";

const STAGING: Readonly<Record<TableName, string>> = {
  metadata: "metadata_v2",
  reservations: "reservations_v2",
};

/** How many keys a category names at most. */
const MAX_KEYS = 5;

/**
 * What breaks a rule of version 2: all categories that are not empty, with their counts. Their
 * labels are those of trop 0.2, which scripts may know, followed by those it lacks.
 */
export function preflightV1(transaction: ReadTransaction): Violation[] {
  const layout = layoutViolations(transaction);
  if (layout.length > 0) return layout;
  return [
    repeated(transaction, "duplicate logical reservation keys", "path, coalesce(tag, '')"),
    repeated(transaction, "duplicate reserved ports", "port"),
    ...rowViolations(transaction),
    attachedObjects(transaction),
  ].filter(({ count }) => count > 0);
}

function layoutViolations(transaction: ReadTransaction): Violation[] {
  const tables = Object.keys(COLUMNS_V1) as TableName[];
  const wrong = tables.filter((name) =>
    !sameColumns(readColumns(transaction, name), COLUMNS_V1[name])
  );
  const staged = Object.values(STAGING).filter((name) => readColumns(transaction, name).length > 0);
  return [
    violation("tables whose columns are not those of version 1", wrong),
    violation("tables in the way of the migration", staged),
  ].filter(({ count }) => count > 0);
}

function repeated(transaction: ReadTransaction, category: string, columns: string): Violation {
  const groups = transaction.prepare(
    `SELECT path, coalesce(tag, '') FROM reservations GROUP BY ${columns} HAVING count(*) > 1`,
  ).all();
  return violation(category, groups.map(([path, tag]) => describeKey(path, tag)));
}

/** The rules that each row is asked for on its own, and how messages call those who break them. */
const ROW_RULES: readonly { category: string; breaks: (row: V1Row) => boolean }[] = [
  { category: "empty legacy tags", breaks: ({ tag }) => tag === "" },
  { category: "ports outside 1..=65535", breaks: ({ port }) => !isInteger(port, isPort) },
  {
    category: "negative timestamps",
    breaks: ({ createdAt, lastUsedAt }) =>
      [createdAt, lastUsedAt].some((time) => !isInteger(time, (seconds) => seconds >= 0)),
  },
  {
    category: "invalid reservation scalar types",
    breaks: ({ path, tag, project, task }) =>
      typeof path !== "string" || [tag, project, task].some((value) => !isOptionalText(value)),
  },
  {
    category: "timestamps after the year 262142",
    breaks: ({ createdAt, lastUsedAt }) =>
      [createdAt, lastUsedAt].some((time) =>
        isInteger(time, (seconds) => seconds >= 0 && !isTimestamp(seconds))
      ),
  },
  {
    category: "paths that are not absolute and normal",
    breaks: ({ path, damaged }) =>
      typeof path === "string" && (damaged.path || !nativePaths.isNormal(path)),
  },
  {
    category: "blank, untrimmed or damaged tags",
    breaks: ({ tag, damaged }) =>
      typeof tag === "string" && tag !== "" && (damaged.tag || nameProblem(tag) !== undefined),
  },
  {
    category: "blank, untrimmed or damaged projects or tasks",
    breaks: ({ project, task, damaged }) =>
      damaged.names ||
      [project, task].some((name) => typeof name === "string" && nameProblem(name) !== undefined),
  },
];

interface V1Row {
  readonly path: SqliteValue;
  readonly tag: SqliteValue;
  readonly port: SqliteValue;
  readonly project: SqliteValue;
  readonly task: SqliteValue;
  readonly createdAt: SqliteValue;
  readonly lastUsedAt: SqliteValue;
  /** Texts whose bytes are not UTF-8, or that contain NUL. */
  readonly damaged: { readonly path: boolean; readonly tag: boolean; readonly names: boolean };
}

function rowViolations(transaction: ReadTransaction): Violation[] {
  const broken = ROW_RULES.map((): string[] => []);
  for (const row of readRows(transaction)) {
    ROW_RULES.forEach(({ breaks }, index) => {
      if (breaks(row)) broken[index]!.push(describeKey(row.path, row.tag));
    });
  }
  const violations = ROW_RULES.map(({ category }, index) => violation(category, broken[index]!));
  // trop 0.2 names this one after the other types of values.
  violations.splice(4, 0, metadataViolation(transaction));
  return violations;
}

function readRows(transaction: ReadTransaction): V1Row[] {
  return transaction.prepare(
    `SELECT path, tag, port, project, task, created_at, last_used_at,
            CAST(path AS BLOB), CAST(tag AS BLOB), CAST(project AS BLOB), CAST(task AS BLOB)
       FROM reservations`,
  ).all().map(toV1Row);
}

function toV1Row(row: Row): V1Row {
  const [path, tag, port, project, task, createdAt, lastUsedAt, ...bytes] = row;
  const [pathBytes, tagBytes, projectBytes, taskBytes] = bytes;
  const isDamaged = (raw: SqliteValue | undefined) => byteProblem(raw) !== undefined;
  return {
    path: path ?? null,
    tag: tag ?? null,
    port: port ?? null,
    project: project ?? null,
    task: task ?? null,
    createdAt: createdAt ?? null,
    lastUsedAt: lastUsedAt ?? null,
    damaged: {
      path: isDamaged(pathBytes),
      tag: isDamaged(tagBytes),
      names: isDamaged(projectBytes) || isDamaged(taskBytes),
    },
  };
}

function isInteger(value: SqliteValue, holds: (value: number) => boolean): boolean {
  return typeof value === "bigint" && holds(Number(value));
}

function isOptionalText(value: SqliteValue): boolean {
  return value === null || typeof value === "string";
}

function metadataViolation(transaction: ReadTransaction): Violation {
  const keys = transaction.prepare(
    "SELECT key FROM metadata WHERE typeof(key) <> 'text' OR typeof(value) <> 'text'",
  ).all();
  return violation(
    "invalid metadata scalar types",
    keys.map(([key]) => `key=${quoteAscii(String(key))}`),
  );
}

/** What dropping or renaming the tables would silently delete or break. */
function attachedObjects(transaction: ReadTransaction): Violation {
  const objects = transaction.prepare(
    `SELECT type, name FROM sqlite_schema
      WHERE type IN ('trigger', 'view')
         OR type = 'index' AND tbl_name IN ('metadata', 'reservations') AND sql IS NOT NULL
      ORDER BY type, name`,
  ).all().filter(([, name]) => !(String(name) in INDEXES));
  return violation(
    "triggers, views and indexes that are not trop's",
    objects.map(([type, name]) => `${type} ${quoteAscii(String(name), 64)}`),
  );
}

function violation(category: string, keys: readonly string[]): Violation {
  return { category, count: keys.length, keys: keys.slice(0, MAX_KEYS) };
}

/**
 * Moves all rows into tables of version 2; rows of `metadata` that trop does not know are kept.
 *
 * @throws {TropError} `database-corruption` when a row went missing on the way.
 */
export function migrateV1(transaction: WriteTransaction): void {
  const run = (sql: string) => transaction.prepare(sql).run();
  const before = countRows(transaction, "metadata", "reservations");
  run(createMetadata(STAGING.metadata));
  run(createReservations(STAGING.reservations));
  run(`INSERT INTO ${STAGING.metadata} (key, value) SELECT key, value FROM metadata`);
  run(`INSERT INTO ${STAGING.reservations}
         (path, tag, port, project, task, created_at, last_used_at)
       SELECT path, coalesce(tag, ''), port, project, task, created_at, last_used_at
         FROM reservations`);
  if (countRows(transaction, STAGING.metadata, STAGING.reservations) !== before) {
    throw corruption(transaction.path, { reason: "rows went missing while they were copied" });
  }
  for (const table of ["metadata", "reservations"] as const) {
    run(`DROP TABLE ${table}`);
    run(`ALTER TABLE ${STAGING[table]} RENAME TO ${table}`);
  }
  for (const sql of CREATE_INDEXES) run(sql);
}

function countRows(transaction: ReadTransaction, ...tables: readonly string[]): string {
  return tables.map((table) => transaction.prepare(`SELECT count(*) FROM ${table}`).get()?.[0])
    .join();
}
