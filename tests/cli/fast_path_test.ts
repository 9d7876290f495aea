/**
 * The fast path of `reserve` beside the command itself: it does the same, or nothing at all.
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { run } from "../../src/cli/app.ts";
import {
  COMMAND_VARIABLES,
  repeatReserve,
  SETTING_VARIABLES,
  UNCONFIGURED,
} from "../../src/cli/fast_path.ts";
import { VARIABLES as OTHER_VARIABLES } from "../../src/cli/grammar/reference.ts";
import { loadConfig } from "../../src/config/load.ts";
import { KEYS, settingOf } from "../../src/config/settings.ts";
import { Barrier } from "../support/barrier.ts";
import {
  doctor,
  doctorRows,
  type Fields,
  MONDAY,
  rawConnection,
  readRaw,
  writeV1,
} from "../support/database.ts";
import { IS_FFI, WATCHES_BUILT_IN } from "../support/flavour.ts";
import { FakeHost } from "../support/host.ts";
import { Peer } from "../support/peers.ts";
import { BLIND, type Home, symlink, type Tree } from "../support/program.ts";
import { statementsDuring } from "../support/statements.ts";
import { databaseOf, homeStoring, storedIn } from "../support/stored.ts";

const NOW = MONDAY + 60;

/** The world of a home, in which nothing is configured. */
function hostOf(home: Home, world: FakeHost["world"] = {}): FakeHost {
  return new FakeHost({ cwd: home.directory, env: { HOME: home.directory }, now: NOW, ...world });
}

Deno.test("the fast path marks the reservation as used, and nothing else", async () => {
  await using home = await homeStoring([
    { port: 5007, project: "shop", task: "main", createdAt: 1, lastUsedAt: 2 },
    { tag: "api" },
  ]);
  const before = storedIn(home);
  const host = hostOf(home);
  assert(await repeatReserve(host));
  assert.deepEqual(host.written, { stdout: "5007\n", stderr: "" });
  const after = before.map((row) => row[1] === "" ? row.with(6, BigInt(NOW)) : row);
  assert.deepEqual(storedIn(home), after);
});

Deno.test({
  name: `the fast path asks nothing of SQLite that the command does not${WATCHES_BUILT_IN}`,
  ignore: IS_FFI,
  async fn() {
    await using home = await homeStoring([{}]);
    const fast = await statementsDuring(() => repeatReserve(hostOf(home)));
    const command = await statementsDuring(() => run(["reserve"], hostOf(home)));
    assert(fast.includes("COMMIT"));
    assert.deepEqual(fast.filter((sql) => !command.includes(sql)), []);
    const settings = (statements: readonly string[]) =>
      statements.filter((sql) => sql.startsWith("PRAGMA ") && !sql.includes("busy_timeout"));
    assert.deepEqual(new Set(settings(fast)), new Set(settings(command)));
  },
});

/** Where nothing keeps the fast path from its answer. */
const ORDINARY: Readonly<Record<string, (home: Home) => FakeHost["world"] | Promise<void>>> = {
  "a data directory that is named": (home) => ({ env: { TROP_DATA_DIR: home.path(".trop") } }),
  "one with a slash behind its name": (home) => ({ env: { TROP_DATA_DIR: home.path(".trop/") } }),
  "variables of others that are empty": (home) => ({
    env: { HOME: home.directory, USERPROFILE: "", NO_COLOR: "" },
  }),
  "the owner that `trop run` tells": (home) => ({
    env: { HOME: home.directory, TROP_OWNER: home.directory },
  }),
  "a link to the database": async (home) => {
    await Deno.rename(home.path(".trop"), home.path("elsewhere"));
    await Deno.symlink(home.path("elsewhere"), home.path(".trop"));
  },
  "a configuration's dangling link": (home) => Deno.symlink("nowhere", home.path("trop.yaml")),
};

for (const [what, prepare] of Object.entries(ORDINARY)) {
  Deno.test(`the fast path takes ${what}`, async () => {
    await using home = await homeStoring([{}]);
    assert(await isFastAndRight(home, await prepare(home) ?? {}));
  });
}

Deno.test("the fast path knows all variables", () => {
  const known = [...COMMAND_VARIABLES, ...SETTING_VARIABLES, "TROP_DATA_DIR"];
  const ofSettings = KEYS.flatMap((key) => settingOf(key).variables ?? []);
  const others = OTHER_VARIABLES.map(([name]) => name).filter((name) => name.startsWith("TROP_"));
  assert.deepEqual(SETTING_VARIABLES, ofSettings.toSorted());
  assert.deepEqual(known.toSorted(), [...ofSettings, ...others].toSorted());
});

