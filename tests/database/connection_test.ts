import assert from "node:assert/strict";
import { databaseOptions, MAX_BUSY_TIMEOUT_MS } from "../../src/database/config.ts";
import { type Database, openDatabase, openEmptyDatabase } from "../../src/database/connection.ts";
import { create, list } from "../../src/database/operations.ts";
import { openSqlite } from "../../src/database/driver.ts";
import { type OpenSqlite, RESULT, SqliteError } from "../../src/database/sqlite.ts";
import { withRead, withWrite } from "../../src/database/transaction.ts";
import {
  type DatabaseHome,
  databaseHome,
  failureOf,
  homeWith,
  noticesOf,
  rawRow,
  readRaw,
  reservation,
  store,
  writeV1,
  writeV2,
} from "../support/database.ts";
import { type Execution, recordingDriver, watchedDriver } from "../support/watched_driver.ts";

const OPENING = "opening, configuring, or migrating the database";

Deno.test("a new database has the settings that belong to the format (U01)", () => {
  using home = databaseHome();
  const database = home.open();
  const settings = ["journal_mode", "synchronous", "user_version", "application_id", "encoding"];
  assert.deepEqual(settings.map((name) => pragma(database, name)), ["wal", 1n, 0n, 0n, "UTF-8"]);
  assert.deepEqual(
    database.prepare("SELECT key, value, typeof(value) FROM metadata").all(),
    [["schema_version", "2", "text"]],
  );
  assert.deepEqual(noticesOf(database), []);
});

for (const queryOnly of [false, true]) {
  Deno.test(`a first opening takes its steps in the safe order, query only: ${queryOnly}`, () => {
    using home = databaseHome();
    assert.deepEqual(stepsOf(home, { queryOnly }), [
      "PRAGMA busy_timeout",
      "SELECT sqlite_version()",
      "PRAGMA trusted_schema = OFF",
      "PRAGMA cell_size_check = ON",
      "BEGIN",
      "COMMIT",
      "PRAGMA journal_mode",
      "PRAGMA journal_mode = WAL",
      "PRAGMA synchronous = NORMAL",
      "PRAGMA synchronous",
      "PRAGMA synchronous = FULL",
      "BEGIN IMMEDIATE",
      "PRAGMA foreign_key_check",
      "PRAGMA integrity_check",
      "COMMIT",
      "PRAGMA synchronous = 1",
      ...(queryOnly ? ["PRAGMA query_only = ON"] : []),
    ]);
  });
}

Deno.test("opening a present database writes nothing and takes no write lock", () => {
  using home = homeWith(reservation());
  withWrite(home.open(), "holding the lock in a test", () => {
    assert.deepEqual(stepsOf(home), [
      "PRAGMA busy_timeout",
      "SELECT sqlite_version()",
      "PRAGMA trusted_schema = OFF",
      "PRAGMA cell_size_check = ON",
      "BEGIN",
      "COMMIT",
      "PRAGMA journal_mode",
      "PRAGMA synchronous = NORMAL",
    ]);
  });
});

Deno.test("opening for reading configures nothing in the file (X09)", () => {
  using home = homeWith(reservation());
  assert.deepEqual(stepsOf(home, { readOnly: true }), [
    "PRAGMA busy_timeout",
    "SELECT sqlite_version()",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "BEGIN",
    "COMMIT",
  ]);
});

Deno.test("a reading command's database refuses every write", () => {
  using home = homeWith(reservation());
  const database = home.open({ queryOnly: true });
  const failure = failureOf(() => store(database, reservation({ port: 5001 })));
  assert(failure.code === "read-only-database");
  assert.deepEqual(withRead(database, "reading in a test", list), [reservation()]);
});

for (const busyTimeoutMs of [0, 1, 5000, 2_147_483_000, MAX_BUSY_TIMEOUT_MS]) {
  Deno.test(`a wait of ${busyTimeoutMs} ms is set and read back (U10, U11)`, () => {
    using home = homeWith();
    assert.equal(pragma(home.open({ busyTimeoutMs }), "busy_timeout"), BigInt(busyTimeoutMs));
  });
}

for (const busyTimeoutMs of [-1, 1.5, NaN, Infinity, 2_147_484_000, MAX_BUSY_TIMEOUT_MS + 1]) {
  Deno.test(`a wait of ${busyTimeoutMs} ms is refused before SQLite sees it (U10, U11)`, () => {
    using home = databaseHome();
    const failure = failureOf(() => home.open({ busyTimeoutMs }, () => assert.fail("opened")));
    assert(failure.code === "validation");
    assert.equal(failure.field, "maximum_lock_wait_seconds");
    assert.deepEqual([...Deno.readDirSync(home.directory)], []);
  });
}

