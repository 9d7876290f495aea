/**
 * Many processes on one database. Each group of processes is released from a barrier at once, and
 * no test waits for a time to pass.
 *
 * Not here: C09 and C10, which are storms of whole programs (tests/faults/load_test.ts, and `crowd` of
 * `deno task torture`), and C13, which needs the other tool.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Barrier, ScriptBarrier, WAITING_SCRIPT } from "../support/barrier.ts";
import {
  databaseHome,
  doctor,
  homeWith,
  reservations,
  V2_TABLES,
  validRows,
  writeV1,
  writeV2,
} from "../support/database.ts";
import { LEDGER } from "../support/peer_tasks.ts";
import { atOnce, crew, Peer, resultOf } from "../support/peers.ts";
import { type Home, trop } from "../support/program.ts";

/** The ports in what is left when all are done. */
function storedPorts({ path }: { readonly path: string }): number[] {
  return validRows(path).map(({ port }) => port).toSorted((a, b) => a - b);
}

/** The lowest ports that as many reservations must have got. */
function lowestPorts(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 5000 + index);
}

function directories(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `/w/${name}/${index}`);
}

Deno.test("C01 ten processes reserve for a directory each", async () => {
  using home = homeWith();
  await using team = crew(10);
  const ports = await atOnce(team.peers, "reserve", (index) => ({
    path: home.path,
    paths: directories(`${index}`, 1),
  }));
  assert.deepEqual(storedPorts(home), lowestPorts(10));
  assert.deepEqual(ports.flat().toSorted(), lowestPorts(10));
});

/** Files that a first open changes, and which statement shows who did it. */
const FIRST_OPENS: readonly {
  id: string;
  state: string;
  rounds: number;
  write: (path: string) => void;
  done: RegExp;
}[] = [
  { id: "C02", state: "no file", rounds: 25, write: () => {}, done: /^CREATE TABLE/ },
  {
    id: "C02",
    state: "an empty file",
    rounds: 10,
    write: (path) => Deno.writeTextFileSync(path, ""),
    done: /^CREATE TABLE/,
  },
  {
    id: "C02",
    state: "the first table alone",
    rounds: 10,
    write: (path) => doctor(path, V2_TABLES.split(";")[0]!),
    done: /^INSERT INTO metadata/,
  },
  {
    id: "C02",
    state: "the number 1 on version 2's tables",
    rounds: 10,
    write: (path) => writeV2(path, { version: "1" }),
    done: /^UPDATE metadata/,
  },
  {
    id: "C11",
    state: "version 1",
    rounds: 10,
    write: (path) => writeV1(path),
    done: /^DROP TABLE/,
  },
  {
    id: "C11",
    state: "version 1 without a write-ahead log",
    rounds: 10,
    write: (path) => {
      writeV1(path);
      doctor(path, "PRAGMA journal_mode = DELETE");
    },
    done: /^DROP TABLE/,
  },
];

for (const { id, state, rounds, write, done } of FIRST_OPENS) {
  const name = `${id} eight processes open ${state} at once, ${rounds} times: one does the work`;
  Deno.test(name, async () => {
    await using team = crew(8);
    for (let round = 0; round < rounds; round++) {
      using home = databaseHome();
      write(home.path);
      const runs = await atOnce(team.peers, "open", () => ({ path: home.path }));
      const workers = runs.filter((statements) => statements.some((sql) => done.test(sql)));
      assert.equal(workers.length, 1);
      assert.deepEqual(storedPorts(home), []);
    }
  });
}

Deno.test("C11 two processes migrate 10,000 rows while six read them", async () => {
  using home = databaseHome();
  writeV1(home.path, { rows: reservations(10_000) });
  await using team = crew(8);
  const runs = await atOnce(team.peers, "open", (index) => ({
    path: home.path,
    queryOnly: index >= 2,
  }));
  const migrators = runs.filter((statements) => statements.some((sql) => /^DROP/.test(sql)));
  assert.equal(migrators.length, 1);
  assert.deepEqual(storedPorts(home), lowestPorts(10_000));
});

Deno.test("C03 64 processes open no file and reserve at once", async () => {
  using home = databaseHome();
  await using team = crew(64);
  await atOnce(team.peers, "reserve", (index) => ({
    path: home.path,
    paths: directories(`${index}`, 1),
  }));
  assert.deepEqual(storedPorts(home), lowestPorts(64));
});

Deno.test("C04 32 processes reserve 50 times each: no port twice, no lock timeout", async () => {
  using home = homeWith();
  await using team = crew(32);
  const ports = await atOnce(team.peers, "reserve", (index) => ({
    path: home.path,
    paths: directories(`${index}`, 50),
  }));
  assert.deepEqual(ports.flat().toSorted(), lowestPorts(1600));
  assert.deepEqual(storedPorts(home), lowestPorts(1600));
});

