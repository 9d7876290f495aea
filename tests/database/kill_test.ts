/**
 * Sudden death: `kill -9` at every statement and at any moment.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Barrier } from "../support/barrier.ts";
import {
  type DatabaseHome,
  databaseHome,
  doctor,
  rawConnection,
  reservations,
  validRows,
  writeV1,
} from "../support/database.ts";
import { forEach } from "../support/lanes.ts";
import { Peer, resultOf } from "../support/peers.ts";
import { trop } from "../support/program.ts";
import { testAtRandom } from "../support/random.ts";

/** Copies what a process left, but for the shared memory, which is made anew. */
function copyDatabase(from: DatabaseHome, to: DatabaseHome): void {
  for (const { name } of Deno.readDirSync(from.directory)) {
    if (!name.endsWith("-shm")) {
      Deno.copyFileSync(`${from.directory}/${name}`, `${to.directory}/${name}`);
    }
  }
}

/** The size of the write-ahead log in bytes. */
function logSize({ directory, path }: DatabaseHome): number {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  return names.includes("trop.db-wal") ? Deno.statSync(`${path}-wal`).size : 0;
}

/** All that a file holds, as one text that is quick to compare; read around trop's own code. */
function contents(path: string): string {
  using database = rawConnection(path);
  const texts = database.prepare(`
    SELECT integrity_check FROM pragma_integrity_check
    UNION ALL SELECT group_concat(name || sql) FROM (SELECT * FROM sqlite_schema ORDER BY name)
    UNION ALL SELECT group_concat(key || value) FROM (SELECT * FROM metadata ORDER BY key)
    UNION ALL SELECT group_concat(concat_ws(' ', path, quote(tag), port, quote(project),
                                            quote(task), created_at, last_used_at))
      FROM (SELECT * FROM reservations ORDER BY path, tag)`).all();
  return texts.map(({ integrity_check: text }) => text).join("\n");
}

/** {@linkcode contents} of a file that the next command shall find as it is now. */
function contentsOfCopy(home: DatabaseHome): string {
  using copy = databaseHome();
  copyDatabase(home, copy);
  return contents(copy.path);
}

/** So small that changes reach the disk before they are committed. */
const CACHE_PAGES = 10;

/** Has another process open the file and die before one of its statements. */
async function dieWhileOpening(path: string, dieBefore: number): Promise<void> {
  await using peer = new Peer();
  await peer.die("open", { path, dieBefore, cachePages: CACHE_PAGES });
}

/** Has another process open the file and ends it after so many milliseconds. */
async function dieAfter(path: string, milliseconds: number): Promise<void> {
  await using peer = new Peer();
  using barrier = new Barrier();
  const { end } = await peer.begin("open", { path, cachePages: CACHE_PAGES }, barrier);
  // It may be done before, and mostly it is not.
  const ended = Promise.allSettled([end]);
  barrier.release();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await peer.kill();
  await ended;
}

/** What another process does when it opens the file, and how long that takes in milliseconds. */
async function watchOpening(path: string): Promise<{ statements: string[]; duration: number }> {
  await using peer = new Peer();
  using barrier = new Barrier();
  const { end } = await peer.begin("open", { path, cachePages: CACHE_PAGES }, barrier);
  const start = performance.now();
  barrier.release();
  return { statements: resultOf(await end), duration: performance.now() - start };
}

/** A file of version 1, and what is seen in it before and after its migration. */
async function migrationFixture({ rows, journal }: { rows: number; journal: string }) {
  const home = databaseHome();
  writeV1(home.path, { rows: reservations(rows), metadata: [["note", "kept"]] });
  doctor(home.path, `PRAGMA journal_mode = ${journal}`);
  using copy = databaseHome();
  copyDatabase(home, copy);
  const opening = await watchOpening(copy.path);
  const [before, after] = [contents(home.path), contents(copy.path)];
  const describe = (found: string) =>
    found === before ? "version 1" : found === after ? "version 2" : `neither: ${found}`;
  return { ...opening, home, describe };
}

