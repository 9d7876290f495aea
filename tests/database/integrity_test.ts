import assert from "node:assert/strict";
import { openSqlite } from "../../src/database/driver.ts";
import { findOddities, verify } from "../../src/database/integrity.ts";
import { RESULT } from "../../src/database/sqlite.ts";
import { type ReadTransaction, withRead } from "../../src/database/transaction.ts";
import type { Failure } from "../../src/errors.ts";
import {
  type DatabaseHome,
  databaseHome,
  doctor,
  doctorRows,
  failureOf,
  fileHash,
  homeWith,
  NAMED_INDEXES,
  reservation,
  V2_TABLES,
  writeV2,
} from "../support/database.ts";

const ROW = reservation({ tag: "web", project: "secret project", task: "secret task" });
const KEY = 'path="/w/app", tag="web"';

/** What one doctored file holds, and what the first check that minds it says. */
interface Case {
  readonly what: string;
  readonly sql: string;
  /** How {@linkcode sql} is run: with or without the rules of the columns. */
  readonly by?: typeof doctor;
  readonly expected: Expected;
}
type Expected =
  | { readonly code: "migration-required"; readonly found: number }
  | { readonly code: "unsupported-schema-version"; readonly found: number }
  | {
    readonly reason: string | RegExp;
    readonly table?: string;
    readonly field?: string;
    readonly key?: string;
    readonly sqliteCode?: number;
  };

const METADATA = { table: "metadata" };
const RESERVATIONS = { table: "reservations" };
const VERSION = { table: "metadata", field: "value", key: 'key="schema_version"' };