Deno.test("a driver that ignores the wait it is opened with is told again", () => {
  using home = homeWith();
  const { open, statements } = recordingDriver();
  const ignoring: typeof open = (path, options) => open(path, { ...options, timeoutMs: 0 });
  const database = home.open({ busyTimeoutMs: 700 }, ignoring);
  assert.equal(pragma(database, "busy_timeout"), 700n);
  // Not later: already the next statement may have to wait.
  assert.equal(statements[1], "PRAGMA busy_timeout = 700");
});

for (const path of ["", ":memory:", "file:/trop.db", "trop.db", "../trop.db", "/a\0b", "/\ud800"]) {
  Deno.test(`the path ${JSON.stringify(path)} is refused before SQLite sees it`, () => {
    const failure = failureOf(() => openDatabase(databaseOptions(path), () => assert.fail()));
    assert(failure.code === "validation");
    assert.equal(failure.field, "path");
  });
}

Deno.test("a wait of 0 ms fails at once under a held lock (U12)", () => {
  using home = homeWith(reservation());
  const database = home.open({ busyTimeoutMs: 0 });
  withWrite(home.open(), "holding the lock in a test", () => {
    // The best of several: the machine may be busy, SQLite may not wait.
    const elapsed = Array.from({ length: 5 }, () => timeToFail(database).elapsedMs);
    assert(Math.min(...elapsed) < 50, `${elapsed} ms`);
  });
});

Deno.test("a wait of 300 ms fails after 300 to 800 ms and tells so (U13)", () => {
  using home = homeWith(reservation());
  const database = home.open({ busyTimeoutMs: 300 });
  withWrite(home.open(), "holding the lock in a test", () => {
    // Each of them has the whole wait again.
    const waits = Array.from({ length: 3 }, () => timeToFail(database));
    for (const { elapsedMs, failure } of waits) {
      assert(failure.code === "lock-timeout");
      const { waitedMs, ...rest } = failure;
      assert.deepEqual(rest, {
        code: "lock-timeout",
        operation: "starting an immediate database transaction",
        timeoutMs: 300,
        sqliteCode: RESULT.BUSY,
        path: home.path,
      });
      // SQLite counts its own steps, whose clock may differ a little from this one.
      assert(waitedMs >= 290 && waitedMs <= elapsedMs + 1, `${waitedMs} of ${elapsedMs} ms`);
    }
    const best = Math.min(...waits.map(({ elapsedMs }) => elapsedMs));
    assert(best >= 290 && best < 800, `${best} ms`);
  });
});

for (
  const [kind, waiting] of [
    ["read", "SELECT sqlite_version()"],
    ["read", "SELECT 1 FROM sqlite_schema"],
    ["read", "BEGIN IMMEDIATE"],
    ["write", "BEGIN IMMEDIATE"],
  ] as const
) {
  Deno.test(`opening, waiting in ${waiting}, and the first ${kind} share one wait, the next has its own`, () => {
    using home = databaseHome();
    const waits: string[] = [];
    let slow = true;
    const database = home.open(
      { busyTimeoutMs: 10_000 },
      watchedDriver(({ sql }) => {
        if (sql === waiting && slow) sleep(200);
        if (sql.startsWith("PRAGMA busy_timeout = ")) waits.push(sql);
      }),
    );
    slow = false;
    for (let times = 0; times < 2; times++) {
      if (kind === "write") store(database, reservation());
      else withRead(database, "reading in a test", list);
    }
    const [first, second] = waits.slice(-2).map((sql) => Number(sql.split("=")[1]));
    assert(first! <= 9_800, waits.join());
    assert.equal(second, 10_000);
  });
}

for (const mode of ["delete", "truncate", "persist"]) {
  Deno.test(`without a write-ahead log, in mode ${mode}, each commit waits for the disk (K15)`, () => {
    using home = databaseHome();
    const database = home.open({}, answering("PRAGMA journal_mode = WAL", mode));
    assert.deepEqual(noticesOf(database), [{ code: "no-write-ahead-log", mode }]);
    assert.equal(pragma(database, "synchronous"), 2n);
    store(database, reservation());
    assert.deepEqual(withRead(home.open(), "reading in a test", list), [reservation()]);
  });
}

for (const mode of ["memory", "off"]) {
  Deno.test(`a journal in mode ${mode} is refused, for nothing could be undone (K15)`, () => {
    using home = databaseHome();
    const failure = failureOf(() => home.open({}, answering("PRAGMA journal_mode = WAL", mode)));
    assert(failure.code === "database-internal");
    assert(failure.message.includes(mode));
    assert.equal(Deno.statSync(home.path).size, 0);
    assertClosed(home);
  });
}

