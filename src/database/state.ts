/**
 * What a file holds before trop touches it: nothing, one of the two formats, or something that
 * must be left alone.
 *
 * @module
 */

import { TropError } from "../errors.ts";
import { quoteAscii } from "../domain/text.ts";
import { byteProblem, corruption, type RowSource, wrongClass } from "./codec.ts";
import {
  COLUMNS,
  COLUMNS_V1,
  isCurrentDefinition,
  isSchemaObject,
  readColumns,
  sameColumns,
  SCHEMA_VERSION,
  type TableName,
  TABLES,
} from "./schema.ts";

/** A file that trop can work with, at once or after a change under the write lock. */
export type SchemaState =
  /** No table yet. */
  | { readonly kind: "empty" }
  /** A first run was cut short: the rest of the tables is to be made, or all of them afresh. */
  | { readonly kind: "partial"; readonly remedy: "complete" | "recreate" }
  /** Version 2's tables under the number 1: a 0.1 was caught in the middle of its first run. */
  | { readonly kind: "mislabelled" }
  /** An older version, and whether the tables are those that it had. */
  | { readonly kind: "old"; readonly version: number; readonly recognised: boolean }
  | { readonly kind: "current" };

/** An object of the schema that is not SQLite's own. */
interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

/** As it is stored: most files hold it, and to look closer takes time. */
const CURRENT = String(SCHEMA_VERSION);

const TABLE_NAMES: readonly TableName[] = ["metadata", "reservations"];

/**
 * Finds out what the file holds. It only reads, and wants to be inside a transaction, so that its
 * answers are about one moment.
 *
 * @throws {TropError} `database-corruption` when the file is another program's or damaged;
 * `unsupported-schema-version` when a newer trop wrote it.
 */
export function readState(source: RowSource): SchemaState {
  const objects = readObjects(source);
  if (objects.length === 0) return { kind: "empty" };
  const tables = TABLE_NAMES.filter((name) =>
    objects.some((object) => object.type === "table" && object.name === name)
  );
  if (tables.length === 0) throw foreign(source, objects);
  const version = tables.includes("metadata") ? readVersion(source) : undefined;
  if (version === undefined || version === 0) return partialState(source, objects, version);
  if (version > SCHEMA_VERSION || version < 0) throw refuseVersion(source, version);
  if (version === SCHEMA_VERSION) {
    requireCurrentLayout(source, objects);
    return { kind: "current" };
  }
  const mislabelled = TABLE_NAMES.every((name) => hasCurrentDefinition(objects, name));
  if (mislabelled) return { kind: "mislabelled" };
  const recognised = TABLE_NAMES.every((name) =>
    sameColumns(readColumns(source, name), COLUMNS_V1[name])
  );
  return { kind: "old", version, recognised };
}

function readObjects(source: RowSource): SchemaObject[] {
  return source.prepare(
    `SELECT type, name, coalesce(sql, '') FROM sqlite_schema
      WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
  ).all().map(([type, name, sql]) => ({
    type: String(type),
    name: String(name),
    sql: String(sql),
  }));
}

/**
 * The stored schema version; `undefined` when there is no such row.
 *
 * @throws {TropError} `database-corruption` when it is no number, or there are several.
 */
export function readVersion(source: RowSource): number | undefined {
  const rows = source.prepare(
    `SELECT value, CAST(value AS BLOB) FROM metadata WHERE key = 'schema_version' LIMIT 2`,
  ).all();
  const [value, bytes] = rows[0] ?? [];
  if (value === undefined) return undefined;
  if (rows.length > 1) throw versionCorruption(source, "there is more than one such row");
  if (typeof value !== "string") throw versionCorruption(source, wrongClass("TEXT", value));
  if (value === CURRENT && bytes instanceof Uint8Array && bytes.length === CURRENT.length) {
    return SCHEMA_VERSION;
  }
  const problem = byteProblem(bytes);
  if (problem !== undefined) throw versionCorruption(source, problem);
  const version = /^[+-]?[0-9]+$/.test(value) ? Number(value) : NaN;
  if (Math.abs(version) <= 2 ** 31 - 1) return version;
  throw versionCorruption(source, "it is not a whole number of 32 bits");
}

function versionCorruption(source: RowSource, reason: string): TropError {
  const key = `key="schema_version"`;
  return corruption(source.path, { table: "metadata", field: "value", key, reason });
}

/** The refusal of a file whose version is not the one that trop works with. */
export function refuseVersion(source: RowSource, version: number | undefined): TropError {
  const { path } = source;
  if (version === undefined) {
    return versionCorruption(source, "the schema_version row is missing");
  }
  if (version > SCHEMA_VERSION) {
    const expected = SCHEMA_VERSION;
    return new TropError({ code: "unsupported-schema-version", path, expected, found: version });
  }
  if (version <= 0) {
    return versionCorruption(source, `${version} is not a version that any release wrote`);
  }
  const target = SCHEMA_VERSION;
  return new TropError({ code: "migration-required", path, found: version, target });
}

function foreign(source: RowSource, objects: readonly SchemaObject[]): TropError {
  const names = objects.slice(0, 5).map(({ name }) => quoteAscii(name, 64)).join(", ");
  const rest = objects.length > 5 ? ` and ${objects.length - 5} more` : "";
  return corruption(source.path, {
    reason: `${source.path} is not a trop database, it holds ${names}${rest}`,
    advice: "Choose another data directory with --data-dir",
  });
}

/** What a first run leaves when it is cut short, by trop or by the six statements of 0.1. */
function partialState(
  source: RowSource,
  objects: readonly SchemaObject[],
  version: number | undefined,
): SchemaState {
  const count = (name: TableName) =>
    objects.some((object) => object.name === name)
      ? source.prepare(`SELECT count(*) FROM ${name}`).get()?.[0] as bigint
      : 0n;
  const rows = count("reservations");
  if (rows === 0n && objects.every(({ name, sql }) => isCurrentDefinition(name, sql))) {
    return { kind: "partial", remedy: "complete" };
  }
  if (rows + count("metadata") === 0n && objects.every(({ name }) => isSchemaObject(name))) {
    return { kind: "partial", remedy: "recreate" };
  }
  throw refuseVersion(source, version);
}

function hasCurrentDefinition(objects: readonly SchemaObject[], table: TableName): boolean {
  return objects.some(({ type, name, sql }) =>
    type === "table" && name === table && isCurrentDefinition(table, sql)
  );
}

/** Names and types of the columns; all else is for the full validation. */
function requireCurrentLayout(source: RowSource, objects: readonly SchemaObject[]): void {
  for (const table of TABLE_NAMES) {
    // What trop itself has written needs no closer look. Others write the same in other words.
    if (objects.some(({ name, sql }) => name === table && sql === TABLES[table])) continue;
    const found = readColumns(source, table).map(({ name, type }) => `${name} ${type}`);
    const wanted = COLUMNS[table].map(({ name, type }) => `${name} ${type}`);
    if (found.join() !== wanted.join()) {
      throw corruption(source.path, {
        table,
        reason: `the table ${table} lacks the required layout of version ${SCHEMA_VERSION}`,
      });
    }
  }
}
