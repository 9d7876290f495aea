import assert from "node:assert/strict";
import { databaseOptions } from "../../src/database/config.ts";
import { openDatabase } from "../../src/database/connection.ts";
import { openSqlite } from "../../src/database/driver.ts";
import { exportV1 } from "../../src/database/export_v1.ts";
import { verify } from "../../src/database/integrity.ts";
import { list } from "../../src/database/operations.ts";
import { type OpenSqlite, RESULT, SqliteError } from "../../src/database/sqlite.ts";
import { withRead } from "../../src/database/transaction.ts";
import type { Violation } from "../../src/errors.ts";
import {
  databaseHome,
  doctor,
  failureOf,
  fileHash,
  type FixtureContents,
  homeWith,
  NAMED_INDEXES,
  type RawRow,
  rawRow,
  readRaw,
  reservation,
  V1_VARIANTS,
  V2_TABLES,
  writeV1,
} from "../support/database.ts";
import { watchedDriver } from "../support/watched_driver.ts";

/** Rows in every shape that a reservation can have, with and without tag, project and task. */
function v1Rows(count: number): RawRow[] {
  return Array.from({ length: count }, (_, index) =>
    rawRow({
      path: `/w/${index >> 1}`,
      tag: index % 2 ? "web" : null,
      port: 1024 + index,
      project: index % 3 ? "shop" : null,
      task: index % 5 ? null : "fix/42",
      createdAt: 1000 + index,
      lastUsedAt: 2000 + index,
    }));
}

for (const variant of V1_VARIANTS) {
  for (const count of [0, 1, 1000]) {
    Deno.test(`M01: ${count} rows of a ${variant} file keep everything; NULL tags become empty`, () => {
      using home = databaseHome();
      const rows = v1Rows(count);
      writeV1(home.path, { variant, rows });
      const stored = withRead(home.open(), "reading", (tx) => {
        verify(tx);
        return list(tx);
      });
      const wanted = rows.toSorted((a, b) => {
        const keys = [a, b].map(({ path, tag }) => `${path}\0${tag ?? ""}`);
        return keys[0]! < keys[1]! ? -1 : 1;
      });
      assert.deepEqual(stored.map((row) => ({ ...row })), wanted);
    });
  }
}

Deno.test("M01: 60,000 rows are migrated", () => {
  using home = databaseHome();
  writeV1(home.path, { rows: v1Rows(60_000) });
  home.open().close();
  assert.equal(readRaw(home.path).reservations.length, 60_000);
});

Deno.test("M02: rows of metadata that trop does not know survive", () => {
  using home = databaseHome();
  writeV1(home.path, { metadata: [["colour", "green"]] });
  home.open().close();
  assert.deepEqual(readRaw(home.path).metadata, [["colour", "green"], ["schema_version", "2"]]);
});