for (const code of [RESULT.READONLY, RESULT.READONLY_DIRECTORY, RESULT.READONLY_CANTLOCK]) {
  Deno.test(`where the log cannot be written, code ${code}, only reading goes on (K15)`, () => {
    using home = homeWithRollbackJournal();
    const open = refusing("PRAGMA journal_mode = WAL", code);
    const failure = failureOf(() => home.open({}, open));
    assert(failure.code === "read-only-database");
    assert.equal(failure.sqliteCode, code);
    const database = home.open({ queryOnly: true }, open);
    assert.deepEqual(withRead(database, "reading in a test", list), [reservation()]);
    // The log is not what is missing here.
    assert.deepEqual(noticesOf(database), []);
  });
}

for (const code of [5, 6, 15, 261, 517]) {
  Deno.test(`a switch to the log that is busy, code ${code}, is tried again (K15, R6)`, () => {
    using home = databaseHome();
    let refusals = 3;
    const database = home.open(
      {},
      watchedDriver(({ sql }) => {
        if (sql === "PRAGMA journal_mode = WAL" && refusals-- > 0) throw new SqliteError("", code);
      }),
    );
    assert.equal(pragma(database, "journal_mode"), "wal");
    assert.equal(refusals, -1);
  });

  Deno.test(`a switch that stays busy, code ${code}, ends with the wait (K15)`, () => {
    using home = databaseHome();
    const start = performance.now();
    const open = refusing("PRAGMA journal_mode = WAL", code);
    const failure = failureOf(() => home.open({ busyTimeoutMs: 60 }, open));
    assert(performance.now() - start >= 60);
    assert.deepEqual(failure, {
      code: "lock-timeout",
      operation: OPENING,
      timeoutMs: 60,
      waitedMs: 60,
      sqliteCode: code,
      path: home.path,
    });
  });
}

for (
  const code of [
    RESULT.IOERR_SHMOPEN,
    RESULT.IOERR_SHMSIZE,
    RESULT.IOERR_SHMLOCK,
    RESULT.IOERR_SHMMAP,
    RESULT.CANTOPEN,
  ]
) {
  Deno.test(`a log without shared memory, code ${code}, has another directory advised (K15)`, () => {
    using home = databaseHome();
    const failure = failureOf(() => home.open({}, refusing("PRAGMA journal_mode = WAL", code)));
    assert(failure.code === "database-io" || failure.code === "cannot-open-database");
    assert.equal(failure.sqliteCode, code);
    assert(failure.hint.includes("--data-dir"));
    assertClosed(home);
  });
}

for (
  const sql of [
    "PRAGMA busy_timeout",
    "SELECT sqlite_version()",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "BEGIN",
    "PRAGMA journal_mode",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA synchronous = FULL",
    "BEGIN IMMEDIATE",
    "PRAGMA integrity_check",
    "COMMIT",
    "PRAGMA synchronous = 1",
    "PRAGMA query_only = ON",
  ]
) {
  Deno.test(`an opening that fails at \`${sql}\` leaves nothing open (K15)`, () => {
    using home = databaseHome();
    const failure = failureOf(() => home.open({ queryOnly: true }, refusing(sql, RESULT.IOERR)));
    assert(failure.code === "database-io");
    assert.equal(failure.sqliteCode, RESULT.IOERR);
    assertClosed(home);
    // And nothing that the next one would mind.
    store(home.open(), reservation());
  });
}

Deno.test("a failed roll-back does not take the place of what failed the opening", () => {
  using home = databaseHome();
  const open = watchedDriver(({ sql }) => {
    if (/^(PRAGMA integrity_check|ROLLBACK)/.test(sql)) {
      throw new SqliteError(sql, sql === "ROLLBACK" ? RESULT.IOERR : RESULT.FULL);
    }
  });
  assert.equal(failureOf(() => home.open({}, open)).code, "disk-full");
  assertClosed(home);
});

for (const queryOnly of [false, true]) {
  Deno.test(`a read-only file of version 1 wants a migration, query only: ${queryOnly}`, () => {
    using home = databaseHome();
    writeV1(home.path, { rows: [rawRow()] });
    const open = refusing("UPDATE metadata SET value = ? WHERE key = 'schema_version'", 8);
    const failure = failureOf(() => home.open({ queryOnly }, open));
    assert.equal(failure.code, queryOnly ? "migration-required" : "read-only-database");
    assert.deepEqual(readRaw(home.path).metadata, [["schema_version", "1"]]);
  });
}

Deno.test("a reading command opens as immutable what cannot be opened otherwise", () => {
  using home = homeWith(reservation());
  const database = home.open({ queryOnly: true }, inUnwritableDirectory(openSqlite));
  assert.deepEqual(noticesOf(database), [{ code: "immutable" }]);
  assert.deepEqual(withRead(database, "reading in a test", list), [reservation()]);
});

