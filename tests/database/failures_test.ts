import assert from "node:assert/strict";
import { isBusy, toTropError, translating } from "../../src/database/failures.ts";
import { SqliteError } from "../../src/database/sqlite.ts";
import { TropError, validationError } from "../../src/errors.ts";

const CIRCUMSTANCES = {
  path: "/d/trop.db",
  operation: "executing the test command",
  timeoutMs: 5000,
  waitedMs: 4321,
};

for (
  const [codes, failure, words] of [
    [[5, 773, 261, 517, 6, 262, 518, 15], "lock-timeout", /^$/],
    [[8], "read-only-database", /permissions of the file/],
    [[264, 520, 1288], "read-only-database", /owns \/d\/trop\.db-wal and \/d\/trop\.db-shm/],
    [[776], "read-only-database", /rolled back first/],
    [[1544], "read-only-database", /data directory cannot be written/],
    [[1032], "cannot-open-database", /moved or replaced.*run the command again/],
    [[14, 526, 782, 1038, 1294, 1550], "cannot-open-database", /engine words.*--data-dir/],
    [[10, 266, 522, 778, 1034, 3850, 8202], "database-io", /engine words.*check the disk/],
    [[4618, 4874, 5130, 5386], "database-io", /engine words.*local disk.*TROP_DATA_DIR/],
    [[11, 523, 779, 26], "database-corruption", /physical database corruption: engine words/],
    [[1811, 787], "change-refused", /engine words/],
    [[13], "disk-full", /^$/],
    [[275, 1299, 3091, 2067, 1555, 19], "database-internal", /engine words/],
    [[7, 9, 17, 18, 20, 21, 23, 25, 1], "database-internal", /engine words/],
    [[undefined], "database-internal", /engine words/],
  ] as const
) {
  for (const code of codes) {
    Deno.test(`SQLite's code ${code} is the failure ${failure}`, () => {
      const cause = new SqliteError("engine words", code);
      const error = toTropError(cause, CIRCUMSTANCES);
      assert(error instanceof TropError);
      assert.equal(error.code, failure);
      assert.equal(error.cause, cause);
      const { reason, message, hint, path, sqliteCode } = error.failure as Record<string, unknown>;
      assert.match([reason, message, hint].filter((part) => part !== undefined).join(" "), words);
      assert.equal(path, CIRCUMSTANCES.path);
      if (failure !== "disk-full") assert.equal(sqliteCode, code);
    });
  }
}

Deno.test("a lock timeout tells the operation and the times", () => {
  assert.deepEqual(failureFor(new SqliteError("database is locked", 5)), {
    code: "lock-timeout",
    ...CIRCUMSTANCES,
    sqliteCode: 5,
  });
});

for (const name of ["table: reservations", "column: project"]) {
  Deno.test(`SQLite's "no such ${name}" is a corruption of the layout`, () => {
    assert.deepEqual(failureFor(new SqliteError(`no such ${name}`, 1)), {
      code: "database-corruption",
      path: CIRCUMSTANCES.path,
      reason: `the tables lack the required layout: no such ${name}`,
      sqliteCode: 1,
    });
  });
}

Deno.test("what SQLite says cannot drive the terminal", () => {
  const failure = failureFor(new SqliteError("no \x1b[2J\n", 1811));
  assert(failure.code === "change-refused");
  assert.equal(failure.message, "no \\u{1b}[2J\\n");
});

for (
  const [error, failure] of [
    [
      new SqliteError("unable to open database file: /d/trop.db", undefined),
      "cannot-open-database",
    ],
    [
      coded(new Deno.errors.PermissionDenied("Permission denied (os error 13)"), "EACCES"),
      "cannot-open-database",
    ],
    [coded(new Deno.errors.FilesystemLoop("Too many levels"), "ELOOP"), "cannot-open-database"],
    [coded(new Error("No space left on device"), "ENOSPC"), "disk-full"],
    [new Error("Disk quota exceeded (os error 122): open '/d'"), "disk-full"],
    [new Error("Disc quota exceeded (os error 69): open '/d'"), "disk-full"],
    [new Error("Input/output error (os error 5): open '/quota exceeded'"), "cannot-open-database"],
    [new Error("Too many open files in system (os error 23): open '/d'"), "cannot-open-database"],
    [new Error("Stale file handle (os error 116): open '/d'"), "cannot-open-database"],
  ] as const
) {
  Deno.test(`"${error.message}" is the failure ${failure}`, () => {
    assert.equal(failureFor(error).code, failure);
  });
}

for (
  const [message, permission] of [
    ['Requires write access to "/d", run again with the --allow-write flag', "--allow-write"],
    ['Requires read access to "/d", run again with the --allow-read flag', "--allow-read"],
    ["Requires all access, specify the required permissions", "--allow-all"],
  ] as const
) {
  Deno.test(`a missing permission names the flag ${permission} (K16)`, () => {
    assert.deepEqual(failureFor(new Deno.errors.NotCapable(message)), {
      code: "permission-missing",
      permission,
      path: CIRCUMSTANCES.path,
    });
  });
}

Deno.test("what is a failure already, or none of the database's, stays as it is", () => {
  for (const error of [validationError("tag", "no"), new RangeError("a defect"), "text", null]) {
    assert.equal(toTropError(error, CIRCUMSTANCES), error);
  }
});

Deno.test("translating() gives back a result and translates what is thrown", () => {
  assert.equal(translating(() => assert.fail("not needed"), () => 5), 5);
  const failing = () => {
    throw new SqliteError("full", 13);
  };
  assert.throws(() => translating(() => CIRCUMSTANCES, failing), TropError);
});

Deno.test("only locks are waited for", () => {
  for (const code of [5, 6, 15, 261, 517, 773]) assert(isBusy(new SqliteError("", code)));
  for (const code of [8, 10, 13, 14, 26, undefined]) assert(!isBusy(new SqliteError("", code)));
  assert(!isBusy(new Error("database is locked")));
});

function failureFor(error: unknown): TropError["failure"] {
  const translated = toTropError(error, CIRCUMSTANCES);
  assert(translated instanceof TropError, String(translated));
  assert.equal(translated.cause, error);
  return translated.failure;
}

function coded(error: Error, code: string): Error {
  return Object.assign(error, { code });
}
