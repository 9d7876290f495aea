/**
 * The two formats of the file: version 2, which trop writes, and version 1, which it migrates.
 *
 * trop 0.2 shares the file. It compares the stored definitions token by token with its own, so
 * the order of the clauses and the names of the constraints below are part of the format.
 *
 * @module
 */

import { MAX_PORT } from "../domain/port.ts";
import type { Row, Statements } from "./sqlite.ts";

/** The version of the format that trop writes. */
export const SCHEMA_VERSION = 2;

export type TableName = "metadata" | "reservations";

/** The tables of version 2, by name. */
export const TABLES: Readonly<Record<TableName, string>> = {
  metadata: createMetadata("metadata"),
  reservations: createReservations("reservations"),
};

/** Version 2's definition of the metadata table, under the name that it is to have. */
export function createMetadata(name: string): string {
  return `CREATE TABLE ${name} (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT`;
}

/** Version 2's definition of the reservations table, under the name that it is to have. */
export function createReservations(name: string): string {
  return `CREATE TABLE ${name} (
  path TEXT NOT NULL,
  tag TEXT NOT NULL,
  port INTEGER NOT NULL UNIQUE CONSTRAINT valid_port CHECK (port BETWEEN 1 AND ${MAX_PORT}),
  project TEXT,
  task TEXT,
  created_at INTEGER NOT NULL CONSTRAINT valid_created_at CHECK (created_at >= 0),
  last_used_at INTEGER NOT NULL CONSTRAINT valid_last_used_at CHECK (last_used_at >= 0),
  PRIMARY KEY (path, tag)
) STRICT`;
}

/** Version 1's tables, for the export back to it. */
export const TABLES_V1: Readonly<Record<TableName, string>> = {
  metadata: "CREATE TABLE metadata (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)",
  reservations: `CREATE TABLE reservations (
  path TEXT NOT NULL,
  tag TEXT,
  port INTEGER NOT NULL UNIQUE,
  project TEXT,
  task TEXT,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  PRIMARY KEY (path, tag)
)`,
};

/** The named indexes, by the column of `reservations` that each orders. The same in both versions. */
export const INDEXES: Readonly<Record<string, string>> = {
  idx_reservations_port: "port",
  idx_reservations_project: "project",
  idx_reservations_last_used: "last_used_at",
};

/** The definitions of {@linkcode INDEXES}. */
export const CREATE_INDEXES: readonly string[] = Object.entries(INDEXES)
  .map(([name, column]) => `CREATE INDEX ${name} ON reservations(${column})`);

/** Everything that makes an empty file one of version 2, but for the version itself. */
export const CREATE_SCHEMA: readonly string[] = [...Object.values(TABLES), ...CREATE_INDEXES];

/** The version is text: a bound number would be stored as `2.0`. */
export const INSERT_VERSION = "INSERT INTO metadata (key, value) VALUES ('schema_version', ?)";
export const UPDATE_VERSION = "UPDATE metadata SET value = ? WHERE key = 'schema_version'";

/** The constraints of `reservations` that a file must have: their clauses, by name. */
export function constraints(): ReadonlyMap<string, string> {
  const clauses = TABLES.reservations.matchAll(/CONSTRAINT (\w+) CHECK \(.*?\)/g);
  return new Map(Array.from(clauses, ([clause, name]) => [name!, clause]));
}

/** A column as SQLite describes it. */
export interface Column {
  readonly name: string;
  /** The declared type, upper-cased. */
  readonly type: string;
  readonly notNull: boolean;
  /** The position in the primary key from 1 on; 0 outside it. */
  readonly key: number;
}

/** Version 2's columns, in order. */
export const COLUMNS: Readonly<Record<TableName, readonly Column[]>> = {
  metadata: [column("key", "TEXT", true, 1), column("value", "TEXT", true)],
  reservations: reservationColumns(true),
};

/** Version 1's columns: the tag may be NULL. */
export const COLUMNS_V1: Readonly<Record<TableName, readonly Column[]>> = {
  metadata: COLUMNS.metadata,
  reservations: reservationColumns(false),
};

function reservationColumns(tagNotNull: boolean): readonly Column[] {
  return [
    column("path", "TEXT", true, 1),
    column("tag", "TEXT", tagNotNull, 2),
    column("port", "INTEGER", true),
    column("project", "TEXT", false),
    column("task", "TEXT", false),
    column("created_at", "INTEGER", true),
    column("last_used_at", "INTEGER", true),
  ];
}

function column(name: string, type: string, notNull: boolean, key = 0): Column {
  return { name, type, notNull, key };
}

/** The columns of a table, hidden and generated ones included; empty when there is no such table. */
export function readColumns(statements: Statements, table: string): readonly Column[] {
  return statements.prepare(
    `SELECT name, upper(type), "notnull", pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid`,
  ).all(table).map(toColumn);
}

function toColumn([name, type, notNull, key, hidden]: Row): Column {
  return column(
    String(name),
    hidden === 0n ? String(type) : `${type} GENERATED`,
    notNull === 1n,
    Number(key),
  );
}

/** Whether two lists of columns agree in every respect. */
export function sameColumns(left: readonly Column[], right: readonly Column[]): boolean {
  return left.length === right.length && left.every((one, index) => {
    const other = right[index]!;
    return one.name === other.name && one.type === other.type &&
      one.notNull === other.notNull && one.key === other.key;
  });
}

/** Version 2's definition of the table or index `name`. */
function definitionOf(name: string): string | undefined {
  return CREATE_SCHEMA.find((sql) => sql.split(" ")[2] === name);
}

/** Whether `name` is that of a table or index of version 2. */
export function isSchemaObject(name: string): boolean {
  return definitionOf(name) !== undefined;
}

/**
 * Whether a stored definition is version 2's, token by token: white space and the case of words
 * do not matter, and the object's own name may be in double quotes, as renaming leaves it.
 */
export function isCurrentDefinition(name: string, stored: string): boolean {
  const definition = definitionOf(name);
  if (definition === undefined) return false;
  const wanted = tokens(definition);
  const found = tokens(stored);
  if (found[2] === `"${name}"`) found[2] = name;
  return found.length === wanted.length && found.every((token, index) => token === wanted[index]);
}

/** Whether a stored definition holds `clause`, compared as {@linkcode isCurrentDefinition} does. */
export function hasClause(stored: string, clause: string): boolean {
  return ` ${tokens(stored).join(" ")} `.includes(` ${tokens(clause).join(" ")} `);
}

function tokens(sql: string): string[] {
  const found = sql.match(/"[^"]*"|'[^']*'|`[^`]*`|\[[^\]]*\]|\w+|[<>=!]+|[^\s]/g) ?? [];
  return found.map((token) => /^\w/.test(token) ? token.toLowerCase() : token);
}
