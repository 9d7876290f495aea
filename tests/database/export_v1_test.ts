import assert from "node:assert/strict";
import { openSqlite } from "../../src/database/driver.ts";
import { exportV1 } from "../../src/database/export_v1.ts";
import { list } from "../../src/database/operations.ts";
import { RESULT, SqliteError } from "../../src/database/sqlite.ts";
import { withRead } from "../../src/database/transaction.ts";
import type { Failure } from "../../src/errors.ts";
import {
  type DatabaseHome,
  databaseHome,
  doctor,
  doctorRows,
  failureOf,
  fileHash,
  homeWith,
  readRaw,
  reservation,
  writeV1,
} from "../support/database.ts";
import { watchedDriver } from "../support/watched_driver.ts";

const ROWS = [
  reservation({ path: "/w/a" }),
  reservation({ path: "/w/a", tag: "web", port: 5001, project: "größe", task: "t", createdAt: 0 }),
  reservation({ path: "/w/b\n", tag: "😀", port: 65535, lastUsedAt: 8_210_266_876_799 }),
];

Deno.test("exportV1() writes what 0.1 would have: its tables, NULL for the untagged (M17)", () => {
  using home = homeWith(...ROWS);
  doctor(home.path, "INSERT INTO metadata VALUES ('colour', 'green')");
  using original = databaseHome();
  writeV1(original.path, { rows: ROWS, metadata: [["colour", "green"]] });
  exportFrom(home);
  const [exported, wanted] = [readRaw(target(home)), readRaw(original.path)];
  assert.deepEqual(exported.metadata, wanted.metadata);
  assert.deepEqual(exported.reservations, wanted.reservations);
  const words = ({ schema }: typeof wanted) =>
    schema.map(([type, name, sql]) => [type, name, String(sql).match(/\w+|[^\s\w]/g)]);
  assert.deepEqual(words(exported), words(wanted));
});

Deno.test("an exported file that is migrated again holds what it came from (M17)", () => {
  using home = homeWith(...ROWS);
  exportFrom(home);
  const before = readRaw(home.path);
  using returned = databaseHome();
  Deno.renameSync(target(home), returned.path);
  assert.deepEqual(withRead(returned.open(), "reading in a test", list), ROWS);
  assert.deepEqual(readRaw(home.path), before);
});

Deno.test("exportV1() changes no byte of the database and needs no right to write it", () => {
  using home = homeWith(...ROWS);
  const before = fileHash(home.path);
  exportFrom(home);
  assert.equal(fileHash(home.path), before);
});

Deno.test("exportV1() makes a file for its owner alone, and no companions", () => {
  using home = homeWith(...ROWS);
  exportFrom(home);
  if (Deno.build.os !== "windows") {
    assert.equal(Deno.statSync(target(home)).mode! & 0o777, 0o600);
  }
  const names = [...Deno.readDirSync(home.directory)].map(({ name }) => name);
  assert.deepEqual(names.filter((name) => name.startsWith("v1.db")), ["v1.db"]);
});

Deno.test("exportV1() refuses a target that exists, and leaves it alone", () => {
  using home = homeWith(...ROWS);
  Deno.writeTextFileSync(target(home), "precious");
  const failure = failureOf(() => exportFrom(home));
  assert(failure.code === "cannot-open-database");
  assert.equal(failure.path, target(home));
  assert.equal(failure.reason, "it exists already");
  assert.equal(Deno.readTextFileSync(target(home)), "precious");
});

Deno.test("exportV1() refuses a target in a missing directory", () => {
  using home = homeWith(...ROWS);
  const failure = failureOf(() => exportFrom(home, `${home.directory}/missing/v1.db`));
  assert(failure.code === "cannot-open-database");
  assert.match(failure.reason, /No such file or directory|cannot find the path/);
});

for (
  const [sql, code, expected] of [
    ["CREATE TABLE metadata", RESULT.IOERR, "database-io"],
    ["INSERT INTO reservations", RESULT.FULL, "disk-full"],
    ["COMMIT", RESULT.FULL, "disk-full"],
  ] as const
) {
  Deno.test(`an export that fails at ${sql} leaves no file (M18)`, () => {
    using home = homeWith(...ROWS);
    const open = watchedDriver((execution) => {
      if (execution.sql.startsWith(sql)) throw new SqliteError("refused in a test", code);
    });
    const failure = failureOf(() => exportFrom(home, target(home), open)) as Failure & {
      readonly path: string;
    };
    assert.equal(failure.code, expected);
    assert.equal(failure.path, target(home));
    assertNothingExported(home);
  });
}

Deno.test("a damaged row is not exported, and no other either", () => {
  using home = homeWith(...ROWS);
  doctorRows(home.path, "UPDATE reservations SET project = '' WHERE tag = 'web'");
  const failure = failureOf(() => exportFrom(home));
  assert(failure.code === "database-corruption");
  // The file that is damaged, not the one that was to be made.
  assert.equal(failure.path, home.path);
  assertNothingExported(home);
});

Deno.test("a damaged page is told of the database, not of the file to be made", () => {
  using home = homeWith(...ROWS);
  const open = watchedDriver(({ sql }) => {
    if (sql.includes("FROM reservations")) throw new SqliteError("malformed", RESULT.CORRUPT);
  });
  using database = home.open({ readOnly: true }, open);
  const failure = failureOf(() =>
    withRead(database, "exporting in a test", (it) => exportV1(it, target(home)))
  );
  assert(failure.code === "database-corruption");
  assert.equal(failure.path, home.path);
  assertNothingExported(home);
});

function target(home: DatabaseHome): string {
  return `${home.directory}/v1.db`;
}

function exportFrom(home: DatabaseHome, path = target(home), open = openSqlite): void {
  using database = home.open({ readOnly: true });
  withRead(database, "exporting in a test", (transaction) => exportV1(transaction, path, open));
}

function assertNothingExported({ directory }: DatabaseHome): void {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  assert.deepEqual(names.filter((name) => !name.startsWith("trop.db")), []);
}
