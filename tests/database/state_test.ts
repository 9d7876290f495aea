import assert from "node:assert/strict";
import { report } from "../../src/cli/report.ts";
import { list } from "../../src/database/operations.ts";
import { withRead } from "../../src/database/transaction.ts";
import { type Failure, TropError } from "../../src/errors.ts";
import {
  databaseHome,
  doctor,
  doctorRows,
  failureOf,
  fileHash,
  NAMED_INDEXES,
  rawRow,
  V2_TABLES,
  validRows,
  writeV1,
  writeV2,
} from "../support/database.ts";

/** What opening a file comes to: it works, or it fails with this code. */
type Outcome = "works" | Failure["code"];

/** A state of the file, how it is made, and what opening it for writing and for reading does. */
type Row = readonly [
  state: string,
  make: (path: string) => void,
  writing: Outcome,
  reading: Outcome,
];

const V1_METADATA = "CREATE TABLE metadata (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)";
const V1_RESERVATIONS = `CREATE TABLE reservations (path TEXT NOT NULL, tag TEXT,
  port INTEGER NOT NULL UNIQUE, project TEXT, task TEXT, created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL, PRIMARY KEY (path, tag))`;
/** What 0.1 runs one by one in a new file, but for the last statement, which adds the version. */
const V1_FIRST_RUN = [V1_METADATA, V1_RESERVATIONS, ...NAMED_INDEXES.split(";")];
const [V2_METADATA, V2_RESERVATIONS] = V2_TABLES.split(";") as [string, string];

const withVersion = (version: unknown) => (path: string) => {
  writeV2(path, { rows: [rawRow()] });
  doctorRows(path, `UPDATE metadata SET value = ${version}`);
};
const sql = (text: string) => (path: string) => doctor(path, text);
const damaged = (position: number, text: string) => (path: string) => {
  writeV2(path, { rows: [rawRow()] });
  using file = Deno.openSync(path, { write: true });
  file.seekSync(position, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(text));
};
const bytes = (contents: string) => (path: string) => Deno.writeTextFileSync(path, contents);

const CORRUPT = "database-corruption";

const STATES: readonly Row[] = [
  ["A: of no bytes", bytes(""), "works", "migration-required"],
  ["A: without an object", sql("PRAGMA user_version = 7"), "works", "migration-required"],
  ["B: of another program", sql("CREATE TABLE songs (title)"), CORRUPT, CORRUPT],
  ["B: with a view of another program", sql("CREATE VIEW songs AS SELECT 1"), CORRUPT, CORRUPT],
  ["C: with version 2's metadata alone", sql(V2_METADATA), "works", CORRUPT],
  ["C: with version 2's tables and no row", sql(V2_TABLES), "works", CORRUPT],
  [
    "C: with version 2's tables and indexes",
    sql(`${V2_TABLES};${NAMED_INDEXES}`),
    "works",
    CORRUPT,
  ],
  ...V1_FIRST_RUN.map((_, index): Row => [
    `C: as 0.1 leaves it when it dies after ${index + 1} statements`,
    sql(V1_FIRST_RUN.slice(0, index + 1).join(";")),
    "works",
    CORRUPT,
  ]),
  [
    "C: with rows and no version",
    (path) => writeV1(path, { version: null, rows: [rawRow()] }),
    CORRUPT,
    CORRUPT,
  ],
  [
    "C: with a table of somebody else's",
    sql(`${V1_METADATA}; CREATE TABLE songs (title)`),
    CORRUPT,
    CORRUPT,
  ],
  [
    "C: with metadata of somebody else's",
    sql("CREATE TABLE metadata (author); INSERT INTO metadata VALUES ('me')"),
    CORRUPT,
    CORRUPT,
  ],
  ["C: without metadata", sql(V2_RESERVATIONS), "works", CORRUPT],
  ["D: of version 1", (path) => writeV1(path, { rows: [rawRow()] }), "works", "migration-required"],
  ["E: of version 2", (path) => writeV2(path, { rows: [rawRow()] }), "works", "works"],
  ["E: of version +02", withVersion("'+02'"), "works", "works"],
  [
    "F: of version 3",
    withVersion("'3'"),
    "unsupported-schema-version",
    "unsupported-schema-version",
  ],
  [
    "F: of version 999",
    withVersion("'999'"),
    "unsupported-schema-version",
    "unsupported-schema-version",
  ],
  ["G: of version 0 with rows", withVersion("'0'"), CORRUPT, CORRUPT],
  [
    "G: of version 0 without rows",
    (path) => writeV2(path, { version: "0" }),
    "works",
    CORRUPT,
  ],
  ["H: of version -1", withVersion("'-1'"), CORRUPT, CORRUPT],
  ...[
    "'two'",
    "''",
    "' 2'",
    "'2.0'",
    "'99999999999'",
    "2",
    "2.0",
    "x'32'",
    "NULL",
    "CAST(x'ff' AS TEXT)",
    "'2' || char(0) || '1'",
  ]
    .map((value): Row => [`I: of version ${value}`, withVersion(value), CORRUPT, CORRUPT]),
  [
    "I: with two versions",
    (path) => {
      writeV2(path, { version: null });
      doctor(
        path,
        `DROP TABLE metadata; CREATE TABLE metadata (key TEXT NOT NULL, value TEXT NOT NULL) STRICT;
         INSERT INTO metadata VALUES ('schema_version', '2'), ('schema_version', '2')`,
      );
    },
    CORRUPT,
    CORRUPT,
  ],
  [
    "J: of version 1 on another layout",
    (path) => {
      writeV1(path);
      doctor(path, "ALTER TABLE reservations ADD COLUMN host TEXT");
    },
    "migration-blocked",
    CORRUPT,
  ],
  [
    "J: of version 1 without reservations",
    (path) => {
      writeV1(path);
      doctor(path, "DROP TABLE reservations");
    },
    "migration-blocked",
    CORRUPT,
  ],
  [
    "J: of version 1 on the tables of version 2",
    (path) => writeV2(path, { version: "1", rows: [rawRow()] }),
    "works",
    CORRUPT,
  ],
  [
    "J: of version 2 on another layout",
    (path) => {
      writeV2(path);
      doctor(path, "ALTER TABLE reservations RENAME COLUMN task TO job");
    },
    CORRUPT,
    CORRUPT,
  ],
  [
    "J: of version 2 without reservations",
    (path) => {
      writeV2(path);
      doctor(path, "DROP TABLE reservations");
    },
    CORRUPT,
    CORRUPT,
  ],
  ["K: of one byte", bytes("x"), CORRUPT, CORRUPT],
  ["K: with a damaged first line", damaged(0, "SQLite formal 3"), CORRUPT, CORRUPT],
  ["K: with a damaged page size", damaged(16, "!!"), CORRUPT, CORRUPT],
  ["K: of text", bytes("no database at all ".repeat(100)), CORRUPT, CORRUPT],
  [
    "K: with a damaged schema",
    (path) => {
      writeV2(path);
      doctor(path, "UPDATE sqlite_schema SET sql = 'CREATE TABLE (' WHERE name = 'metadata'");
    },
    CORRUPT,
    CORRUPT,
  ],
];

