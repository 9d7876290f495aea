import assert from "node:assert/strict";
import type { TransactionLogEntry } from "../../src/database/config.ts";
import type { Database } from "../../src/database/connection.ts";
import { create, createAll, get, list, updateLastUsed } from "../../src/database/operations.ts";
import { RESULT, SqliteError } from "../../src/database/sqlite.ts";
import {
  withRead,
  withWrite,
  withWriteInTurn,
  type WriteTransaction,
} from "../../src/database/transaction.ts";
import type { Reservation } from "../../src/domain/reservation.ts";
import { TropError } from "../../src/errors.ts";
import {
  databaseHome,
  doctor,
  failureOf,
  homeWith,
  port,
  reservation,
  reservations,
  store,
} from "../support/database.ts";
import { recordingDriver, watchedDriver } from "../support/watched_driver.ts";

const [FIRST, SECOND, THIRD] = reservations(3) as [Reservation, Reservation, Reservation];

Deno.test("withWrite() gives back what its function returns, and keeps what it did", () => {
  using home = databaseHome();
  const database = home.open();
  const result = withWrite(database, "testing", (transaction) => {
    create(transaction, FIRST);
    return list(transaction);
  });
  assert.deepEqual(result, [FIRST]);
  assert.deepEqual(rowsOf(home.open()), [FIRST]);
});

Deno.test("withWrite() takes the write lock before anything is read (X11)", () => {
  using home = homeWith(FIRST);
  const { open, statements } = recordingDriver();
  const database = home.open({}, open);
  statements.length = 0;
  withWrite(database, "testing", (transaction) => list(transaction));
  assert.equal(statements[0], "BEGIN IMMEDIATE");
  assert.equal(statements.at(-1), "COMMIT");
});

Deno.test("what withWrite()'s function throws comes out, and nothing is stored (U20)", () => {
  using home = homeWith(FIRST);
  const database = home.open();
  for (const mistake of [new RangeError("a mistake"), "no error at all", undefined]) {
    let thrown: unknown = "nothing";
    try {
      withWrite(database, "testing", (transaction) => {
        createAll(transaction, [SECOND, THIRD]);
        throw mistake;
      });
    } catch (error) {
      thrown = error;
    }
    assert.equal(thrown, mistake);
    assert.deepEqual(rowsOf(database), [FIRST]);
  }
  store(database, SECOND);
  assert.deepEqual(rowsOf(database), [FIRST, SECOND]);
});

Deno.test("a failure of the file system inside a transaction is not the database's", () => {
  using home = homeWith(FIRST);
  const probe = () => Deno.statSync(`${home.directory}/missing`);
  for (const within of [withRead, withWrite]) {
    assert.throws(() => within(home.open(), "testing", probe), Deno.errors.NotFound);
  }
});

Deno.test("an inner withWrite() that throws takes back only what it did (U22)", () => {
  using home = databaseHome();
  const database = home.open();
  withWrite(database, "testing", (outer) => {
    create(outer, FIRST);
    assert.throws(() =>
      withWrite(database, "testing", (inner) => {
        create(inner, SECOND);
        updateLastUsed(inner, FIRST, 5);
        throw new RangeError("a mistake");
      }), RangeError);
    assert.deepEqual(list(outer), [FIRST]);
    withWrite(database, "testing", (inner) => create(inner, THIRD));
  });
  assert.deepEqual(rowsOf(home.open()), [FIRST, THIRD]);
});

Deno.test("two levels inside, each takes back only its own (U22)", () => {
  using home = databaseHome();
  const database = home.open();
  withWrite(database, "testing", (outer) => {
    create(outer, FIRST);
    withWrite(database, "testing", (middle) => {
      create(middle, SECOND);
      const failing = () =>
        withWrite(database, "testing", (inner) => create(inner, { ...THIRD, port: FIRST.port }));
      assert.equal(failureOf(failing).code, "port-conflict");
    });
  });
  assert.deepEqual(rowsOf(database), [FIRST, SECOND]);
});