for (const fixture of [{ rows: 5000, journal: "WAL" }, { rows: 500, journal: "DELETE" }]) {
  Deno.test(`K02 death before each statement of migrating ${fixture.journal} mode`, async () => {
    const { home, describe, statements } = await migrationFixture(fixture);
    using _home = home;
    const commit = statements.lastIndexOf("COMMIT");
    let uncommitted = 0;

    await forEach(statements.keys(), async (number) => {
      using victim = databaseHome();
      copyDatabase(home, victim);
      await dieWhileOpening(victim.path, number);
      if (number <= commit) uncommitted = Math.max(uncommitted, logSize(victim));
      const found = describe(contentsOfCopy(victim));
      const where = `before statement ${number}: ${statements[number]}`;
      assert.equal(found, number <= commit ? "version 1" : "version 2", where);
      assert.equal(validRows(victim.path).length, fixture.rows, where);
      assert.equal(describe(contents(victim.path)), "version 2", where);
    });
    // Otherwise nothing of the unfinished migration had reached the disk.
    assert(uncommitted > 60 * fixture.rows, `${uncommitted} bytes in the log`);
  });

  const name = `K02 death at any moment of migrating ${fixture.journal} mode`;
  testAtRandom(name, async (random) => {
    const { home, describe, duration } = await migrationFixture(fixture);
    using _home = home;
    await forEach(Array(30).keys(), async () => {
      using victim = databaseHome();
      copyDatabase(home, victim);
      await dieAfter(victim.path, random.fraction() * duration);
      assert.match(describe(contentsOfCopy(victim)), /^version [12]$/);
      assert.equal(validRows(victim.path).length, fixture.rows);
      assert.equal(describe(contents(victim.path)), "version 2");
    });
  });
}

Deno.test("K02 death before each statement of a first open", async () => {
  using whole = databaseHome();
  const { statements } = await watchOpening(whole.path);
  const commit = statements.lastIndexOf("COMMIT");
  const complete = contents(whole.path);
  await forEach(statements.keys(), async (number) => {
    using victim = databaseHome();
    await dieWhileOpening(victim.path, number);
    const where = `before statement ${number}: ${statements[number]}`;
    const found = hasTables(victim) ? contentsOfCopy(victim) : "nothing";
    assert.equal(found, number <= commit ? "nothing" : complete, where);
    assert.deepEqual(validRows(victim.path), [], where);
    assert.equal(contents(victim.path), complete, where);
  });
});

testAtRandom("K02 death at any moment of a first open", async (random) => {
  using whole = databaseHome();
  const { duration } = await watchOpening(whole.path);
  const complete = contents(whole.path);
  await forEach(Array(60).keys(), async () => {
    using victim = databaseHome();
    await dieAfter(victim.path, random.fraction() * duration);
    assert.deepEqual(validRows(victim.path), []);
    assert.equal(contents(victim.path), complete);
  });
});

/** Whether there is any, looked up in a copy. */
function hasTables(home: DatabaseHome): boolean {
  using copy = databaseHome();
  copyDatabase(home, copy);
  using database = rawConnection(copy.path);
  return database.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined;
}

const RUNS = 1000;

testAtRandom(`K01 death at any moment of ${RUNS} runs of trop reserve`, async (random) => {
  await using home = await trop.home();
  const path = home.path(".trop/trop.db");
  const reserve = (name: string) => home.start(["reserve", "--path", name]);
  const start = performance.now();
  await reserve("whole").end({ stdout: /^\d+\n$/ });
  // What a run takes, in milliseconds.
  let span = performance.now() - start;

  const printed = new Map<string, number>();
  const outcomes = { ended: 0, storedAndKilled: 0, killed: 0 };
  await forEach(Array(RUNS).keys(), async (number) => {
    const name = `run-${number}`;
    const run = reserve(name);
    // The program is loaded first; what it then does to the database takes the smaller part.
    const death = setTimeout(() => run.killIfRunning(), (0.5 + 0.6 * random.fraction()) * span);
    const { status, stdout, stderr } = await run.result();
    clearTimeout(death);
    // However fast the machine is at the moment: two of three runs are to die.
    span *= status === 0 ? 0.98 : 1.01;
    assert.equal(stderr, "");
    if (stdout !== "") printed.set(home.path(name), Number(stdout));

    const stored = new Map(validRows(path).map(({ path, port }) => [path as string, port]));
    for (const [path, port] of printed) assert.equal(stored.get(path), port, path);
    if (status === 0) outcomes.ended++;
    else if (stored.has(home.path(name))) outcomes.storedAndKilled++;
    else outcomes.killed++;
  });
  // Enough of them died, and some of these between the commit and the end.
  assert(outcomes.killed > RUNS / 4, JSON.stringify(outcomes));
  assert(outcomes.storedAndKilled > 0, JSON.stringify(outcomes));
});

for (
  const [left, tree] of [
    ["the directory", {}],
    ["the directory and an empty file", { "trop.db": "" }],
  ] as const
) {
  Deno.test(`K03 after a death that leaves ${left}, the next run initialises`, async () => {
    await using home = await trop.home({ project: {}, ".trop": tree });
    await home.run(["reserve"], { cwd: "project", stdout: /^\d+\n$/ });
    const rows = validRows(home.path(".trop/trop.db"));
    assert.deepEqual(rows.map(({ path }) => path), [home.path("project")]);
  });
}