/** The journal's mode is a matter of the file as well; what is no database has none. */
const JOURNALS = ["wal", "delete"] as const;

for (const [state, make, writing, reading] of STATES) {
  for (const journal of state.startsWith("K") ? ["wal"] as const : JOURNALS) {
    for (const [access, outcome] of [["writing", writing], ["reading only", reading]] as const) {
      const title = `F04 ${state}, journal ${journal}, opened for ${access}: ${outcome}`;
      Deno.test(title, () => {
        using home = databaseHome();
        make(home.path);
        if (!state.startsWith("K") && Deno.statSync(home.path).size > 0) {
          doctor(home.path, `PRAGMA journal_mode = ${journal}`);
        }
        const before = fileHash(home.path);
        const open = () => home.open({ readOnly: access !== "writing" });
        if (outcome === "works") {
          const { length } = withRead(open(), "reading", list);
          if (access === "writing") assert.equal(validRows(home.path).length, length);
          else assert.equal(fileHash(home.path), before);
          return;
        }
        const failure = failureOf(open);
        assert.equal(failure.code, outcome);
        assert.equal(fileHash(home.path), before);
        const { text, exitCode } = report(new TropError(failure), { usage: "", debug: false });
        assert.equal(exitCode, 6);
        assert(text.includes(home.path), text);
        assert.match(text, /did not modify|left as it was|left unchanged/);
        assert.match(text, /upgrade|restore|Choose another|run a command|correct it/);
      });
    }
  }
}

Deno.test("F04 a missing file is not made without leave", () => {
  using home = databaseHome();
  for (const options of [{ autoCreate: false }, { readOnly: true }]) {
    assert.equal(failureOf(() => home.open(options)).code, "not-initialised");
    assert.deepEqual([...Deno.readDirSync(home.directory)], []);
  }
});

Deno.test("F04 an empty file is not initialised without leave (X25)", () => {
  using home = databaseHome();
  Deno.writeTextFileSync(home.path, "");
  assert.equal(failureOf(() => home.open({ autoCreate: false })).code, "not-initialised");
  assert.equal(Deno.statSync(home.path).size, 0);
});

Deno.test("F05 a newer file is refused in words that say so", () => {
  using home = databaseHome();
  withVersion("'999'")(home.path);
  const { text } = report(new TropError(failureOf(() => home.open())), { usage: "", debug: false });
  assert.match(
    text,
    /^Error: unsupported schema version: found 999, expected 2; .*newer than client/,
  );
});

Deno.test("F06 the refusal of another program's file names what it holds, escaped", () => {
  using home = databaseHome();
  doctor(home.path, `CREATE TABLE "so\u001b[31mngs" (title)`);
  const { text } = report(new TropError(failureOf(() => home.open())), { usage: "", debug: false });
  assert.match(text, /is not a trop database, it holds "so\\u\{1b\}\[31mngs"/);
});

Deno.test("F03 opening a file of version 2 and reading it changes no byte of it", () => {
  using home = databaseHome();
  writeV2(home.path, { rows: [rawRow()] });
  const before = fileHash(home.path);
  const database = home.open();
  withRead(database, "reading", list);
  database.close();
  assert.equal(fileHash(home.path), before);
});