// The checks in their order, so that of two cases the earlier one is what is reported of a file
// with both, see below.
const CASES: readonly Case[] = [
  {
    what: "no table metadata",
    sql: "DROP TABLE metadata",
    expected: {
      ...METADATA,
      reason: "the table metadata lacks the column key of its required layout",
    },
  },
  {
    what: "no column value",
    sql: "ALTER TABLE metadata RENAME COLUMN value TO content",
    expected: {
      ...METADATA,
      reason: "the table metadata lacks the column value of its required layout",
    },
  },
  {
    what: "no version",
    sql: "DELETE FROM metadata",
    expected: { ...VERSION, reason: "the schema_version row is missing" },
  },
  {
    what: "two versions",
    sql:
      `DROP TABLE metadata; CREATE TABLE metadata (key TEXT NOT NULL, value TEXT NOT NULL) STRICT;
          INSERT INTO metadata VALUES ('schema_version', '2'), ('schema_version', '2')`,
    expected: { ...VERSION, reason: "there is more than one such row" },
  },
  ...([
    ["CAST('2' AS BLOB)", "expected TEXT, found BLOB"],
    ["2", "expected TEXT, found INTEGER"],
    ["2.0", "expected TEXT, found REAL"],
    ["NULL", "expected TEXT, found NULL"],
    ["'two'", "it is not a whole number of 32 bits"],
    ["''", "it is not a whole number of 32 bits"],
    ["'2.0'", "it is not a whole number of 32 bits"],
    ["' 2'", "it is not a whole number of 32 bits"],
    ["'0x2'", "it is not a whole number of 32 bits"],
    ["'2147483648'", "it is not a whole number of 32 bits"],
    ["'2' || char(0)", "text contains NUL"],
    ["CAST(x'32ff' AS TEXT)", "text is not valid UTF-8"],
  ] as const).map(([value, reason]) => ({
    what: `the version ${value}`,
    sql: `UPDATE metadata SET value = ${value}`,
    by: doctorRows,
    expected: { ...VERSION, reason },
  })),
  {
    what: "a newer version",
    sql: "UPDATE metadata SET value = '3'",
    expected: { code: "unsupported-schema-version", found: 3 },
  },
  {
    what: "an older version",
    sql: "UPDATE metadata SET value = '1'",
    expected: { code: "migration-required", found: 1 },
  },
  ...[0, -1].map((version) => ({
    what: `the version ${version}`,
    sql: `UPDATE metadata SET value = '${version}'`,
    expected: { ...VERSION, reason: `${version} is not a version that any release wrote` },
  })),
  ...([
    ["metadata", "a further column", "ALTER TABLE metadata ADD COLUMN more TEXT"],
    ["metadata", "a nullable value", redefine("metadata", "value TEXT NOT NULL", "value TEXT")],
    ["reservations", "no table reservations", "DROP TABLE reservations"],
    ["reservations", "a further column", "ALTER TABLE reservations ADD COLUMN more TEXT"],
    [
      "reservations",
      "a column less",
      "DROP INDEX idx_reservations_project; ALTER TABLE reservations DROP COLUMN project",
    ],
    ["reservations", "a renamed column", "ALTER TABLE reservations RENAME COLUMN task TO job"],
    [
      "reservations",
      "another order",
      redefine("reservations", "project TEXT, task", "task TEXT, project"),
    ],
    ["reservations", "another type", redefine("reservations", "project TEXT", "project BLOB")],
    [
      "reservations",
      "a nullable port",
      redefine("reservations", "port INTEGER NOT NULL", "port INTEGER"),
    ],
    [
      "reservations",
      "a generated column",
      "ALTER TABLE reservations ADD COLUMN twice INTEGER AS (port * 2)",
    ],
    [
      "reservations",
      "a generated column in place of a stored one",
      redefine("reservations", "task TEXT", "task TEXT AS (project)"),
    ],
  ] as const).map(([table, what, sql]) => ({
    what: `${what} in ${table}`,
    sql,
    expected: { table, reason: `the columns of ${table} differ from its required layout` },
  })),
  ...["metadata", "reservations"].map((table) => ({
    what: `${table} that is not STRICT`,
    sql: redefine(table, " STRICT", ""),
    expected: { table, reason: `the table ${table} is not STRICT, as its required layout is` },
  })),
  ...([
    ["key", "x'61', 'v'", "key=<BLOB>", "expected TEXT, found BLOB"],
    ["key", "NULL, 'v'", "key=<NULL>", "expected TEXT, found NULL"],
    ["key", "char(97, 0, 98), 'v'", "key=<unreadable>", "text contains NUL"],
    ["key", "CAST(x'ff' AS TEXT), 'v'", "key=<invalid UTF-8>", "text is not valid UTF-8"],
    ["value", `'a"b', 5`, 'key="a\\"b"', "expected TEXT, found INTEGER"],
    ["value", "'name', NULL", 'key="name"', "expected TEXT, found NULL"],
    ["value", "'name', char(97, 0)", 'key="name"', "text contains NUL"],
    ["value", "'name', CAST(x'ff' AS TEXT)", 'key="name"', "text is not valid UTF-8"],
  ] as const).map(([field, values, key, reason]) => ({
    what: `a row of metadata with ${values}`,
    sql: `INSERT INTO metadata VALUES (${values})`,
    by: doctorRows,
    expected: { ...METADATA, field, key, reason },
  })),
  ...([
    [
      "path",
      "'/w/app/'",
      'path="/w/app/", tag="web"',
      "path is not absolute or not in its normal form",
    ],
    ["tag", "' web'", 'path="/w/app", tag=" web"', "text is not trimmed or is blank"],
    ["port", "0", KEY, "port out of range 1..65535"],
    ["project", "''", KEY, "empty text where NULL is meant"],
    ["created_at", "-1", KEY, "time out of range 0..8210266876799"],
    ["last_used_at", "'now'", KEY, "expected INTEGER, found TEXT"],
  ] as const).map(([field, value, key, reason]) => ({
    what: `a row whose ${field} is ${value}`,
    sql: `UPDATE reservations SET ${field} = ${value}`,
    by: doctorRows,
    expected: { ...RESERVATIONS, field, key, reason },
  })),
  {
    what: "a key twice, where no index forbids it",
    sql: `${rebuild("PRIMARY KEY (path, tag)", "CHECK (1)")};
          INSERT INTO reservations SELECT path, tag, 6000, NULL, NULL, 1, 1 FROM reservations`,
    expected: {
      ...RESERVATIONS,
      field: "primary_key",
      key: "<multiple reservation keys>",
      reason: "duplicate logical reservation keys",
    },
  },
  {
    what: "a port twice, where no index forbids it",
    sql: `${rebuild(" UNIQUE", "")};
          INSERT INTO reservations SELECT '/w/other', tag, port, NULL, NULL, 1, 1 FROM reservations`,
    expected: {
      ...RESERVATIONS,
      field: "port",
      key: "<multiple reservation keys>",
      reason: "the same port is stored for more than one key",
    },
  },
  {
    what: "a port twice, of which an index knows one",
    sql: `${rebuild(" UNIQUE", "")}; ${
      behindPortIndex(
        "INSERT INTO reservations SELECT '/w/other', tag, port, NULL, NULL, 1, 1 FROM reservations",
      )
    }`,
    expected: {
      ...RESERVATIONS,
      field: "port",
      key: "<multiple reservation keys>",
      reason: "the same port is stored for more than one key",
    },
  },
  {
    what: "another primary key of reservations",
    sql: rebuild("PRIMARY KEY (path, tag)", "PRIMARY KEY (tag, path)"),
    expected: {
      ...RESERVATIONS,
      field: "primary_key",
      reason: "the primary key of reservations differs from its required layout",
    },
  },
  {
    what: "no primary key of reservations",
    sql: rebuild("PRIMARY KEY (path, tag)", "UNIQUE (path, tag)"),
    expected: {
      ...RESERVATIONS,
      field: "primary_key",
      reason: "the primary key of reservations differs from its required layout",
    },
  },
  {
    what: "no primary key of metadata",
    sql: redefine("metadata", "PRIMARY KEY", "UNIQUE"),
    expected: {
      ...METADATA,
      field: "primary_key",
      reason: "the primary key of metadata differs from its required layout",
    },
  },
  ...([
    ["valid_port", "CONSTRAINT valid_port CHECK (port BETWEEN 1 AND 65535)", ""],
    ["valid_port", "valid_port CHECK", "good_port CHECK"],
    ["valid_port", "BETWEEN 1 AND", "BETWEEN 0 AND"],
    ["valid_created_at", "(created_at >= 0)", "(created_at >= -1)"],
    ["valid_last_used_at", "CONSTRAINT valid_last_used_at", ""],
  ] as const).map(([field, from, to]) => ({
    what: `"${to}" in place of "${from}"`,
    sql: redefine("reservations", from, to),
    expected: { ...RESERVATIONS, field, reason: `missing required constraint ${field}` },
  })),
  ...([
    ["metadata", "value TEXT NOT NULL", "value TEXT NOT NULL DEFAULT ''"],
    ["reservations", "project TEXT", "project TEXT COLLATE NOCASE"],
    ["reservations", " UNIQUE", ""],
    ["reservations", "task TEXT", "task TEXT CHECK (task <> '')"],
    ["reservations", "project TEXT", '"project" TEXT'],
  ] as const).map(([table, from, to]) => ({
    what: `"${to}" in place of "${from}" in ${table}`,
    sql: from === " UNIQUE" ? rebuild(from, to) : redefine(table, from, to),
    expected: {
      table,
      reason: `the table ${table} does not exactly match the required definition`,
    },
  })),
  ...([
    ["port", "without it", ""],
    ["project", "that is unique", "CREATE UNIQUE INDEX $ ON reservations(project)"],
    ["project", "that is partial", "CREATE INDEX $ ON reservations(project) WHERE task IS NULL"],
    ["last_used_at", "that descends", "CREATE INDEX $ ON reservations(last_used_at DESC)"],
    ["project", "that folds case", "CREATE INDEX $ ON reservations(project COLLATE NOCASE)"],
    ["project", "of another column", "CREATE INDEX $ ON reservations(task)"],
    ["port", "of two columns", "CREATE INDEX $ ON reservations(port, path)"],
    ["port", "of an expression", "CREATE INDEX $ ON reservations(port + 1)"],
  ] as const).map(([field, what, sql]) => {
    const name = `idx_reservations_${field.replace("_at", "")}`;
    return {
      what: `an index ${name} ${what}`,
      sql: `DROP INDEX ${name}; ${sql.replace("$", name)}`,
      expected: {
        ...RESERVATIONS,
        field,
        reason: `the index ${name} on reservations.${field} is missing or wrong`,
      },
    };
  }),
  {
    what: "a foreign key to nothing",
    sql: `PRAGMA foreign_keys = OFF;
          CREATE TABLE "the guests" (key TEXT REFERENCES metadata(key));
          INSERT INTO "the guests" VALUES ('missing')`,
    expected: { reason: 'a foreign key of the table "the guests" is broken' },
  },
  {
    what: "a row that an index does not know",
    sql: behindPortIndex("UPDATE reservations SET port = 6000"),
    expected: {
      reason: /^physical database corruption: integrity_check says ".*idx_reservations_port"$/,
      sqliteCode: RESULT.CORRUPT,
    },
  },
];

