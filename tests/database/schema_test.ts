import assert from "node:assert/strict";
import {
  COLUMNS,
  COLUMNS_V1,
  INDEXES,
  isCurrentDefinition,
  readColumns,
  sameColumns,
  TABLES,
} from "../../src/database/schema.ts";
import {
  type DatabaseHome,
  databaseHome,
  NAMED_INDEXES,
  rawConnection,
  readRaw,
  V1_VARIANTS,
  V2_TABLES,
  writeV1,
} from "../support/database.ts";

Deno.test("the stored definitions are those that trop 0.2 compares with (U02)", () => {
  using home = newDatabase();
  const wanted = `${V2_TABLES};${NAMED_INDEXES}`.split(";").map(tokens);
  const stored = readRaw(home.path).schema.map(([, , sql]) => tokens(String(sql)));
  assert.deepEqual(stored.toSorted(), wanted.toSorted());
});

// Whether 0.2's own validation takes the file can only be told by running it, which the project
// does not do: the comparison above is the one that it makes.

Deno.test("the indexes are the three named ones and SQLite's own (U02)", () => {
  using home = newDatabase();
  using database = rawConnection(home.path);
  const indexes = database.prepare(
    `SELECT list.name, origin, "unique", partial, group_concat(info.name) AS columns,
            max("desc") AS descending, max(coll <> 'BINARY') AS otherwise
       FROM pragma_table_list AS tables, pragma_index_list(tables.name) AS list,
            pragma_index_xinfo(list.name) AS info
      WHERE tables.schema = 'main' AND info.key = 1
      GROUP BY list.name ORDER BY list.name`,
  ).all().map((row) => Object.values(row).join(" "));
  assert.deepEqual(indexes, [
    "idx_reservations_last_used c 0 0 last_used_at 0 0",
    "idx_reservations_port c 0 0 port 0 0",
    "idx_reservations_project c 0 0 project 0 0",
    "sqlite_autoindex_metadata_1 pk 1 0 key 0 0",
    "sqlite_autoindex_reservations_1 u 1 0 port 0 0",
    "sqlite_autoindex_reservations_2 pk 1 0 path,tag 0 0",
  ]);
});

Deno.test("the version is the text 2, alone in its table (U03, P01)", () => {
  using home = newDatabase();
  assert.deepEqual(readRaw(home.path).metadata, [["schema_version", "2"]]);
});

Deno.test("the expected columns are those of the definitions", () => {
  using home = databaseHome();
  const database = home.open();
  for (const table of ["metadata", "reservations"] as const) {
    assert.deepEqual(readColumns(database, table), COLUMNS[table]);
  }
  assert.deepEqual(readColumns(database, "missing"), []);
});

for (const variant of V1_VARIANTS) {
  Deno.test(`the expected columns of version 1 are those of a ${variant} file`, () => {
    using home = databaseHome();
    writeV1(home.path, { variant });
    using database = rawConnection(home.path);
    const rows = (sql: string, ...values: string[]) =>
      database.prepare(sql).all(...values).map((row) => Object.values(row) as bigint[]);
    const source = { prepare: (sql: string) => ({ all: (name: string) => rows(sql, name) }) };
    for (const table of ["metadata", "reservations"] as const) {
      const found = readColumns(source as never, table);
      assert(sameColumns(found, COLUMNS_V1[table]));
      assert.equal(sameColumns(found, COLUMNS[table]), table === "metadata");
    }
  });
}

Deno.test("columns that differ in one respect are not the same", () => {
  const columns = COLUMNS.metadata;
  const changes = [{ name: "name" }, { type: "BLOB" }, { notNull: false }, { key: 0 }];
  for (const change of changes) {
    assert(!sameColumns([{ ...columns[0]!, ...change }, columns[1]!], columns));
  }
  assert(!sameColumns(columns.slice(1), columns));
  assert(sameColumns([...columns], columns));
});

const { reservations: definition } = TABLES;
for (
  const [change, stored, expected] of [
    ["nothing", definition, true],
    [
      "the white space",
      definition.replace(/\s+/g, "\n\t ").replace("(path, tag)", "( path , tag )"),
      true,
    ],
    ["the case of words", definition.toUpperCase(), true],
    ["the table's name, quoted", definition.replace("reservations", '"reservations"'), true],
    ["the table's name, in backticks", definition.replace("reservations", "`reservations`"), false],
    ["the table's name", definition.replace("reservations", "others"), false],
    ["a column's name, quoted", definition.replace("path", '"path"'), false],
    ["a constraint's name", definition.replace("valid_port", "good_port"), false],
    ["a constraint's expression", definition.replace("BETWEEN 1", "BETWEEN 0"), false],
    ["the order of clauses", definition.replace("NOT NULL UNIQUE", "UNIQUE NOT NULL"), false],
    ["a comparison", definition.replace(">= 0", "> 0"), false],
    ["a split comparison", definition.replace(">= 0", "> = 0"), false],
    ["STRICT", definition.replace(" STRICT", ""), false],
    ["a comment", `${definition} -- that is all`, false],
    ["a comment inside", definition.replace("project", "/* new */ project"), false],
    ["a further column", definition.replace("task TEXT,", "task TEXT, more TEXT,"), false],
  ] as const
) {
  Deno.test(`a definition that differs in ${change} is ${expected ? "" : "not "}the present one`, () => {
    assert.equal(isCurrentDefinition("reservations", stored), expected);
  });
}

Deno.test("an index's definition is compared as a table's is", () => {
  const sql = `CREATE INDEX idx_reservations_port ON reservations(${
    INDEXES["idx_reservations_port"]
  })`;
  assert(isCurrentDefinition("idx_reservations_port", sql));
  assert(!isCurrentDefinition("idx_reservations_port", sql.replace(")", " DESC)")));
  assert(!isCurrentDefinition("idx_others", sql.replace("idx_reservations_port", "idx_others")));
});

function newDatabase(): DatabaseHome {
  const home = databaseHome();
  home.open().close();
  return home;
}

/** White space and the case of words are nothing to trop 0.2. */
function tokens(sql: string): string {
  return (sql.toLowerCase().match(/\w+|[^\s\w]/g) ?? []).join(" ");
}