Deno.test("the fast path knows what holds where nothing is configured", async () => {
  const files = { kind: "none" } as const;
  const config = await loadConfig({ files, dataDirectory: "/d", env: () => undefined });
  assert.deepEqual({ ...config, ...UNCONFIGURED }, config);
});

for (const name of COMMAND_VARIABLES) {
  Deno.test(`the fast path leaves ${name} to the command`, async () => {
    await using home = await homeStoring([{}]);
    for (const value of ["", "1"]) {
      await leavesAlone(home, { env: { HOME: home.directory, [name]: value } });
    }
  });
}

/** What is configured where `work/here` has a port, and whether the fast path can go by it. */
const CONFIGURED: readonly (readonly [
  what: string,
  isFast: boolean,
  circumstances: {
    readonly tree?: Tree;
    readonly env?: Readonly<Record<string, string>>;
    readonly row?: Partial<Fields>;
  },
])[] = [
  ["a file of the user", true, { tree: { ".trop/config.yaml": "ports: { max: 5500 }\n" } }],
  ["a project's file", true, { tree: { "work/here/trop.yaml": "ports: { min: 6000 }\n" } }],
  ["a private file", true, { tree: { "work/here/trop.local.yaml": "excluded_ports: [5000]\n" } }],
  ["a project's file further up", true, { tree: { "trop.yaml": "disable_autoprune: true\n" } }],
  ["YAML that is not simple", true, { tree: { "trop.yaml": "ports: &a { min: 5000 }\n" } }],
  ["a file above the checkout", true, {
    tree: {
      "trop.yaml": "no: 1\n",
      "work/.git": { HEAD: "ref: refs/heads/main\n", objects: {}, refs: {} },
    },
  }],
  ["a variable", true, { env: { TROP_PORT_MIN: "6000" } }],
  ["a group", true, {
    tree: { "trop.yaml": "reservations: { services: { a: { offset: 0 } } }\n" },
  }],
  ["the project and the task that are stored", true, {
    tree: { "trop.yaml": "project: shop\n" },
    env: { TROP_TASK: " main " },
    row: { project: "shop", task: "main" },
  }],
  ["another project", false, {
    tree: { "trop.yaml": "project: shop\n" },
    row: { project: "bank" },
  }],
  ["a project where none is stored", false, { tree: { "trop.yaml": "project: shop\n" } }],
  ["another task, with permission", false, {
    env: { TROP_TASK: "next", TROP_ALLOW_CHANGE: "1" },
    row: { task: "main" },
  }],
  ["an unsafe port that is allowed", true, {
    env: { TROP_ALLOW_UNSAFE_PORTS: "1" },
    row: { port: 6000 },
  }],
  ["an unsafe port that is not", false, {
    env: { TROP_ALLOW_UNSAFE_PORTS: "0" },
    row: { port: 6000 },
  }],
  ["no wait for a lock", true, { env: { TROP_BUSY_TIMEOUT: "0" } }],
  ["the write-ahead log", true, { env: { TROP_SQLITE_JOURNAL: "wal" } }],
  ["a rollback journal", false, { env: { TROP_SQLITE_JOURNAL: "rollback" } }],
  ["a variable that is empty", false, { env: { TROP_PORT_MIN: "" } }],
  ["a key that there is not", false, { tree: { "trop.yaml": "prots: {}\n" } }],
  ["what is no YAML", false, { tree: { ".trop/config.yaml": "a: [\n" } }],
  ["a configuration that is a directory", false, { tree: { "work/trop.yaml": {} } }],
  ["a configuration that is no file", false, { tree: { "work/trop.yaml": symlink("/dev/null") } }],
];

for (const [what, isFast, { tree, env, row }] of CONFIGURED) {
  Deno.test(`the fast path ${isFast ? "takes" : "leaves"} ${what}`, async () => {
    await using home = await homeStoring([{ ...row, path: "work/here" }], {
      "work/here": {},
      ...tree,
    });
    const world = { cwd: home.path("work/here"), env: { HOME: home.directory, ...env } };
    assert.equal(await isFastAndRight(home, world), isFast);
  });
}

/** What else is for the command: what it is, and how it comes about where 5000 is reserved. */
const UNUSUAL: Readonly<
  Record<string, (home: Home) => FakeHost["world"] | void | Promise<FakeHost["world"] | void>>
