/**
 * Bits that flip and ends that are missing: in the database, in its log and in the shared memory.
 * trop tells the truth or says that something is damaged, and what it then advises works.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { rawRow, writeV2 } from "../support/database.ts";
import { type Home, type Result, trop } from "../support/program.ts";
import type { Random } from "../support/random.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import type { Campaign } from "./campaign.ts";
import { copyFiles, databaseOf, ENVIRONMENT } from "./world.ts";

export const damage: Campaign = {
  name: "damage",
  fault: "flipped bits, wiped sectors and missing ends of database, log and shared memory",
  unit: "damaged files",
  rounds: 2000,
  async round(random, tally) {
    await using home = await trop.home({ ".trop": {} });
    using backup = temporaryDirectory();
    const states = writeOriginal(home, backup.path, random);
    const harm = spoil(home, random);
    const remaining = readRemaining(home, states);
    const question = random.pick(QUESTIONS)(states, random);
    const result = await ask(home, question.args);
    const isNamed = result.stderr.includes("database corruption detected");
    try {
      assertHonest(result);
      if (result.status === 0) question.check?.(result.stdout, remaining);
      if (isNamed) await followAdvice(home, result, { backup: backup.path, states, random });
    } catch (cause) {
      throw new Error(JSON.stringify({ harm, args: question.args, result }, null, 2), { cause });
    }
    tally.count(damage.unit);
    tally.count(isNamed ? "named" : result.status === 0 ? "of no consequence" : "other errors");
  },
};

/** Ports by path. */
type Ports = ReadonlyMap<string, number>;

/**
 * Writes a database, half of the time with a log of what was committed last, as a process leaves it
 * that was killed; and a backup of how it began.
 *
 * @returns All that it was, in order.
 */
function writeOriginal(home: Home, backup: string, random: Random): Ports[] {
  using directory = temporaryDirectory();
  const path = `${directory.path}/trop.db`;
  const ports = new Map(Array.from({ length: 2 + random.below(300) }, (_, index) => {
    return [
      `/w/${String(index).padStart(3, "0")}/d${"d".repeat(random.below(60))}`,
      20_000 + index,
    ];
  }));
  writeV2(path, { rows: ports.entries().map(([path, port]) => rawRow({ path, port })) });
  Deno.copyFileSync(path, `${backup}/trop.db`);
  const states = [ports];
  using database = new DatabaseSync(path);
  database.exec("PRAGMA wal_autocheckpoint = 0");
  const hasLog = random.chance(60);
  for (let count = hasLog ? 1 + random.below(8) : 0; count > 0; count--) {
    states.push(commitSomething(database, states.at(-1)!, random));
  }
  // With the connection open, so that the log is still there.
  copyFiles(directory.path, home.path(".trop"));
  return states;
}

function commitSomething(database: DatabaseSync, before: Map<string, number>, random: Random) {
  const ports = new Map(before);
  const gone = random.pick([...ports.keys()]);
  ports.delete(gone);
  const path = `/w/new/${before.size}/${random.below(1000)}`;
  const port = 20_500 + random.below(400);
  database.exec("BEGIN");
  database.prepare("DELETE FROM reservations WHERE path = ?").run(gone);
  if (![...ports.values()].includes(port) && !ports.has(path)) {
    const { project, task, createdAt, lastUsedAt } = rawRow();
    database.prepare("INSERT INTO reservations VALUES (?, '', ?, ?, ?, ?, ?)")
      .run(path, port, project, task, createdAt, lastUsedAt);
    ports.set(path, port);
  }
  database.exec("COMMIT");
  return ports;
}