/** Each category alone: what the file holds, and how often it breaks the rule. */
const BLOCKED: readonly (readonly [
  id: string,
  category: string,
  count: number,
  contents: FixtureContents & { readonly sql?: string },
])[] = [
  ["M03", "duplicate logical reservation keys", 1, {
    rows: [rawRow({ port: 5000 }), rawRow({ port: 5001 }), rawRow({ port: 5002 })],
  }],
  ["M04", "duplicate reserved ports", 1, {
    rows: [rawRow({ path: "/w/a" }), rawRow({ path: "/w/b" })],
  }],
  ["M05", "empty legacy tags", 2, {
    rows: [rawRow({ tag: "" }), rawRow({ path: "/w/b", tag: "", port: 5001 })],
  }],
  ["M06", "ports outside 1..=65535", 3, {
    rows: [
      rawRow({ path: "/w/a", port: 0 }),
      rawRow({ path: "/w/b", port: 65536 }),
      rawRow({ path: "/w/c", port: "many" }),
    ],
  }],
  ["M07", "negative timestamps", 2, {
    rows: [
      rawRow({ path: "/w/a", createdAt: -1 }),
      rawRow({ path: "/w/b", port: 5001, lastUsedAt: "yesterday" }),
    ],
  }],
  ["M08", "invalid reservation scalar types", 2, {
    rows: [
      rawRow({ path: "/w/a", project: new Uint8Array([1]) }),
      rawRow({ path: "/w/b", port: 5001, tag: new Uint8Array([1]) }),
    ],
  }],
  ["M09", "invalid metadata scalar types", 1, {
    metadata: [["picture", new Uint8Array([1])]],
  }],
  ["M10", "timestamps after the year 262142", 1, {
    rows: [rawRow({ lastUsedAt: 8_210_266_876_800n })],
  }],
  ["M11", "paths that are not absolute and normal", 4, {
    rows: ["relative", "/w/../a", "/w/", "/w\0a"].map((path, index) =>
      rawRow({ path, port: 5000 + index })
    ),
  }],
  ["M12", "blank, untrimmed or damaged tags", 2, {
    rows: [rawRow({ tag: " web" }), rawRow({ tag: "\u0085", port: 5001 })],
  }],
  ["M12", "blank, untrimmed or damaged projects or tasks", 2, {
    rows: [
      rawRow({ path: "/w/a", project: "" }),
      rawRow({ path: "/w/b", task: "fix ", port: 5001 }),
    ],
  }],
  ["M13", "triggers, views and indexes that are not trop's", 3, {
    sql: `CREATE INDEX mine ON reservations(task);
      CREATE TRIGGER watch AFTER DELETE ON reservations BEGIN SELECT 1; END;
      CREATE VIEW ports AS SELECT port FROM reservations`,
  }],
  ["M14", "tables in the way of the migration", 1, { sql: "CREATE TABLE metadata_v2 (x)" }],
  ["M14", "tables whose columns are not those of version 1", 1, {
    sql: "ALTER TABLE reservations ADD COLUMN host TEXT",
  }],
  ["M14", "tables whose columns are not those of version 1", 1, {
    sql: "ALTER TABLE reservations DROP COLUMN task",
  }],
];

for (const [id, category, count, { sql, ...contents }] of BLOCKED) {
  for (const journal of ["wal", "delete"]) {
    const name =
      `${id}: "${category}=${count}" blocks the migration, journal ${journal}, and changes no byte`;
    Deno.test(name, () => {
      using home = databaseHome();
      const rows = [...contents.rows ?? []].map((row) => ({ ...row, task: row.task ?? "hush" }));
      writeV1(home.path, { variant: "pre-unique", ...contents, rows });
      if (sql !== undefined) doctor(home.path, sql);
      doctor(home.path, `PRAGMA journal_mode = ${journal}`);
      const before = fileHash(home.path);
      const failure = failureOf(() => home.open());
      assert(failure.code === "migration-blocked");
      const found = failure.violations.map(({ category, count }: Violation) => [category, count]);
      assert.deepEqual(found, [[category, count]]);
      assert.doesNotMatch(JSON.stringify(failure), /hush/);
      assert.equal(fileHash(home.path), before);
    });
  }
}

Deno.test("M14: a named index that is missing is made", () => {
  using home = databaseHome();
  writeV1(home.path, { rows: v1Rows(3) });
  doctor(home.path, "DROP INDEX idx_reservations_project");
  home.open().close();
  const names = readRaw(home.path).schema.map(([, name]) => name);
  assert(names.includes("idx_reservations_project"));
});

Deno.test("M15: who may not write is told that a migration is required", () => {
  using home = databaseHome();
  writeV1(home.path, { rows: v1Rows(3) });
  const before = fileHash(home.path);
  assert.deepEqual(failureOf(() => home.open({ readOnly: true })), {
    code: "migration-required",
    path: home.path,
    found: 1,
    target: 2,
  });
  assert.equal(fileHash(home.path), before);
});

Deno.test("M16: a second opening migrates nothing, and the way of waiting for the disk is restored", () => {
  using home = databaseHome();
  writeV1(home.path, { rows: v1Rows(3) });
  const first = home.open();
  assert.deepEqual(first.prepare("PRAGMA synchronous").get(), [1n]);
  first.close();
  const statements: string[] = [];
  home.open({}, watchedDriver(({ sql }) => void statements.push(sql)));
  assert.deepEqual(statements.filter((sql) => /IMMEDIATE|CREATE|DROP|FULL/.test(sql)), []);
});