Deno.test("one that throws takes back all it did, what an inner one left behind included", () => {
  using home = databaseHome();
  const database = home.open();
  withWrite(database, "testing", (outer) => {
    create(outer, FIRST);
    assert.throws(() =>
      withWrite(database, "testing", (middle) => {
        create(middle, SECOND);
        withWrite(database, "testing", () => {
          throw new RangeError("a mistake");
        });
      }), RangeError);
    assert.deepEqual(list(outer), [FIRST]);
  });
  assert.deepEqual(rowsOf(database), [FIRST]);
});

Deno.test("an outer withWrite() that throws takes back what inner ones did (U22)", () => {
  using home = homeWith(FIRST);
  const database = home.open();
  assert.throws(() =>
    withWrite(database, "testing", () => {
      withWrite(database, "testing", (inner) => create(inner, SECOND));
      throw new RangeError("a mistake");
    }), RangeError);
  assert.deepEqual(rowsOf(database), [FIRST]);
});

for (const inner of ["the transaction itself", "a savepoint"]) {
  Deno.test(`a full disk inside ${inner} is reported as that and nothing else (U23, P09)`, () => {
    using home = homeWith(FIRST);
    const { open, statements } = recordingDriver();
    const database = home.open({}, open);
    limitPages(database, 12);
    const fill = (transaction: WriteTransaction) =>
      createAll(transaction, reservations(3000, 6000));
    const filling = () =>
      withWrite(database, "testing", (transaction) => {
        create(transaction, reservation({ path: "/w/before", port: 5999 }));
        if (inner === "a savepoint") withWrite(database, "testing", fill);
        else fill(transaction);
      });
    assert.throws(filling, (error) => {
      assert(error instanceof TropError);
      assert.deepEqual(error.failure, { code: "disk-full", path: home.path });
      assert(error.cause instanceof SqliteError);
      assert.equal(error.cause.code, RESULT.FULL);
      return true;
    });
    // SQLite has rolled back by itself; to do it again would be an error.
    assert(!statements.some((sql) => sql.startsWith("ROLLBACK")));
    assert.deepEqual(rowsOf(database), [FIRST]);
    limitPages(database, 1_000_000);
    store(database, SECOND);
    assert.deepEqual(rowsOf(home.open()), [FIRST, SECOND]);
  });
}

for (
  const [name, result] of [
    ["a promise", Promise.resolve()],
    ["a thenable", { then: () => {} }],
  ] as const
) {
  Deno.test(`${name} from a transaction is refused and all is rolled back (U24)`, () => {
    using home = homeWith(FIRST);
    const database = home.open();
    const act = (transaction: WriteTransaction) => {
      create(transaction, SECOND);
      return result;
    };
    assert.throws(() => withWrite(database, "testing", act), TypeError);
    assert.throws(() => withRead(database, "testing", () => result), TypeError);
    withWrite(database, "testing", (transaction) => {
      assert.throws(() => withWrite(database, "testing", act), TypeError);
      assert.equal(get(transaction, SECOND), undefined);
    });
    assert.deepEqual(rowsOf(database), [FIRST]);
  });
}

Deno.test("withRead() sees one moment, whatever is written meanwhile (D2)", () => {
  using home = homeWith(FIRST);
  const other = home.open();
  withRead(home.open(), "testing", (transaction) => {
    assert.deepEqual(list(transaction), [FIRST]);
    store(other, SECOND);
    assert.deepEqual(list(transaction), [FIRST]);
  });
  assert.deepEqual(rowsOf(other), [FIRST, SECOND]);
});

Deno.test("withRead() inside a transaction reads in it", () => {
  using home = homeWith(FIRST);
  const database = home.open();
  withWrite(database, "testing", (transaction) => {
    create(transaction, SECOND);
    assert.deepEqual(rowsOf(database), [FIRST, SECOND]);
  });
  withRead(database, "testing", () => assert.deepEqual(rowsOf(database), [FIRST, SECOND]));
});