> = {
  "a directory without a port": async (home) => {
    await home.write({ other: {} });
    return { cwd: home.path("other") };
  },
  "a directory that is gone": (home) => ({ cwd: home.path("gone") }),
  "the home directory unknown": () => ({ env: {} }),
  "a data directory without a name": (home) => ({
    env: { HOME: home.directory, TROP_DATA_DIR: "" },
  }),
  "a relative data directory": () => ({ env: { TROP_DATA_DIR: ".trop" } }),
  "a data directory that is missing": (home) => ({ env: { TROP_DATA_DIR: home.path("new") } }),
  "a database that is missing": (home) => Deno.remove(databaseOf(home)),
  "an empty database": (home) => Deno.truncate(databaseOf(home)),
  "what is no database": (home) => Deno.writeTextFile(databaseOf(home), "shopping list\n"),
  "a database of version 1": async (home) => {
    await Deno.remove(databaseOf(home));
    writeV1(databaseOf(home));
  },
  "a database of version 3": (home) => doctor(databaseOf(home), "UPDATE metadata SET value = '3'"),
  "a rollback journal": (home) => doctor(databaseOf(home), "PRAGMA journal_mode = DELETE"),
  "a port that browsers refuse": (home) => {
    doctor(databaseOf(home), "UPDATE reservations SET port = 6000");
  },
  "an index that has lost a row": (home) => {
    // Its pages are those of an index of nothing.
    doctor(
      databaseOf(home),
      `CREATE INDEX empty ON reservations(port) WHERE port = 0;
       UPDATE sqlite_schema
          SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'empty')
        WHERE name = 'sqlite_autoindex_reservations_1'`,
    );
  },
  "a project that is blank": (home) => {
    doctor(databaseOf(home), "UPDATE reservations SET project = ' '");
  },
  "a task that is no Unicode": (home) => {
    doctor(databaseOf(home), "UPDATE reservations SET task = CAST(x'66ff' AS TEXT)");
  },
  "a time that is a text": (home) => {
    doctorRows(databaseOf(home), "UPDATE reservations SET created_at = 'soon'");
  },
  "a trigger that refuses": (home) => {
    doctor(
      databaseOf(home),
      `CREATE TRIGGER no BEFORE UPDATE ON reservations BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
  },
  "a trigger that ignores": (home) => {
    doctor(
      databaseOf(home),
      `CREATE TRIGGER no BEFORE UPDATE ON reservations BEGIN SELECT RAISE(IGNORE); END`,
    );
  },
  "a clock before 1970": () => ({ now: -1 }),
};

for (const [what, prepare] of Object.entries(UNUSUAL)) {
  Deno.test(`the fast path leaves ${what} to the command`, async () => {
    await using home = await homeStoring([{}]);
    await leavesAlone(home, await prepare(home) ?? {});
  });
}

Deno.test({
  name: "the fast path leaves files that others may write to the command, unless that is allowed",
  ignore: Deno.build.os === "windows",
  async fn() {
    for (const name of [".trop", ".trop/trop.db"]) {
      await using home = await homeStoring([{}]);
      await Deno.chmod(home.path(name), 0o777);
      await leavesAlone(home);
      const env = { HOME: home.directory, TROP_ALLOW_SHARED_DATA_DIR: "1" };
      assert(await isFastAndRight(home, { env }));
    }
  },
});

Deno.test("the fast path leaves a database that is locked to the command, which waits", async () => {
  await using home = await homeStoring([{}]);
  using barrier = new Barrier();
  await using holder = new Peer();
  const { end } = await holder.begin("holdLock", { path: databaseOf(home) }, barrier);
  await leavesAlone(home);
  const waiting = home.run(["reserve"], { stdout: "5000\n" });
  setTimeout(() => barrier.release(), 1500);
  await end;
  await waiting;
});

Deno.test("the fast path leaves a standard output that takes nothing to the command", async () => {
  await using home = await homeStoring([{}]);
  const host = hostOf(home);
  const stdout = {
    ...host.stdout,
    write: () => {
      throw new Deno.errors.BrokenPipe();
    },
  };
  assert(!await repeatReserve({ ...host, stdout }));
});

Deno.test({
  name: "a standard output that is full fails as it does with every command",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using home = await homeStoring([{}]);
    const stderr = /^Error: I\/O error: cannot write to standard output: No space left on device/;
    for (const env of [{}, BLIND]) {
      await home.run(["reserve"], { script: '"$@" > /dev/full', status: 5, stderr, env });
    }
  },
});

Deno.test("whatever is stored and configured, the fast path does what the command does, or nothing", async () => {
  await using home = await homeStoring([{}]);
  const letters = fc.constantFrom("a", "B", " ", "\t", "\u0085", "ü", "\ufffd", "名", "😀");
  const name = fc.oneof(fc.constant(null), fc.constant("a"), fc.string({ unit: letters }));
  const row = fc.record({
    port: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(1, 5060, 6000, 65_535)),
    project: name,
    task: name,
    createdAt: fc.nat(),
    lastUsedAt: fc.nat(),
  });
  const settings = fc.record({
    project: fc.constantFrom("a", "B"),
    allow_unsafe_ports: fc.boolean(),
    allow_change: fc.boolean(),
    ports: fc.constantFrom({ min: 5000 }, { min: 1, max: 2 }, {}),
  }, { requiredKeys: [] });
  const variables = fc.record({
    TROP_TASK: fc.constantFrom("a", " a ", "B"),
    TROP_ALLOW_UNSAFE_PORTS: fc.constantFrom("1", "0", "perhaps"),
    TROP_BUSY_TIMEOUT: fc.constantFrom("0", "3"),
    TROP_SQLITE_JOURNAL: fc.constantFrom("auto", "wal", "rollback"),
  }, { requiredKeys: [] });
  const store = rowSetter(databaseOf(home));
  await fc.assert(
    fc.asyncProperty(row, settings, variables, async (fields, config, env) => {
      store(fields);
      await home.write({ "trop.yaml": JSON.stringify(config) });
      const world = { env: { HOME: home.directory, ...env } };
      assert.equal(await isFastAndRight(home, world), await isOrdinary(home, world));
    }),
    { numRuns: 300 },
  );
});

/** Gives the only row of a file other values, whether they may be stored or not, and a log. */
function rowSetter(path: string) {
  return ({ port, project, task, createdAt, lastUsedAt }: Omit<Fields, "path" | "tag">) => {
    using database = rawConnection(path);
    database.exec("PRAGMA journal_mode = WAL");
    database.prepare(
      "UPDATE reservations SET port = ?, project = ?, task = ?, created_at = ?, last_used_at = ?",
    ).run(port, project, task, createdAt, lastUsedAt);
  };
}

/** Asserts that the fast path does not answer, and that nothing is changed or printed. */
async function leavesAlone(home: Home, world: FakeHost["world"] = {}): Promise<void> {
  const before = stateOf(home);
  const host = hostOf(home, world);
  assert(!await repeatReserve(host));
  assert.deepEqual(host.written, { stdout: "", stderr: "" });
  assert.deepEqual(stateOf(home), before);
}

/**
 * Takes the fast path and asserts that it does what the command does, or nothing.
 *
 * @returns Whether it answered. The database is as it was.
 */
async function isFastAndRight(home: Home, world: FakeHost["world"]): Promise<boolean> {
  const before = Deno.readFileSync(databaseOf(home));
  const fast = hostOf(home, world);
  if (!await repeatReserve(fast)) {
    Deno.writeFileSync(databaseOf(home), before);
    await leavesAlone(home, world);
    return false;
  }
  const after = { rows: storedIn(home), journal: journalOf(home) };
  Deno.writeFileSync(databaseOf(home), before);
  const command = hostOf(home, world);
  assert.equal(await run(["reserve"], command), 0, command.written.stderr);
  assert.deepEqual(fast.written, command.written);
  assert.deepEqual({ rows: storedIn(home), journal: journalOf(home) }, after);
  Deno.writeFileSync(databaseOf(home), before);
  return true;
}

/** The bytes of the header that tell which journal a file has. */
function journalOf(home: Home): Uint8Array {
  return Deno.readFileSync(databaseOf(home)).slice(18, 20);
}

/** Whether the command has nothing to say, and nothing to change but the time of the last use. */
async function isOrdinary(home: Home, world: FakeHost["world"]): Promise<boolean> {
  const lasting = () => [journalOf(home), ...storedIn(home).map((row) => row.slice(0, 6))];
  const before = lasting();
  const host = hostOf(home, world);
  const status = await run(["reserve"], host);
  return status === 0 && host.written.stderr === "" && isDeepStrictEqual(lasting(), before);
}

/** What lies in the data directory, and what the database holds, if it is one. */
function stateOf(home: Home): unknown {
  const names = Array.from(Deno.readDirSync(home.path(".trop")), ({ name }) => name).toSorted();
  if (!names.includes("trop.db")) return names;
  try {
    return { names, ...readRaw(databaseOf(home)) };
  } catch {
    return { names, bytes: Deno.readFileSync(databaseOf(home)) };
  }
}