for (
  const [what, journals] of [
    ["all keep a rollback journal", ["rollback"]],
    ["they do not agree on the journal", ["rollback", "wal"]],
  ] as const
) {
  Deno.test(`eight processes reserve 20 times each while ${what}`, async () => {
    using home = homeWith();
    await using team = crew(8);
    await atOnce(team.peers, "reserve", (index) => ({
      path: home.path,
      paths: directories(`${index}`, 20),
      journal: journals[index % journals.length]!,
      busyTimeoutMs: 60_000,
    }));
    assert.deepEqual(storedPorts(home), lowestPorts(160));
  });
}

Deno.test("C05 a lock that is held: waiting 1 s fails, waiting 5 s succeeds", async () => {
  await using home = await trop.home();
  await using holder = new Peer();
  using barrier = new Barrier();
  const holding = await holder.begin("holdLock", { path: home.path(".trop/trop.db") }, barrier);
  const patient = home.start(["reserve", "--busy-timeout", "5"]);
  await home.run(["reserve", "--busy-timeout", "1"], {
    status: 2,
    stderr: "Error: database lock timeout while starting an immediate database transaction " +
      "after 1s\n",
  });
  barrier.release();
  await holding.end;
  await patient.end({ stdout: "5000\n" });
});

/** Runs `trop reserve` in `directories` at once. @returns The ports that were printed. */
async function reserveAtOnce(
  home: Home,
  directories: readonly string[],
  { options = [], stderr = "" }: { options?: readonly string[]; stderr?: RegExp | string } = {},
): Promise<number[]> {
  using barrier = new ScriptBarrier();
  const runs = directories.map((cwd) =>
    home.start(["reserve", ...options], { cwd, script: WAITING_SCRIPT, env: barrier.env })
  );
  await barrier.arrivals(runs.length);
  barrier.release();
  const results = await Promise.all(runs.map((run) => run.end({ stdout: /^\d+\n$/, stderr })));
  return results.map(({ stdout }) => Number(stdout));
}

Deno.test("C06 twenty programs prefer one port: one gets it, the others another", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `project-${index}`);
  await using home = await trop.home(Object.fromEntries(names.map((name) => [name, {}])));
  const ports = await reserveAtOnce(home, names, {
    options: ["--port", "6200"],
    stderr: /^(Warning: port 6200 is reserved.*\n)?$/,
  });
  assert.equal(ports.filter((port) => port === 6200).length, 1);
  assert.equal(new Set(ports).size, 20);
  const stored = storedPorts({ path: home.path(".trop/trop.db") });
  assert.deepEqual(stored, ports.toSorted((a, b) => a - b));
});

Deno.test("C07 twenty programs reserve for one directory: all print the same port", async () => {
  await using home = await trop.home({ project: {} });
  const ports = await reserveAtOnce(home, Array(20).fill("project"));
  assert.equal(new Set(ports).size, 1);
  assert.deepEqual(storedPorts({ path: home.path(".trop/trop.db") }), ports.slice(0, 1));
});

Deno.test("C08 eight processes list while eight write: each list is of one moment", async () => {
  const [writers, each] = [8, 50];
  using home = homeWith(LEDGER);
  await using keepers = crew(writers);
  await using auditors = crew(8);
  const { path } = home;
  const [moments] = await Promise.all([
    atOnce(auditors.peers, "auditLedger", () => ({ path, commits: writers * each })),
    atOnce(keepers.peers, "keepLedger", (index) => ({ path, commits: each, name: `${index}` })),
  ]);
  assert.deepEqual(storedPorts(home), [LEDGER.port, ...lowestPorts(writers * each)]);
  // Nobody has only seen how it began and how it ended.
  assert(moments.every((count) => count > 2), `moments that were seen: ${moments}`);
});

Deno.test("C12 eight threads of one process, and another one, write 200 times each", async () => {
  using home = homeWith();
  using barrier = new Barrier();
  await using threads = new Peer({ threads: true });
  // If a thread lost the locks of all others, this process would get in.
  await using peer = new Peer();
  const begun = await Promise.all([
    threads.begin("reserve", { path: home.path, paths: directories("threads", 1600) }, barrier),
    peer.begin("reserve", { path: home.path, paths: directories("process", 200) }, barrier),
  ]);
  barrier.release();
  const ports = (await Promise.all(begun.map(({ end }) => end))).flatMap(resultOf);
  assert.deepEqual(ports.toSorted(), lowestPorts(1800));
  assert.deepEqual(storedPorts(home), lowestPorts(1800));
});
