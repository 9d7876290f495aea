/**
 * Sudden death of any command that writes, at any moment: at one of its system calls, or after
 * some time. Whatever it was, what is left is what there was before or what the command makes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Home, Result, Run } from "../support/program.ts";
import type { Random } from "../support/random.ts";
import {
  CHANGING_CALLS,
  dieAt,
  hasStrace,
  readCalls,
  recordCalls,
  type SystemCall,
} from "../support/strace.ts";
import type { Campaign, Tally } from "./campaign.ts";
import {
  assertGoesOn,
  Checkpoint,
  type CommandLine,
  describeCopy,
  look,
  makeHome,
  NO_DATABASE,
  NOTHING,
  openIfPossible,
  type Stored,
  writingCommand,
} from "./world.ts";

export const crash: Campaign = {
  name: "crash",
  fault: "`kill -9` of any command that writes",
  unit: "deaths",
  rounds: 2000,
  async round(random, tally) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using home = await makeHome(random);
    do {
      const command = writingCommand({ home, random, busyPort: listener.addr.port });
      await killOnce(home, command, random, tally);
      // What a death left is where the next command begins.
    } while (random.chance(25));
  },
};

/** When a command dies. */
type Moment = SystemCall | { readonly milliseconds: number };

/** All there is to know about one death. */
interface Death {
  readonly command: CommandLine;
  readonly moment: Moment;
  /** How the command ends when it is left alone. */
  readonly whole: Result;
  /** How it ended. */
  readonly victim: Result;
  readonly before: Stored;
  /** The database as opening it alone makes it: an old one is migrated, a missing one created. */
  readonly opened: string;
  /** What the whole command makes. */
  readonly after: Stored;
  readonly found: Stored;
}

async function killOnce(
  home: Home,
  command: CommandLine,
  random: Random,
  tally: Tally,
): Promise<void> {
  const before = await look(home);
  const opened = describeCopy(home, openIfPossible);
  const { moment, ...rehearsal } = await rehearse(home, command, random);
  const victim = await runUntil(moment, home, command);
  const death = { command, moment, ...rehearsal, victim, before, opened, found: await look(home) };
  try {
    assertAllOrNothing(death);
    assertGoesOn(home, death.found);
  } catch (error) {
    throw new Error(JSON.stringify(death, null, 2), { cause: error });
  }
  count(tally, death);
}

function assertAllOrNothing({ command, whole, victim, before, opened, after, found }: Death): void {
  assert(whole.status === 0 || before.database === NO_DATABASE, "refused, so nothing was tried");
  const databases = [before.database, opened, after.database];
  // What is no database is moved away before there is another one.
  if (before.database === NO_DATABASE && command.args[0] === "init") databases.push(NOTHING);
  assert(databases.includes(found.database), "the database is neither old nor new");
  for (const [name, text] of Object.entries(found.configuration)) {
    const texts = [before.configuration[name], after.configuration[name]];
    assert(texts.includes(text), `${name} is neither old nor new`);
  }
  assert(whole.stdout.startsWith(victim.stdout), "it said what it should not");
  if (victim.stdout !== "") assert.deepEqual(found, after, "it said what was not done");
}

function count(tally: Tally, { victim, before, after, found }: Death): void {
  const died = victim.status === 128 + 9;
  tally.count(died ? "deaths" : "ends");
  if (isDeepStrictEqual(before, after)) return;
  const isDone = isDeepStrictEqual(found, after);
  tally.count(isDone ? "found new" : "found old");
  if (isDone && died) tally.count("died after the commit");
}

/** Lets the command run to its end, sees what that makes, and goes back to where it began. */
async function rehearse(
  home: Home,
  command: CommandLine,
  random: Random,
): Promise<Pick<Death, "whole" | "after" | "moment">> {
  using checkpoint = new Checkpoint(home);
  const calls = home.path("calls");
  const isTraced = hasStrace && random.chance(60);
  const start = performance.now();
  const whole = await run(home, command, isTraced ? recordCalls(calls, CHANGING_CALLS) : undefined)
    .result();
  const duration = performance.now() - start;
  const after = await look(home);
  checkpoint.restore();
  const moment = isTraced
    ? await chooseCall(calls, home, random)
    // The program is loaded first; what it then does takes the smaller part of the time.
    : { milliseconds: duration * (0.4 + 0.65 * random.fraction()) };
  return { whole, after, moment };
}

/** One of the calls from the first that had to do with the data directory on. */
async function chooseCall(file: string, home: Home, random: Random): Promise<SystemCall> {
  const calls = await readCalls(file);
  const first = calls.findIndex(({ text }) => text.includes(home.path(".trop")));
  return random.pick(calls.slice(Math.max(first, 0)));
}

async function runUntil(moment: Moment, home: Home, command: CommandLine): Promise<Result> {
  if ("name" in moment) return await run(home, command, dieAt(moment)).result();
  const victim = run(home, command);
  const timer = setTimeout(() => victim.killIfRunning(), moment.milliseconds);
  const result = await victim.result();
  clearTimeout(timer);
  return result;
}

function run(home: Home, { args, cwd, env }: CommandLine, script?: string): Run {
  return home.start(args, { cwd, env, ...(script === undefined ? {} : { script }) });
}
