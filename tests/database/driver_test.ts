// The contract of src/database/sqlite.ts, asked of whichever driver stands at driver.ts: nothing
// here may know more of it than that.

import assert from "node:assert/strict";
import { openSqlite } from "../../src/database/driver.ts";
import { RESULT, type Row, type SqliteConnection, SqliteError } from "../../src/database/sqlite.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const READ_WRITE = { readOnly: false, immutable: false, timeoutMs: 0 };
const READ_ONLY = { ...READ_WRITE, readOnly: true };
const IMMUTABLE = { ...READ_ONLY, immutable: true };

Deno.test("openSqlite() creates a missing file, except for reading", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/new.db`;
  assert.throws(() => openSqlite(path, READ_ONLY), SqliteError);
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  openSqlite(path, READ_WRITE).close();
  assert.equal(Deno.statSync(path).size, 0);
});

Deno.test("openSqlite() refuses a directory with a SqliteError", () => {
  using directory = temporaryDirectory();
  assert.throws(() => openSqlite(directory.path, READ_WRITE), SqliteError);
});

for (const timeoutMs of [0, 1, 5000, 2_147_483_647]) {
  Deno.test(`openSqlite() waits ${timeoutMs} ms from the first statement on (U10)`, () => {
    using directory = temporaryDirectory();
    using connection = openSqlite(`${directory.path}/a.db`, { ...READ_WRITE, timeoutMs });
    assert.deepEqual(connection.prepare("PRAGMA busy_timeout").all(), [[BigInt(timeoutMs)]]);
  });
}

Deno.test("openSqlite() has foreign keys enforced", () => {
  using connection = openWith();
  assert.deepEqual(connection.prepare("PRAGMA foreign_keys").all(), [[1n]]);
});

for (
  const [value, storageClass, expected] of [
    [null, "null", null],
    ["text", "text", "text"],
    ["", "text", ""],
    ["größe 你好 😀", "text", "größe 你好 😀"],
    [7, "integer", 7n],
    [-1, "integer", -1n],
    [2 ** 53, "integer", 2n ** 53n],
    [2n ** 63n - 1n, "integer", 2n ** 63n - 1n],
    [-(2n ** 63n), "integer", -(2n ** 63n)],
  ] as const
) {
  Deno.test(`a parameter ${typeof value} ${value} is stored as ${storageClass} (P01)`, () => {
    using connection = openWith("CREATE TABLE t (v)");
    connection.prepare("INSERT INTO t VALUES (?)").run(value);
    assert.deepEqual(connection.prepare("SELECT typeof(v), v FROM t").all(), [
      [storageClass, expected],
    ]);
  });
}

Deno.test("a whole number in a text column is stored without a fraction (P01)", () => {
  using connection = openWith("CREATE TABLE t (v TEXT)");
  connection.prepare("INSERT INTO t VALUES (?)").run(2);
  assert.deepEqual(connection.prepare("SELECT v FROM t").get(), ["2"]);
});

Deno.test("every storage class is read as the value it is (P02)", () => {
  using connection = openWith();
  const row = connection.prepare("SELECT NULL, 1, 9007199254740993, 1.0, 0.5, 'x', x'00ff', 1")
    .get();
  assert.deepEqual(row?.slice(0, 6), [null, 1n, 9007199254740993n, 1, 0.5, "x"]);
  assert.deepEqual(row?.[6], new Uint8Array([0, 255]));
  // Of the same name and still a value of its own.
  assert.equal(row?.length, 8);
});

Deno.test("run() tells how many rows were changed", () => {
  using connection = openWith("CREATE TABLE t (v)");
  const insert = connection.prepare("INSERT INTO t SELECT ? UNION ALL SELECT ?");
  assert.equal(insert.run(1, 2), 2);
  assert.equal(connection.prepare("DELETE FROM t WHERE v = ?").run(1), 1);
  assert.equal(connection.prepare("DELETE FROM t WHERE v = ?").run(1), 0);
});

Deno.test("get(), all() and iterate() give the same rows", () => {
  using connection = openWith();
  const none = connection.prepare("SELECT 1 WHERE 0");
  assert.equal(none.get(), undefined);
  assert.deepEqual(none.all(), []);
  assert.deepEqual([...none.iterate()], []);
  const two = connection.prepare("VALUES (?, 'a'), (2, 'b')");
  assert.deepEqual(two.get(1), [1n, "a"]);
  assert.deepEqual(two.all(1), [[1n, "a"], [2n, "b"]]);
  assert.deepEqual([...two.iterate(1)], [[1n, "a"], [2n, "b"]]);
});

Deno.test("a row that was handed out keeps its values", () => {
  using connection = openWith();
  const statement = connection.prepare("SELECT ?");
  const first = statement.get("first");
  statement.get("second");
  assert.deepEqual(first, ["first"]);
});

Deno.test("an iterator that is left early lets go of its snapshot", () => {
  using connection = openWith("CREATE TABLE t (v)", "INSERT INTO t VALUES (1), (2), (3)");
  const rows = connection.prepare("SELECT v FROM t").iterate();
  assert.deepEqual(rows.next().value, [1n]);
  assert.equal(refusal(connection, "DROP TABLE t").primaryCode, RESULT.LOCKED);
  rows.return?.();
  connection.prepare("DROP TABLE t").run();
});

for (const values of [[], [1], [1, 2, 3]]) {
  Deno.test(`${values.length} values for two parameters are refused (P06)`, () => {
    using connection = openWith("CREATE TABLE t (a, b)");
    const statement = connection.prepare("INSERT INTO t VALUES (?, ?) RETURNING a");
    for (
      const act of [
        () => statement.run(...values),
        () => statement.get(...values),
        () => statement.all(...values),
        () => [...statement.iterate(...values)],
      ]
    ) assert.throws(act, SqliteError);
    assert.deepEqual(connection.prepare("SELECT * FROM t").all(), []);
  });
}

Deno.test("a second statement in one text is refused, not left out (P06)", () => {
  using connection = openWith();
  assert.throws(() => connection.prepare("SELECT 1; SELECT 2"), SqliteError);
  assert.deepEqual(connection.prepare("\n SELECT 1;\n").get(), [1n]);
});

for (
  const [sql, code, name] of [
    ["SELEC 1", 1, "ERROR"],
    ["SELECT * FROM missing", 1, "ERROR"],
    ["INSERT INTO t VALUES (2, 1, 1)", 2067, "CONSTRAINT_UNIQUE"],
    ["INSERT INTO t VALUES (1, 2, 1)", 1555, "CONSTRAINT_PRIMARYKEY"],
    ["INSERT INTO t VALUES (2, 2, 0)", 275, "CONSTRAINT_CHECK"],
    ["INSERT INTO t VALUES (2, NULL, 1)", 1299, "CONSTRAINT_NOTNULL"],
    ["INSERT INTO t VALUES (2, 'x', 1)", 3091, "CONSTRAINT_DATATYPE"],
    ["UPDATE guarded SET v = 2", 1811, "CONSTRAINT_TRIGGER"],
    ["BEGIN", 1, "ERROR inside a transaction"],
  ] as const
) {
  Deno.test(`\`${sql}\` fails with the code ${code}, ${name}`, () => {
    using connection = openWith(
      `CREATE TABLE t (k TEXT, u INTEGER NOT NULL UNIQUE, c INTEGER CHECK (c > 0),
         PRIMARY KEY (k)) STRICT`,
      "INSERT INTO t VALUES (1, 1, 1)",
      "CREATE TABLE guarded (v)",
      "INSERT INTO guarded VALUES (1)",
      "CREATE TRIGGER guard BEFORE UPDATE ON guarded BEGIN SELECT RAISE(ABORT, 'no'); END",
      "BEGIN",
    );
    const error = refusal(connection, sql);
    assert.equal(error.code, code);
    assert.equal(error.primaryCode, code & 0xff);
    assert.notEqual(error.message, "");
    assert(connection.inTransaction);
  });
}