Deno.test("M17: the export to version 1 holds the same, and opens as version 1 again", () => {
  using home = homeWith(
    reservation({ path: "/w/a", port: 5000, project: "shop" }),
    reservation({ path: "/w/a", tag: "web", port: 5001, task: "fix" }),
  );
  const target = `${home.directory}/exported.db`;
  const before = withRead(home.open(), "exporting", (tx) => {
    exportV1(tx, target);
    return list(tx);
  });
  const { metadata, reservations } = readRaw(target);
  assert.deepEqual(metadata, [["schema_version", "1"]]);
  assert.deepEqual(reservations.map(([, tag]) => tag), [null, "web"]);
  using database = openDatabase(databaseOptions(target));
  assert.deepEqual(withRead(database, "reading", list), before);
});

Deno.test("M18: a migration that fails at any of its statements leaves version 1 as it was", () => {
  const migrate = (failAt: number): "failed" | "done" => {
    using home = databaseHome();
    writeV1(home.path, { rows: v1Rows(20) });
    const before = readRaw(home.path);
    let count = 0;
    let inside = false;
    const driver = watchedDriver(({ sql }) => {
      inside ||= sql === "BEGIN IMMEDIATE";
      if (inside && sql !== "ROLLBACK" && ++count === failAt) {
        throw new SqliteError("disk I/O error", RESULT.IOERR);
      }
      if (sql === "COMMIT") inside = false;
    });
    try {
      home.open({}, driver);
    } catch {
      assert.deepEqual(readRaw(home.path), before);
      return "failed";
    }
    return "done";
  };
  let failAt = 1;
  while (migrate(failAt) === "failed") failAt++;
  // The transaction, its preflight, the copy, the exchange of the tables and the validation.
  assert(failAt > 30, `only ${failAt} statements were tried`);
});

Deno.test("M18: a migration for which there is no room leaves version 1 as it was (K06)", () => {
  using home = databaseHome();
  writeV1(home.path, { rows: v1Rows(200) });
  const before = readRaw(home.path);
  const full: OpenSqlite = (path, options) => {
    const connection = openSqlite(path, options);
    // As many as there are is the least.
    connection.prepare("PRAGMA max_page_count = 1").get();
    return connection;
  };
  assert.equal(failureOf(() => home.open({}, full)).code, "disk-full");
  assert.deepEqual(readRaw(home.path), before);
  assert.equal(withRead(home.open(), "reading in a test", list).length, 200);
});

Deno.test("M19: a newer version that appears while the lock is awaited is refused", () => {
  using home = databaseHome();
  writeV1(home.path, { rows: v1Rows(3) });
  let done = false;
  const driver = watchedDriver(({ sql }) => {
    if (sql !== "BEGIN IMMEDIATE" || done) return;
    done = true;
    doctor(home.path, "UPDATE metadata SET value = '3' WHERE key = 'schema_version'");
  });
  assert.deepEqual(failureOf(() => home.open({}, driver)), {
    code: "unsupported-schema-version",
    path: home.path,
    expected: 2,
    found: 3,
  });
});

Deno.test("version 1 written on tables of version 2 is corrected without touching a row", () => {
  using home = homeWith(reservation());
  doctor(home.path, "UPDATE metadata SET value = '1' WHERE key = 'schema_version'");
  const before = readRaw(home.path);
  assert.equal(failureOf(() => home.open({ readOnly: true })).code, "database-corruption");
  home.open().close();
  assert.deepEqual(readRaw(home.path), { ...before, metadata: [["schema_version", "2"]] });
});

Deno.test("the definitions of this test and of trop are the same ones", () => {
  using home = databaseHome();
  doctor(home.path, `${V2_TABLES}; ${NAMED_INDEXES}`);
  doctor(home.path, "INSERT INTO metadata VALUES ('schema_version', '2')");
  withRead(home.open(), "validating", verify);
});