/** Damages one of the files. @returns What was done. */
function spoil(home: Home, random: Random): string {
  const suffixes = ["", "-wal", "-shm"].filter((suffix) => sizeOf(databaseOf(home) + suffix) > 0);
  const path = databaseOf(home) + random.pick(["", ...suffixes]);
  const bytes = Deno.readFileSync(path);
  const at = random.below(bytes.length);
  const name = path.slice(path.lastIndexOf("/") + 1);
  switch (random.pick(["flip", "flip", "flip", "cut", "wipe", "copy"])) {
    case "flip": {
      const places = Array.from({ length: 1 + random.below(4) }, () => random.below(bytes.length));
      for (const place of places) bytes[place]! ^= 1 << random.below(8);
      Deno.writeFileSync(path, bytes);
      return `bits of ${name} flipped at ${places}`;
    }
    case "cut":
      Deno.truncateSync(path, at);
      return `${name} cut to ${at} of ${bytes.length} bytes`;
    case "wipe":
      Deno.writeFileSync(path, bytes.fill(0, at - at % 512, at - at % 512 + 512));
      return `${name} wiped at ${at - at % 512}`;
    default: {
      const [from, to] = [random.below(bytes.length), at].map((place) => place - place % 4096);
      bytes.copyWithin(to!, from!, from! + 4096);
      Deno.writeFileSync(path, bytes);
      return `${name}: the page at ${from} over the one at ${to}`;
    }
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** The rows that can still be read and are what they were at some time. */
function readRemaining(home: Home, states: readonly Ports[]): Ports {
  using copy = temporaryDirectory();
  copyFiles(home.path(".trop"), copy.path);
  const remaining = new Map<string, number>();
  try {
    using database = new DatabaseSync(`${copy.path}/trop.db`);
    const rows = database.prepare("SELECT path, port FROM reservations NOT INDEXED").iterate();
    for (const { path, port } of rows) {
      if (states.some((state) => state.get(String(path)) === port)) {
        remaining.set(String(path), Number(port));
      }
    }
  } catch {
    // What was read until then remains.
  }
  return remaining;
}

/** Something to ask trop, and how to tell that the answer is wrong. */
interface Question {
  readonly args: readonly string[];
  readonly check?: (stdout: string, remaining: Ports) => void;
}

const QUESTIONS: readonly ((states: readonly Ports[], random: Random) => Question)[] = [
  reserve,
  reserve,
  () => ({ args: ["reserve", "--path", "/w/never"], check: isFreePort("/w/never") }),
  () => ({ args: ["list", "--format", "json"], check: hasNoPortTwice }),
  (states, random) => {
    const [path, port] = random.pick([...states.at(-1)!]);
    return {
      args: ["port-info", `${port}`],
      check: (stdout, remaining) => {
        const told = /^Path: (.*)$/m.exec(stdout)?.[1];
        if (told !== undefined && remaining.get(path) === port) assert.equal(told, path);
      },
    };
  },
  (states, random) => ({ args: ["release", "--path", random.pick([...states.at(-1)!.keys()])] }),
  () => ({ args: ["prune"] }),
  () => ({ args: ["expire"] }),
  () => ({ args: ["list-projects"] }),
  () => ({ args: ["assert-data-dir", "--validate"] }),
];

function reserve(states: readonly Ports[], random: Random): Question {
  const path = random.pick([...states.at(-1)!.keys()]);
  return { args: ["reserve", "--path", path], check: isFreePort(path) };
}

/** The port that was printed is the one that `path` has, and nobody else's. */
function isFreePort(path: string): (stdout: string, remaining: Ports) => void {
  return (stdout, remaining) => {
    assert.match(stdout, /^\d+\n$/);
    const port = Number(stdout);
    const own = remaining.get(path);
    assert(own === undefined || own === port, `${port} instead of ${own}`);
    const holder = [...remaining].find(([other, taken]) => taken === port && other !== path);
    assert.equal(holder, undefined, `${port} belongs to another directory`);
  };
}

function hasNoPortTwice(stdout: string): void {
  const ports = (JSON.parse(stdout) as { port: number }[]).map(({ port }) => port);
  assert.equal(new Set(ports).size, ports.length, "a port is listed twice");
}

function ask(home: Home, args: readonly string[]): Promise<Result> {
  return home.start(args, { env: ENVIRONMENT }).result();
}

/** It ended by itself, with an exit code of the contract and without words about a defect. */
function assertHonest({ status, stdout, stderr }: Result): void {
  assert([0, 1, 2, 6].includes(status), "the exit code is not of the contract");
  assert(!/internal error|please report|panicked|at file:/.test(stderr), "a defect is reported");
  if (status === 0) return;
  assert.match(stderr, /^(Error|Assertion failed): .*\n$/m, "no error is told");
  assert.equal(stdout, "");
}

/** Does what the message says, word by word. */
async function followAdvice(
  home: Home,
  { stderr }: Result,
  { backup, states, random }: {
    readonly backup: string;
    readonly states: readonly Ports[];
    readonly random: Random;
  },
): Promise<void> {
  const advice = new RegExp(
    "Copy (.*) and its -wal and -shm files before anything else, then delete all three, " +
      "and restore a backup or reserve again",
  );
  const path = advice.exec(stderr)?.[1];
  assert.equal(path, databaseOf(home));
  for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(path + suffix).catch(() => {});
  if (random.chance(50)) {
    await Deno.copyFile(`${backup}/trop.db`, path!);
    const { status, stdout, stderr } = await ask(home, ["list", "--format", "json"]);
    assert.deepEqual([status, stderr], [0, ""], "after a backup was restored");
    const found = (JSON.parse(stdout) as { path: string; port: number }[])
      .map(({ path, port }) => [path, port] as const);
    assert.deepEqual(new Map(found), states[0], "after a backup was restored");
  } else {
    const { status, stderr } = await ask(home, ["reserve", "--path", "/w/again"]);
    assert.deepEqual([status, stderr], [0, ""], "after the file was deleted");
    const { stdout } = await ask(home, ["list", "--format", "json"]);
    assert.equal(JSON.parse(stdout).length, 1, "after the file was deleted");
  }
}