for (const { what, sql, by = doctor, expected } of CASES) {
  Deno.test(`verify() refuses ${what}`, () => {
    using home = homeOfOneRow();
    by(home.path, sql);
    const before = fileHash(home.path);
    assertRefused(home, expected);
    assert.equal(fileHash(home.path), before);
  });
}

// Each pair breaks both rules at once; what belongs to the earlier check is what is told.
for (
  const [earlier, later] of [
    ["no version", "no primary key of metadata"],
    ["a newer version", "a further column in reservations"],
    ["an older version", "a row whose port is 0"],
    ["reservations that is not STRICT", "a row of metadata with 'name', NULL"],
    ["a row of metadata with 'name', NULL", "a row whose port is 0"],
    ["a row whose port is 0", "another primary key of reservations"],
    ["a key twice, where no index forbids it", "an index idx_reservations_port without it"],
    ["a port twice, where no index forbids it", '"" in place of "CONSTRAINT valid_last_used_at"'],
    ["another primary key of reservations", '"BETWEEN 0 AND" in place of "BETWEEN 1 AND"'],
    [
      '"BETWEEN 0 AND" in place of "BETWEEN 1 AND"',
      '"project TEXT COLLATE NOCASE" in place of "project TEXT" in reservations',
    ],
    [
      '"project TEXT COLLATE NOCASE" in place of "project TEXT" in reservations',
      "an index idx_reservations_port without it",
    ],
    ["an index idx_reservations_port without it", "a foreign key to nothing"],
    ["a foreign key to nothing", "a row that an index does not know"],
  ] as const
) {
  Deno.test(`verify() refuses ${earlier} before ${later}`, () => {
    using home = homeOfOneRow();
    const [first, second] = [earlier, later].map((name) => {
      const found = CASES.find(({ what }) => what === name);
      assert(found, name);
      return found;
    }) as [Case, Case];
    for (const { by = doctor, sql } of [second, first]) by(home.path, sql);
    assertRefused(home, first.expected);
  });
}

