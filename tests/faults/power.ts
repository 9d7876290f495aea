/**
 * Loss of power at any moment, with any part of what was written since on the disk; and copies of
 * the files that are taken in the middle of everything.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { Barrier } from "../support/barrier.ts";
import { Peer } from "../support/peers.ts";
import type { Home } from "../support/program.ts";
import type { Random } from "../support/random.ts";
import { hasStrace, readCalls, recordCalls, type SystemCall } from "../support/strace.ts";
import type { Campaign } from "./campaign.ts";
import { Disk, DISK_CALLS, TRACING } from "./disk.ts";
import {
  assertGoesOn,
  type CommandLine,
  databaseOf,
  describeCopy,
  directoriesOf,
  look,
  makeHome,
  NO_DATABASE,
  NOTHING,
  openIfPossible,
  replaceFiles,
  type Stored,
  writingCommand,
} from "./world.ts";

/** How often the power is lost in a round. */
const CUTS = 20;

export const power: Campaign = {
  name: "power",
  fault: "power lost at any moment; of what was not synced, any part is on the disk",
  unit: "losses of power",
  unavailable: hasStrace ? undefined : "there is no strace",
  rounds: 200,
  async round(random, tally) {
    await using home = await makeHome(random);
    const { disk, stages, runs, beside } = await record(home, random);
    const calls = runs.flatMap((calls, run) => calls.map((call) => ({ call, run })));
    const cuts = Array.from({ length: CUTS }, () => random.below(calls.length));
    for (const [index, { call, run }] of calls.entries()) {
      disk.observe(call);
      for (const _cut of cuts.filter((cut) => cut === index)) {
        replaceFiles(home, disk.afterPowerLoss(random));
        const found = await look(home);
        try {
          assertOneOf(stages.slice(0, run + 2), found, beside);
          assertGoesOn(home, found);
        } catch (error) {
          const message = JSON.stringify(
            { run, call: call.text.slice(0, 200), found, stages },
            null,
            2,
          );
          throw new Error(message, { cause: error });
        }
        tally.count(power.unit);
        if (!isDeepStrictEqual(found, stages[run + 1]!.stored)) tally.count("earlier states");
      }
    }
  },
};

/** What there is between two commands. */
interface Stage {
  readonly stored: Stored;
  /** The database as opening it alone makes it: an old one is migrated, a missing one created. */
  readonly opened: string;
}

/** A few commands, and what they did to the disk. */
interface Recording {
  /** The disk before the first one. */
  readonly disk: Disk;
  /** What there was before the first command and after each. */
  readonly stages: readonly Stage[];
  /** The system calls of each command. */
  readonly runs: readonly (readonly SystemCall[])[];
  /** Whether another process had the database open. */
  readonly beside: boolean;
}

async function record(home: Home, random: Random): Promise<Recording> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const first = await look(home);
  const beside = first.database.startsWith("version") && random.chance(50);
  await using _neighbour = beside ? await openBeside(home) : undefined;
  const stages = [await stage(home)];
  const disk = new Disk(directoriesOf(home));
  const runs: SystemCall[][] = [];
  for (let count = 1 + random.below(4); count > 0; count--) {
    const command = writingCommand({ home, random, busyPort: listener.addr.port });
    runs.push(await trace(home, command));
    stages.push(await stage(home));
  }
  return { disk, stages, runs, beside };
}

/** Another process that reads, so that no command is the last one to close the database. */
async function openBeside(home: Home): Promise<AsyncDisposable> {
  const peer = new Peer();
  const barrier = new Barrier();
  const { end } = await peer.begin("holdSnapshot", { path: databaseOf(home) }, barrier);
  return {
    [Symbol.asyncDispose]: async () => {
      barrier.release();
      await end;
      barrier[Symbol.dispose]();
      await peer[Symbol.asyncDispose]();
    },
  };
}

async function stage(home: Home): Promise<Stage> {
  return { stored: await look(home), opened: describeCopy(home, openIfPossible) };
}

async function trace(home: Home, { args, cwd, env }: CommandLine): Promise<SystemCall[]> {
  const file = home.path("calls");
  const script = recordCalls(file, DISK_CALLS, TRACING);
  await home.start(args, { cwd, env, script }).result();
  return await readCalls(file);
}

/**
 * Holds what was found against the stages up to the end of the command that was cut short. What
 * ends alone has synced all it did; beside another process the last commits may be lost.
 */
function assertOneOf(
  stages: readonly Stage[],
  { database, configuration }: Stored,
  beside: boolean,
) {
  const latest = stages.slice(-2);
  const possible = (beside ? stages : latest).flatMap(({ stored, opened }) => {
    // What is no database is moved away before there is another one.
    return [stored.database, opened, ...stored.database === NO_DATABASE ? [NOTHING] : []];
  });
  assert(possible.includes(database), "the database is of no moment that it may be of");
  for (const [name, text] of Object.entries(configuration)) {
    const texts = latest.map(({ stored }) => stored.configuration[name]);
    assert(texts.includes(text), `${name} is neither old nor new`);
  }
}
