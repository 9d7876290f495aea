import assert from "node:assert/strict";
import { databaseOptions } from "../../src/database/config.ts";
import { list } from "../../src/database/operations.ts";
import { planReplacement, replaceDatabase } from "../../src/database/replacement.ts";
import { withRead, withWrite } from "../../src/database/transaction.ts";
import {
  type DatabaseHome,
  databaseHome,
  doctor,
  failureOf,
  fileHash,
  MONDAY,
  rawConnection,
  rawRow,
  readRaw,
  reservation,
  reservations,
  store,
  writeV1,
  writeV2,
} from "../support/database.ts";

const options = (home: DatabaseHome, busyTimeoutMs = 0) =>
  databaseOptions(home.path, { clock: () => MONDAY, busyTimeoutMs });

const empty = (() => {
  using home = databaseHome();
  home.open().close();
  return readRaw(home.path);
})();

const write = (text: string) => (path: string) => Deno.writeTextFileSync(path, text);
const sql = (...statements: readonly string[]) => (path: string) => {
  doctor(path, statements.join("; "));
};
const current = (...statements: readonly string[]) => (path: string) => {
  writeV2(path, { rows: [rawRow()] });
  doctor(path, statements.join("; "));
};

/** Files that become empty databases where they are. */
const REPLACEABLE: readonly (readonly [what: string, make: (path: string) => void])[] = [
  ["of the present version", current()],
  ["of version 1", (path) => writeV1(path, { rows: [rawRow()] })],
  ["without a byte", write("")],
  ["without a table", sql("CREATE TABLE a (x)", "DROP TABLE a")],
  ["without the row of its version", current("DELETE FROM metadata")],
  ["with a version that is none", current("UPDATE metadata SET value = 'x'")],
  ["with version 0", current("UPDATE metadata SET value = '0'")],
  ["with a version below 0", current("UPDATE metadata SET value = '-1'")],
  ["with columns that are none of trop's", sql("CREATE TABLE metadata (name)")],
  [
    "of version 2 with the tables of version 1",
    (path) => writeV1(path, { rows: [rawRow()], version: "2" }),
  ],
  ["of version 1 with rows that block its migration", (path) => {
    writeV1(path, { rows: [rawRow({ port: 0 })] });
  }],
  ["without metadata, with rows", current("DROP TABLE metadata")],
];

for (const [what, make] of REPLACEABLE) {
  Deno.test(`a file ${what} is emptied in place`, () => {
    using home = databaseHome();
    make(home.path);
    const before = fileHash(home.path);
    assert.equal(planReplacement(options(home)), "in place");
    assert.equal(fileHash(home.path), before, "the plan changes nothing");
    assert.equal(replaceDatabase(options(home)), undefined);
    assert.deepEqual(readRaw(home.path), empty);
    home.open();
  });
}

/** Files that stay what they are. */
const REFUSED: readonly (readonly [what: string, make: (path: string) => void, code: string])[] = [
  ["of a newer trop", current("UPDATE metadata SET value = '3'"), "unsupported-schema-version"],
  ["of another program", sql("CREATE TABLE tiles (x)"), "database-corruption"],
  [
    "of another program that has a table of that name",
    sql("CREATE TABLE metadata (name, value)", "CREATE TABLE tiles (x)"),
    "database-corruption",
  ],
  ["that is a directory", (path) => Deno.mkdirSync(path), "cannot-open-database"],
];

for (const [what, make, code] of REFUSED) {
  Deno.test(`a file ${what} is not replaced`, () => {
    using home = databaseHome();
    make(home.path);
    const before = Deno.statSync(home.path).isFile ? fileHash(home.path) : undefined;
    assert.equal(failureOf(() => planReplacement(options(home))).code, code);
    assert.equal(failureOf(() => replaceDatabase(options(home))).code, code);
    if (before !== undefined) assert.equal(fileHash(home.path), before);
  });
}

Deno.test("the tables of others stay in a database of trop's", () => {
  using home = databaseHome();
  current("CREATE TABLE notes (x)", "INSERT INTO notes VALUES (1)")(home.path);
  replaceDatabase(options(home));
  using raw = rawConnection(home.path);
  assert.equal(raw.prepare("SELECT x FROM notes").get()?.["x"], 1n);
  assert.deepEqual(readRaw(home.path).reservations, []);
});

/** Files that SQLite can make nothing of. */
const UNUSABLE: readonly (readonly [what: string, make: (path: string) => void])[] = [
  ["that is no database", write("no database ".repeat(100))],
  ["that is too short for a database", write("x")],
  ["with damaged pages", (path) => {
    writeV2(path, {
      rows: reservations(2000).map((row) => rawRow({ ...row })),
    });
    using file = Deno.openSync(path, { write: true });
    file.seekSync(4096 * 2, Deno.SeekMode.Start);
    for (let page = 2; page < 20; page++) file.writeSync(new Uint8Array(4096).fill(0xff));
  }],
];

for (const [what, make] of UNUSABLE) {
  Deno.test(`a file ${what} is moved away`, () => {
    using home = databaseHome();
    make(home.path);
    const before = fileHash(home.path);
    const backup = `${home.path}.bak-20260105000000`;
    assert.equal(replaceDatabase(options(home)), backup);
    assert.equal(fileHash(backup), before);
    assert.deepEqual(withRead(home.open(), "looking", list), []);
  });
}

Deno.test("what lies beside the file goes with it", () => {
  using home = databaseHome();
  const names = ["trop.db", "trop.db-wal", "trop.db-shm", "trop.db-journal"];
  for (const name of names) Deno.writeTextFileSync(`${home.directory}/${name}`, name);
  replaceDatabase(options(home));
  const left = [...Deno.readDirSync(home.directory)].map(({ name }) => name);
  assert.deepEqual(left.toSorted(), names.map((name) => `${name}.bak-20260105000000`).toSorted());
});

Deno.test("what was moved away before is not overwritten", () => {
  using home = databaseHome();
  for (const [index, suffix] of ["", "-2", "-3"].entries()) {
    Deno.writeTextFileSync(home.path, `no database ${index}`);
    assert.equal(replaceDatabase(options(home)), `${home.path}.bak-20260105000000${suffix}`);
  }
  assert.equal(Deno.readTextFileSync(`${home.path}.bak-20260105000000`), "no database 0");
});

Deno.test("another process that has the database open goes on with it (D36)", () => {
  using home = databaseHome();
  const other = home.open();
  store(other, ...reservations(100));
  replaceDatabase(options(home));
  assert.deepEqual(withRead(other, "looking", list), []);
  const row = reservation({ port: 6000 });
  store(other, row);
  assert.deepEqual(withRead(home.open(), "looking", list), [row]);
});

Deno.test("a database that another process is writing is not replaced (D36)", () => {
  using home = databaseHome();
  const other = home.open();
  store(other, reservation());
  const failure = withWrite(other, "holding the lock", () => {
    return failureOf(() => replaceDatabase(options(home)));
  });
  assert(failure.code === "lock-timeout");
  assert.equal(failure.operation, "opening, configuring, or migrating the database");
  assert.equal(withRead(other, "looking", list).length, 1);
});