Deno.test("verify() accepts what trop and trop 0.2 write", () => {
  for (const home of [homeWith(ROW, reservation({ port: 6000 })), homeOfOneRow(), homeWith()]) {
    using it = home;
    verifyFile(it);
  }
});

Deno.test("verify() accepts a version with leading signs and zeros, and unknown metadata", () => {
  using home = homeOfOneRow();
  doctor(home.path, "UPDATE metadata SET value = '+02'; INSERT INTO metadata VALUES ('a', '')");
  verifyFile(home);
});

Deno.test("verify() tells a damaged page as physical corruption", () => {
  using home = homeWith(
    ...Array.from(
      { length: 500 },
      (_, index) => reservation({ path: `/w/${index}`, port: 1 + index }),
    ),
  );
  // Of the second page on, 300 bytes each: cells and pointers to them.
  const bytes = Deno.readFileSync(home.path);
  for (let page = 4096; page < bytes.length; page += 4096) bytes.fill(0xff, page + 5, page + 300);
  Deno.writeFileSync(home.path, bytes);
  const before = fileHash(home.path);
  const failure = failureOf(() => {
    using database = home.open({ readOnly: true });
    withRead(database, "verifying in a test", verify);
  });
  assert(failure.code === "database-corruption");
  assert.match(failure.reason, /^physical database corruption: /);
  assert.equal(fileHash(home.path), before);
});