Deno.test("a write in turn is not for the inside of another transaction", async () => {
  using home = homeWith();
  const database = home.open();
  const inner = withRead(database, "reading", () => [withWriteInTurn(database, "testing", list)]);
  await assert.rejects(inner[0]!, TypeError);
});

Deno.test("a write cannot begin inside of a read", () => {
  using home = homeWith(FIRST);
  const database = home.open();
  withRead(database, "testing", () => {
    assert.throws(() => store(database, SECOND), TypeError);
  });
  assert.deepEqual(rowsOf(database), [FIRST]);
});

for (
  const [version, code] of [
    ["3", "unsupported-schema-version"],
    ["1", "migration-required"],
    ["two", "database-corruption"],
  ] as const
) {
  Deno.test(`a version that became ${version} since the opening is refused (R10)`, () => {
    using home = homeWith(FIRST);
    const database = home.open();
    doctor(home.path, `UPDATE metadata SET value = '${version}'`);
    const failure = failureOf(() =>
      withWrite(database, "testing", () => assert.fail("it must not run"))
    );
    assert.equal(failure.code, code);
    assert(!database.inTransaction);
  });
}

Deno.test("a lock that another process keeps ends in the fixed words", () => {
  using home = homeWith(FIRST);
  const database = home.open({ busyTimeoutMs: 20 });
  withWrite(home.open(), "testing", () => {
    const failure = failureOf(() => store(database, SECOND));
    assert(failure.code === "lock-timeout");
    const { waitedMs, ...rest } = failure;
    assert.deepEqual(rest, {
      code: "lock-timeout",
      operation: "starting an immediate database transaction",
      timeoutMs: 20,
      sqliteCode: RESULT.BUSY,
      path: home.path,
    });
    assert(waitedMs >= 20, `waited ${waitedMs} ms`);
  });
  store(database, SECOND);
});

for (const code of [5, 6, 15, 261, 262, 517, 518, 773]) {
  Deno.test(`the code ${code} in the middle of an operation is a lock timeout of it`, () => {
    using home = homeWith(FIRST);
    const database = home.open(
      {},
      watchedDriver(({ sql }) => {
        if (sql.startsWith("UPDATE")) throw new SqliteError("busy", code);
      }),
    );
    const failure = failureOf(() =>
      withWrite(database, "executing the test command", (it) => updateLastUsed(it, FIRST, 5))
    );
    assert(failure.code === "lock-timeout");
    assert.equal(failure.operation, "executing the test command");
    assert.equal(failure.sqliteCode, code);
    assert.deepEqual(rowsOf(database), [FIRST]);
  });
}

Deno.test("a commit that readers keep waiting is tried again", () => {
  using home = databaseHome();
  let refusals = 0;
  const database = home.open(
    {},
    watchedDriver(({ sql }) => {
      if (sql === "COMMIT" && refusals-- > 0) throw busy();
    }),
  );
  refusals = 3;
  store(database, FIRST);
  assert.equal(refusals, -1);
  assert.deepEqual(rowsOf(home.open()), [FIRST]);
});

Deno.test("a commit that is refused until the deadline is rolled back", () => {
  using home = databaseHome();
  let refusing = false;
  const database = home.open(
    { busyTimeoutMs: 30 },
    watchedDriver(({ sql }) => {
      if (sql === "COMMIT" && refusing) throw busy();
    }),
  );
  refusing = true;
  const failure = failureOf(() => store(database, FIRST));
  refusing = false;
  assert(failure.code === "lock-timeout");
  assert.equal(failure.operation, "storing a test's rows");
  assert.deepEqual(rowsOf(database), []);
});

