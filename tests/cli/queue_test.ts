/**
 * Several commands that wait for one write lock: whoever has waited for a second stands in a queue.
 */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { rawConnection } from "../support/database.ts";
import { BLIND, type Circumstances, type Home, type Run } from "../support/program.ts";
import { databaseOf, homeStoring } from "../support/stored.ts";
import { failAt, hasStrace } from "../support/strace.ts";

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "(Linux only) who has waited for a second gets the lock in the order of coming",
  ignore,
  async fn() {
    await using place = await Place.locked();
    const runs: Run[] = [];
    while (runs.length < 4) {
      runs.push(place.reserve(`${runs.length}`, 60));
      await place.queueOf(runs.length);
    }
    place.unlock();
    // A new reservation gets the lowest port that is left.
    await Promise.all(runs.map((run, index) => run.end({ stdout: `${5000 + index}\n` })));
  },
});

Deno.test({
  name: "(Linux only) one that was stopped in the queue keeps others waiting, but not in vain",
  ignore,
  async fn() {
    await using place = await Place.locked();
    const first = place.reserve("first", 60);
    await place.queueOf(1);
    first.process.kill("SIGSTOP");
    const second = place.reserve("second", 3);
    await place.queueOf(2);
    place.unlock();
    await second.end({ stdout: "5000\n" });
    first.process.kill("SIGCONT");
    await first.end({ stdout: "5001\n" });
  },
});

Deno.test("the wait ends for those in the queue as for the first of them", async () => {
  await using place = await Place.locked();
  const start = performance.now();
  const runs = [place.reserve("first", 2), place.reserve("second", 2)];
  const stderr = "Error: database lock timeout while starting an immediate database transaction " +
    "after 2s\n";
  for (const run of runs) await run.end({ status: 2, stderr });
  assert(performance.now() - start >= 2000);
});

Deno.test({
  name: "where a directory cannot be locked there is no queue, and the lock is had all the same" +
    (hasStrace ? "" : " (ignored: there is no strace)"),
  ignore: !hasStrace,
  async fn() {
    await using place = await Place.locked();
    const log = place.home.path("calls");
    const script = failAt({ name: "flock", number: 1 }, "ENOLCK", place.directory, log);
    const run = place.reserve("first", 60, { script });
    await until(async () =>
      await place.home.exists("calls") && /ENOLCK/.test(await place.home.read("calls"))
    );
    place.unlock();
    await run.end({ stdout: "5000\n" });
  },
});

/** A database that somebody keeps locked. */
class Place implements AsyncDisposable {
  private constructor(readonly home: Home, readonly holder: ReturnType<typeof rawConnection>) {}

  static async locked(): Promise<Place> {
    const home = await homeStoring([]);
    const holder = rawConnection(databaseOf(home));
    holder.exec("BEGIN IMMEDIATE");
    return new Place(home, holder);
  }

  unlock(): void {
    this.holder.exec("COMMIT");
  }

  /** The data directory. */
  get directory(): string {
    return dirname(databaseOf(this.home));
  }

  reserve(path: string, waitSeconds: number, circumstances: Circumstances = {}): Run {
    const args = `reserve --force --path /${path} --busy-timeout ${waitSeconds}`.split(" ");
    return this.home.start(args, { ...circumstances, env: BLIND });
  }

  /** Waits until so many stand in the queue, the first of them included. */
  async queueOf(length: number): Promise<void> {
    const { ino } = await Deno.stat(this.directory);
    const lock = new RegExp(` FLOCK .*:${ino} `);
    await until(async () => {
      const locks = (await Deno.readTextFile("/proc/locks")).split("\n");
      return locks.filter((line) => lock.test(line)).length === length;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.holder.close();
    await this.home[Symbol.asyncDispose]();
  }
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!await isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
