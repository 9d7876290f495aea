/**
 * Many processes that use one database at the same time, each of them checking all that it is told.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { validRows } from "../support/database.ts";
import { type Home, type Result, trop } from "../support/program.ts";
import { Random } from "../support/random.ts";
import type { Campaign, Tally } from "./campaign.ts";
import type { WorkOrder, WorkReport } from "./load_worker.ts";
import { furnish, Tenant } from "./tenant.ts";
import { type CommandLine, databaseOf } from "./world.ts";

/** How much is going on. */
export interface Storm {
  readonly name: string;
  readonly tenants: number;
  /** How many commands each of them runs. */
  readonly commands: number;
  /** How many of a hundred are killed. */
  readonly deaths?: number;
}

/** The program itself, as often as there are tenants at any time. */
export function storm({ name, tenants, commands, deaths = 0 }: Storm): Campaign {
  const what = `${tenants} programs at any time`;
  return {
    name,
    fault: deaths === 0 ? what : `${what}, ${deaths} % of them killed`,
    unit: "commands",
    rounds: 1,
    async round(random, tally) {
      await using home = await trop.home();
      const programs = new Programs(home, deaths, tally);
      const done: number[] = Array(tenants).fill(0);
      const sizes = await allEnded(done.map(async (_, number) => {
        const chance = new Random(random.below(2 ** 31));
        const root = home.path(`tenant-${number}`);
        await furnish(root);
        const tenant = new Tenant(root, chance, (command) => programs.run(command, chance));
        for (; done[number]! < commands; done[number]!++) await tenant.step();
        if (tally.get("ended first") === 0) {
          tally.count("ended first", commands);
          tally.count("the slowest had done then", Math.min(...done));
        }
        tally.count("lock timeouts", tenant.timeouts);
        return tenant.size;
      }));
      assertAllThere(home, sizes);
    },
  };
}

/**
 * The program's own modules in processes that stay, so that starting takes no time: as many
 * commands in minutes as people run in weeks.
 */
export function endurance({ name, tenants, commands }: Omit<Storm, "deaths">): Campaign {
  return {
    name,
    fault: `${tenants} processes that run one command after the other`,
    unit: "commands",
    rounds: 1,
    async round(random, tally) {
      await using home = await trop.home();
      const reports = await allEnded(Array.from({ length: tenants }, async (_, number) => {
        const seed = random.below(2 ** 31);
        const root = home.path(`tenant-${number}`);
        await furnish(root);
        return await work({ home: home.directory, root, seed, commands });
      }));
      for (const { worstMs, worstWriteMs, timeouts } of reports) {
        tally.count("lock timeouts", timeouts);
        tally.highest("worst command (ms)", worstMs);
        tally.highest("worst write with its wait (ms)", worstWriteMs);
      }
      tally.count("commands", tenants * commands);
      const times = reports.map(({ totalMs }) => totalMs);
      tally.highest("first ended after (ms)", Math.min(...times));
      tally.highest("last ended after (ms)", Math.max(...times));
      assertAllThere(home, reports.map(({ size }) => size));
    },
  };
}

/** Runs the program, and kills some of its runs. */
class Programs {
  /** About what a run takes, in milliseconds. */
  #span = 100;

  constructor(readonly home: Home, readonly deaths: number, readonly tally: Tally) {}

  async run({ args, cwd, env }: CommandLine, random: Random): Promise<Result | undefined> {
    this.tally.count("commands");
    const start = performance.now();
    const run = this.home.start(args, { cwd, env });
    const life = random.chance(this.deaths) ? (0.3 + random.fraction()) * this.#span : undefined;
    const death = life === undefined ? undefined : setTimeout(() => run.killIfRunning(), life);
    const result = await run.result();
    clearTimeout(death);
    if (life !== undefined && result.status === 128 + 9) {
      this.tally.count("killed");
      return undefined;
    }
    const duration = performance.now() - start;
    this.#span += (duration - this.#span) / 20;
    this.tally.highest("worst command (ms)", duration);
    this.tally.highest("worst write with its wait (ms)", worstWrite(result.stderr));
    return result;
  }
}

/** The longest write transaction that the program tells of, from asking for the lock on. */
export function worstWrite(stderr: string): number {
  const lines = stderr.matchAll(/^debug: write transaction of ([0-9.]+) ms/gm);
  return Math.max(0, ...Array.from(lines, ([, duration]) => Number(duration)));
}

/** `Promise.all` that leaves nothing running behind when one of them fails. */
async function allEnded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

/** The database is sound and holds what the tenants know to have, and nothing else. */
function assertAllThere(home: Home, sizes: readonly number[]): void {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.equal(validRows(databaseOf(home)).length, total);
}

const WORKER = fileURLToPath(new URL("./load_worker.ts", import.meta.url));

/** Has another process do it. @throws With its words when it does not end well. */
async function work(order: WorkOrder): Promise<WorkReport> {
  const args = ["run", "--quiet", "--allow-all", WORKER, JSON.stringify(order)];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}