Deno.test("a file in an unwritable directory is refused to others, and with a log in use", () => {
  using home = homeWith(reservation());
  const open = inUnwritableDirectory(openSqlite);
  for (const overrides of [{}, { readOnly: true }]) {
    assert.equal(failureOf(() => home.open(overrides, open)).code, "read-only-database");
  }
  using writer = home.open();
  store(writer, reservation({ port: 5001 }));
  // What is committed there would not be seen.
  assert.notEqual(Deno.statSync(`${home.path}-wal`).size, 0);
  assert.equal(failureOf(() => home.open({ queryOnly: true }, open)).code, "read-only-database");
});

Deno.test("without all permissions, an unwritable directory is what is told", () => {
  using home = homeWith(reservation());
  const open = inUnwritableDirectory(() => {
    throw new Deno.errors.NotCapable("Requires all access");
  });
  const failure = failureOf(() => home.open({ queryOnly: true }, open));
  assert(failure.code === "read-only-database");
  assert.equal(failure.sqliteCode, RESULT.READONLY_DIRECTORY);
});

for (
  const [version, notices] of [
    ["3.37.0", [{ code: "old-sqlite", version: "3.37.0" }]],
    ["3.46.1", [{ code: "old-sqlite", version: "3.46.1" }]],
    ["3.51.2", [{ code: "old-sqlite", version: "3.51.2" }]],
    ["3.51.3", []],
    ["3.53.0", []],
    ["4.0.0", []],
  ] as const
) {
  Deno.test(`SQLite ${version} is ${notices.length === 0 ? "not " : ""}noticed as old`, () => {
    using home = databaseHome();
    const database = home.open({}, answering("SELECT sqlite_version()", version));
    assert.deepEqual(database.notices, notices);
  });
}

for (const version of ["3.36.0", "3.9.2"]) {
  Deno.test(`SQLite ${version}, which cannot read the tables, is refused`, () => {
    using home = databaseHome();
    const failure = failureOf(() => home.open({}, answering("SELECT sqlite_version()", version)));
    assert(failure.code === "database-internal");
    assert(failure.message.includes(version) && failure.message.includes("3.37"));
    assertClosed(home);
  });
}

Deno.test("a file that the driver cannot open is told with its path and what to check", () => {
  using home = databaseHome();
  const reason = "unable to open database file";
  const failure = failureOf(() =>
    home.open({}, () => {
      throw new SqliteError(reason, undefined);
    })
  );
  assert(failure.code === "cannot-open-database");
  assert.equal(failure.path, home.path);
  assert.equal(failure.reason, reason);
});

Deno.test("close() may be called twice and takes the companions away (F11)", () => {
  using home = databaseHome();
  const database = home.open();
  store(database, reservation());
  database.close();
  database.close();
  assertClosed(home);
  assert.throws(() => withRead(database, "reading in a test", list));
});

Deno.test("openEmptyDatabase() is a database that no file remembers", () => {
  using home = databaseHome();
  using database = openEmptyDatabase(databaseOptions(home.path));
  assert.deepEqual(withRead(database, "reading in a test", list), []);
  store(database, reservation());
  assert.deepEqual(withRead(database, "reading in a test", list), [reservation()]);
  assert.deepEqual([...Deno.readDirSync(home.directory)], []);
});

function pragma(database: Database, name: string): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[0];
}

/** The statements of an opening but for what is left of the wait, and those about tables. */
function stepsOf(
  home: DatabaseHome,
  overrides: Parameters<DatabaseHome["open"]>[0] = {},
): string[] {
  const { open, statements } = recordingDriver();
  home.open(overrides, open).close();
  const shown = /^(PRAGMA(?! busy_timeout =)|BEGIN|COMMIT|SELECT sqlite_version)/;
  return statements.filter((sql) => shown.test(sql));
}

function answering(sql: string, answer: string) {
  return watchedDriver((execution: Execution) => execution.sql === sql ? [answer] : undefined);
}

function refusing(sql: string, code: number) {
  return watchedDriver((execution: Execution) => {
    if (execution.sql === sql) throw new SqliteError("refused in a test", code);
  });
}

/** A driver that opens only as immutable, through `open`, as where no companion can be made. */
function inUnwritableDirectory(open: OpenSqlite): OpenSqlite {
  const refused = refusing("SELECT sqlite_version()", RESULT.READONLY_DIRECTORY);
  return (path, options) => (options.immutable ? open : refused)(path, options);
}

function homeWithRollbackJournal(): DatabaseHome {
  const home = databaseHome();
  writeV2(home.path, { rows: [reservation()], journalMode: "DELETE" });
  return home;
}

/** The last connection to a file takes its companions away. */
function assertClosed({ directory }: DatabaseHome): void {
  assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["trop.db"]);
}

function timeToFail(database: Database) {
  const start = performance.now();
  const failure = failureOf(() =>
    withWrite(database, "writing in a test", (it) => create(it, reservation()))
  );
  return { failure, elapsedMs: performance.now() - start };
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