Deno.test("a lock that another connection holds fails with the code 5, BUSY (P04)", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a.db`;
  using holder = openSqlite(path, READ_WRITE);
  using other = openSqlite(path, READ_WRITE);
  run(holder, "BEGIN IMMEDIATE");
  assert.equal(refusal(other, "BEGIN IMMEDIATE").code, RESULT.BUSY);
  assert(!other.inTransaction);
});

Deno.test("a commit that readers keep waiting fails with the code 5 and stays open", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a.db`;
  using writer = openSqlite(path, READ_WRITE);
  run(writer, "CREATE TABLE t (v)");
  using reader = openSqlite(path, READ_ONLY);
  run(reader, "BEGIN");
  reader.prepare("SELECT * FROM t").all();
  run(writer, "BEGIN IMMEDIATE");
  run(writer, "INSERT INTO t VALUES (1)");
  assert.equal(refusal(writer, "COMMIT").code, RESULT.BUSY);
  assert(writer.inTransaction);
  run(reader, "COMMIT");
  run(writer, "COMMIT");
});

Deno.test("a write through a connection for reading fails with the code 8, READONLY", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a.db`;
  using writer = openSqlite(path, READ_WRITE);
  run(writer, "CREATE TABLE t (v)");
  using reader = openSqlite(path, READ_ONLY);
  assert.deepEqual(reader.prepare("SELECT count(*) FROM t").get(), [0n]);
  assert.equal(refusal(reader, "INSERT INTO t VALUES (1)").code, RESULT.READONLY);
});

Deno.test("a file that is no database fails with the code 26, NOTADB", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/notes.txt`;
  Deno.writeTextFileSync(path, "Notes: ".repeat(200));
  using connection = openSqlite(path, READ_WRITE);
  assert.equal(refusal(connection, "SELECT * FROM sqlite_schema").code, RESULT.NOTADB);
});

