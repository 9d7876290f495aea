import assert from "node:assert/strict";
import { openSqlite } from "../../src/database/driver.ts";
import {
  fileHash,
  NAMED_INDEXES,
  rawRow,
  readRaw,
  V2_TABLES,
  writeV1,
} from "../support/database.ts";
import { BLIND, type Home, trop } from "../support/program.ts";

const env = BLIND;

const isWindows = Deno.build.os === "windows";

/** Definitions without what does not matter: white space and the quotes of a renamed table. */
function tokens(sql: string): string {
  return sql.replace(/"(\w+)"/g, "$1").replace(/\s+/g, " ").replace(/ ?([(),]) ?/g, "$1").trim();
}

async function homeWithV1(rows: Parameters<typeof writeV1>[1]): Promise<Home> {
  const home = await trop.home({ ".trop": {} });
  writeV1(home.path(".trop/trop.db"), rows);
  return home;
}

Deno.test("F01: the first reserve makes a file of version 2 that only its owner can read", {
  ignore: isWindows,
}, async () => {
  await using home = await trop.home();
  await home.run(["reserve"], { env, stdout: "5000\n" });
  const { schema, metadata } = readRaw(home.path(".trop/trop.db"));
  const wanted = `${V2_TABLES};${NAMED_INDEXES}`.split(";").map(tokens).filter(Boolean).toSorted();
  assert.deepEqual(schema.map(([, , sql]) => tokens(String(sql))).toSorted(), wanted);
  assert.deepEqual(metadata, [["schema_version", "2"]]);
  assert.equal((await Deno.stat(home.path(".trop"))).mode! & 0o777, 0o700);
  assert.equal((await Deno.stat(home.path(".trop/trop.db"))).mode! & 0o777, 0o600);
  using connection = openSqlite(home.path(".trop/trop.db"), {
    readOnly: true,
    immutable: false,
    timeoutMs: 0,
  });
  assert.deepEqual(connection.prepare("PRAGMA journal_mode").get(), ["wal"]);
});

Deno.test("F02: without auto-init a missing database is exit 3 and nothing is created", async () => {
  await using home = await trop.home({ ".trop": { "config.yaml": "disable_autoinit: true\n" } });
  for (const command of ["reserve", "release", "list", "prune", "expire", "autoclean"]) {
    await home.run([command], { env, status: 3, stderr: /^Error: Data directory not found / });
  }
  assert.deepEqual([...Deno.readDirSync(home.path(".trop"))].map(({ name }) => name), [
    "config.yaml",
  ]);
});

Deno.test("F08: a command that changes rows prints no product when it fails", async () => {
  await using home = await trop.home({ ".trop": { "trop.db": "this is no database".repeat(40) } });
  for (const args of [["reserve"], ["release"], ["prune", "--quiet"], ["autoclean", "--quiet"]]) {
    await home.run(args, { env, status: 6, stderr: /^Error: database corruption detected: / });
  }
});

/** What a command may begin: at most one write transaction. */
const TRANSACTIONS: readonly (readonly [command: string, writes: number])[] = [
  ["reserve", 1],
  ["reserve --overwrite", 1],
  ["reserve --dry-run", 0],
  ["list", 0],
  ["release --dry-run", 0],
  ["prune", 1],
  ["expire", 1],
  ["autoclean", 1],
  ["release", 1],
];

Deno.test("F09: a command has at most one write transaction", async () => {
  await using home = await trop.home();
  await home.run(["reserve"], { env, stdout: "5000\n" });
  for (const [command, writes] of TRANSACTIONS) {
    const { stderr } = await home.run(command.split(" "), {
      env: { ...env, TROP_DEBUG: "1" },
      stdout: /^/,
      stderr: /^debug: read transaction of /,
    });
    assert.equal(stderr.match(/^debug: write transaction /gm)?.length ?? 0, writes, command);
  }
});

Deno.test("F11: the last command to leave takes the companions of the file with it", async () => {
  await using home = await trop.home();
  for (const command of ["reserve", "list", "release", "list"]) {
    await home.run([command], { env, stdout: /^/, stderr: /^/ });
    assert.deepEqual([...Deno.readDirSync(home.path(".trop"))].map(({ name }) => name), [
      "trop.db",
    ]);
  }
});

Deno.test("M01: a file of version 1 is migrated by the first command, with all its rows", async () => {
  const rows = Array.from({ length: 50 }, (_, index) =>
    rawRow({
      path: `/w/${index >> 1}`,
      tag: index % 2 ? "web" : null,
      port: 5000 + index,
      project: "shop",
    }));
  await using home = await homeWithV1({ rows });
  await home.run(["list", "--format", "csv"], { stdout: /^port,.*\n(.*\n){50}$/ });
  const { metadata, reservations } = readRaw(home.path(".trop/trop.db"));
  assert.deepEqual(metadata, [["schema_version", "2"]]);
  assert.deepEqual(reservations.filter(([, tag]) => tag === "").length, 25);
});

Deno.test("M03: a damaged file of version 1 is refused with its counts and keeps every byte", async () => {
  await using home = await homeWithV1({
    variant: "pre-unique",
    rows: [
      rawRow({ path: "/w/a", port: 5000, project: "secret" }),
      rawRow({ path: "/w/b", port: 5000 }),
      rawRow({ path: "/w/c", port: 70000 }),
      rawRow({ path: "relative", port: 5001 }),
    ],
  });
  const file = home.path(".trop/trop.db");
  const before = fileHash(file);
  const { stderr } = await home.run(["reserve"], {
    env,
    status: 6,
    stderr:
      /^Error: database migration from schema 1 to 2 blocked: .*left unchanged.*will not choose or discard/,
  });
  for (const count of [/duplicate reserved ports=1 /, /ports outside 1\.\.=65535=1 /]) {
    assert.match(stderr, count);
  }
  assert.doesNotMatch(stderr, /secret/);
  assert.equal(fileHash(file), before);
});