for (
  const [what, sql, oddities] of [
    ["nothing", "", []],
    ["a table", "CREATE TABLE notes (text)", ['the table "notes" is not trop\'s']],
    [
      "an index",
      "CREATE INDEX by_task ON reservations(task)",
      ['the index "by_task" is not trop\'s'],
    ],
    ["a view", "CREATE VIEW all_ports AS SELECT port FROM reservations", [
      'the view "all_ports" is not trop\'s',
    ]],
    [
      "a trigger with a name that could drive a terminal",
      'CREATE TRIGGER "\x1b[2J" AFTER DELETE ON reservations BEGIN SELECT 1; END',
      ['the trigger "\\u{1b}[2J" is not trop\'s'],
    ],
    ["a rollback journal", "PRAGMA journal_mode = DELETE", [
      "the journal mode is delete, not wal",
    ]],
  ] as const
) {
  Deno.test(`findOddities() notes ${what} that verify() accepts`, () => {
    using home = homeOfOneRow();
    doctor(home.path, sql);
    verifyFile(home);
    assert.deepEqual(inFile(home, findOddities), oddities);
  });
}

function homeOfOneRow(): DatabaseHome {
  const home = databaseHome();
  writeV2(home.path, { rows: [ROW] });
  return home;
}

function verifyFile(home: DatabaseHome): void {
  inFile(home, verify);
}

/** Runs a check on the file as it stands: opening a database would refuse some of them itself. */
function inFile<T>({ path }: DatabaseHome, check: (transaction: ReadTransaction) => T): T {
  using connection = openSqlite(path, { readOnly: true, immutable: false, timeoutMs: 0 });
  return check({ path, prepare: (sql) => connection.prepare(sql) });
}

function assertRefused(home: DatabaseHome, expected: Expected): void {
  const failure = failureOf(() => verifyFile(home));
  assert(!JSON.stringify(failure).includes("secret"), JSON.stringify(failure));
  assert.deepEqual(withoutReason(failure), withoutReason(inFull(home, expected)));
  if (!("reason" in expected)) return;
  assert(failure.code === "database-corruption");
  if (expected.reason instanceof RegExp) assert.match(failure.reason, expected.reason);
  else assert.equal(failure.reason, expected.reason);
}

function inFull({ path }: DatabaseHome, expected: Expected): object {
  if ("reason" in expected) return { code: "database-corruption", path, ...expected };
  const { code, found } = expected;
  return code === "migration-required"
    ? { code, path, found, target: 2 }
    : { code, path, found, expected: 2 };
}

function withoutReason(failure: Failure | object): object {
  const { reason: _, ...rest } = failure as { reason?: unknown };
  return rest;
}

/** Edits the stored definition of a table, whose pages stay as they are. */
function redefine(table: string, from: string, to: string): string {
  const [before, after] = [from, to].map((text) => `'${text.replaceAll("'", "''")}'`);
  return `UPDATE sqlite_schema SET sql = replace(sql, ${before}, ${after}) WHERE name = '${table}';
          PRAGMA writable_schema = RESET; PRAGMA writable_schema = ON`;
}

/** Changes rows while the index on ports is hidden, so that it does not learn of it. */
function behindPortIndex(sql: string): string {
  return `CREATE TEMP TABLE kept AS SELECT * FROM sqlite_schema WHERE name = 'idx_reservations_port';
          DELETE FROM sqlite_schema WHERE name = 'idx_reservations_port';
          PRAGMA writable_schema = RESET; ${sql}; PRAGMA writable_schema = ON;
          INSERT INTO sqlite_schema SELECT * FROM kept`;
}

/** Makes the table of reservations anew from an edited definition, with the indexes that it implies. */
function rebuild(from: string, to: string): string {
  const definition = V2_TABLES.slice(V2_TABLES.indexOf("CREATE TABLE reservations"));
  return `CREATE TEMP TABLE rows AS SELECT * FROM reservations; DROP TABLE reservations;
          ${definition.replace(from, to)}; ${NAMED_INDEXES};
          INSERT INTO reservations SELECT * FROM rows`;
}