Deno.test("a failed roll-back is told beside the first error, and the handle is closed", () => {
  using home = homeWith(FIRST);
  const rollback = new SqliteError("disk I/O error", RESULT.IOERR);
  const database = home.open(
    {},
    watchedDriver(({ sql }) => {
      if (sql === "ROLLBACK") throw rollback;
    }),
  );
  const mistake = new RangeError("a mistake", { cause: "its cause" });
  const failing = () =>
    withWrite(database, "testing", (transaction) => {
      create(transaction, SECOND);
      throw mistake;
    });
  assert.throws(failing, (error) => {
    assert.equal(error, mistake);
    assert(mistake.cause instanceof AggregateError);
    assert.deepEqual(mistake.cause.errors, ["its cause", rollback]);
    return true;
  });
  assert.throws(() => store(database, THIRD));
  // Its lock is gone with it, and so is what it did.
  store(home.open({ busyTimeoutMs: 0 }), THIRD);
  assert.deepEqual(rowsOf(home.open()), [FIRST, THIRD]);
});

Deno.test("every transaction is logged with nothing that was in it (N6)", () => {
  using home = databaseHome();
  const entries: TransactionLogEntry[] = [];
  const database = home.open({ log: (entry) => entries.push(entry) });
  entries.length = 0;
  store(database, reservation({ project: "secret" }));
  rowsOf(database);
  assert.throws(() => store(database, reservation({ path: "/w/other" })));
  assert.deepEqual(entries.map(({ durationMs: _, ...entry }) => entry), [
    { operation: "storing a test's rows", kind: "write" },
    { operation: "reading in a test", kind: "read" },
    { operation: "storing a test's rows", kind: "write" },
  ]);
  for (const { durationMs } of entries) assert(durationMs > 0 && durationMs < 60_000);
});

Deno.test("functions that change rows do not take a transaction for reading (V3)", () => {
  using home = homeWith(FIRST);
  withRead(home.open({ queryOnly: true }), "testing", (transaction) => {
    // @ts-expect-error Only `withWrite` has a `WriteTransaction` to give.
    const write = () => create(transaction, { ...FIRST, port: port(5001) });
    assert.throws(write, SqliteError);
  });
});

function busy(): SqliteError {
  return new SqliteError("database is locked", RESULT.BUSY);
}

function limitPages(database: Database, pages: number): void {
  database.prepare(`PRAGMA max_page_count = ${pages}`).get();
}

function rowsOf(database: Database): Reservation[] {
  return withRead(database, "reading in a test", list);
}

for (const kind of ["read", "write"]) {
  Deno.test(`who waits long to ${kind} is told once, and gets the lock when it is free`, () => {
    using home = homeWith();
    const journal = kind === "read" ? "rollback" : "wal";
    const other = home.open({ journal });
    const told: string[] = [];
    const onLongWait = () => {
      told.push("waits");
      other.prepare("ROLLBACK").run();
      return { [Symbol.dispose]: () => void told.push("goes on") };
    };
    const database = home.open({ busyTimeoutMs: 60_000, onLongWait, journal });
    // Beside a rollback journal this locks readers out too.
    other.prepare("BEGIN EXCLUSIVE").run();
    if (kind === "write") store(database, reservation());
    else assert.deepEqual(rowsOf(database), []);
    assert.deepEqual(told, ["waits", "goes on"]);
  });
}

Deno.test("reading waits no longer than it may, and leaves no transaction open", () => {
  using home = homeWith();
  const other = home.open({ journal: "rollback" });
  const database = home.open({ busyTimeoutMs: 100, journal: "rollback" });
  other.prepare("BEGIN EXCLUSIVE").run();
  const failure = failureOf(() => rowsOf(database));
  assert(failure.code === "lock-timeout");
  assert(failure.waitedMs >= 99, `${failure.waitedMs} ms`);
  assert(!database.inTransaction);
  other.prepare("ROLLBACK").run();
  assert.deepEqual(rowsOf(database), []);
});