Deno.test("a full database fails with the code 13, FULL, and ends the transaction (P09)", () => {
  using connection = openWith("CREATE TABLE t (v)", "PRAGMA max_page_count = 2", "BEGIN");
  assert.equal(refusal(connection, "INSERT INTO t VALUES (zeroblob(100000))").code, RESULT.FULL);
  assert(!connection.inTransaction);
});

Deno.test("inTransaction follows the statements that begin and end one", () => {
  using connection = openWith();
  for (const [sql, expected] of [["BEGIN", true], ["COMMIT", false], ["BEGIN", true]] as const) {
    run(connection, sql);
    assert.equal(connection.inTransaction, expected);
  }
  connection.close();
  assert.equal(connection.inTransaction, false);
});

Deno.test("close() rolls back, may be called again, and ends all statements", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a.db`;
  const connection = openSqlite(path, READ_WRITE);
  run(connection, "CREATE TABLE t (v)");
  const insert = connection.prepare("INSERT INTO t VALUES (1)");
  run(connection, "BEGIN");
  insert.run();
  connection.close();
  connection.close();
  assert.throws(() => insert.run(), SqliteError);
  assert.throws(() => connection.prepare("SELECT 1"), SqliteError);
  using again = openSqlite(path, READ_WRITE);
  assert.deepEqual(again.prepare("SELECT count(*) FROM t").get(), [0n]);
});

Deno.test("close() ends the iterators that are still open", () => {
  using connection = openWith();
  const rows = connection.prepare("VALUES (1), (2), (3)").iterate();
  const bound = connection.prepare("VALUES (?), (2), (3)").iterate(1);
  assert.deepEqual([rows.next().value, bound.next().value], [[1n], [1n]]);
  connection.close();
  // A driver may say that it is closed, or that there is no more.
  assert.deepEqual(rowsLeft(rows), []);
  assert.equal(bound.return?.().done, true);
});

Deno.test("leaving the scope closes the connection", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a.db`;
  {
    using connection = openSqlite(path, READ_WRITE);
    run(connection, "PRAGMA journal_mode = WAL");
    run(connection, "CREATE TABLE t (v)");
    assert(Deno.statSync(`${path}-wal`).isFile);
  }
  // The last connection takes its companions away.
  assert.throws(() => Deno.statSync(`${path}-wal`), Deno.errors.NotFound);
});

// In a URI, where `immutable` is said, each of these would mean something.
const QUESTION = Deno.build.os === "windows" ? "" : "?";
for (const name of ["a.db", `100% sure${QUESTION}.db`, "a#b&c=d.db", "größe 😀.db"]) {
  Deno.test(`an immutable ${name} is read without its log, and without leaving one`, () => {
    using directory = temporaryDirectory();
    const path = `${directory.path}/${name}`;
    {
      using writer = openSqlite(path, READ_WRITE);
      run(writer, "CREATE TABLE t AS SELECT 'in the file' AS v");
      run(writer, "PRAGMA journal_mode = WAL");
    }
    using connection = openSqlite(path, IMMUTABLE);
    assert.deepEqual(connection.prepare("SELECT v FROM t").all(), [["in the file"]]);
    assert.equal(refusal(connection, "DELETE FROM t").code, RESULT.READONLY);
    assert.deepEqual([...Deno.readDirSync(directory.path)].map(({ name }) => name), [name]);
  });
}

/** A connection to a file of its own, which is gone with it. */
function openWith(...statements: readonly string[]): SqliteConnection {
  const directory = temporaryDirectory();
  const connection = openSqlite(`${directory.path}/a.db`, READ_WRITE);
  for (const sql of statements) run(connection, sql);
  const owner: Disposable = {
    [Symbol.dispose]() {
      connection.close();
      directory[Symbol.dispose]();
    },
  };
  return Object.assign(connection, owner);
}

function run(connection: SqliteConnection, sql: string): void {
  connection.prepare(sql).run();
}

function rowsLeft(rows: Iterable<Row>): readonly Row[] {
  try {
    return [...rows];
  } catch (error) {
    if (error instanceof SqliteError) return [];
    throw error;
  }
}

/** What refuses `sql`, be it when it is prepared or when it runs. */
function refusal(connection: SqliteConnection, sql: string): SqliteError {
  try {
    run(connection, sql);
  } catch (error) {
    if (error instanceof SqliteError) return error;
    throw error;
  }
  throw new Error(`not refused: ${sql}`);
}
