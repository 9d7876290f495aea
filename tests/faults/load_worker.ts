/**
 * A process that runs many commands, one after the other, through trop's own modules.
 *
 * @module
 */

import { run } from "../../src/cli/app.ts";
import { repeatReserve } from "../../src/cli/fast_path.ts";
import { FakeHost } from "../support/host.ts";
import type { Result } from "../support/program.ts";
import { Random } from "../support/random.ts";
import { worstWrite } from "./load.ts";
import { Tenant } from "./tenant.ts";
import { PLAIN_RESERVE } from "./world.ts";

/** What is to be done. */
export interface WorkOrder {
  readonly home: string;
  /** The tenant's directory, furnished. */
  readonly root: string;
  readonly seed: number;
  readonly commands: number;
}

/** How it went; every command did what it should. */
export interface WorkReport {
  /** How many reservations the tenant has at the end. */
  readonly size: number;
  /** How many commands gave up waiting. */
  readonly timeouts: number;
  readonly totalMs: number;
  readonly worstMs: number;
  readonly worstWriteMs: number;
}

if (import.meta.main) console.log(JSON.stringify(await work(JSON.parse(Deno.args[0]!))));

async function work({ home, root, seed, commands }: WorkOrder): Promise<WorkReport> {
  let [worstMs, worstWriteMs] = [0, 0];
  const tenant = new Tenant(root, new Random(seed), async ({ args, cwd, env }) => {
    const start = performance.now();
    const result = await runHere(args, cwd, { ...env, HOME: home });
    worstMs = Math.max(worstMs, performance.now() - start);
    worstWriteMs = Math.max(worstWriteMs, worstWrite(result.stderr));
    return result;
  });
  const start = performance.now();
  for (let done = 0; done < commands; done++) await tenant.step();
  const { size, timeouts } = tenant;
  return { size, timeouts, totalMs: performance.now() - start, worstMs, worstWriteMs };
}

async function runHere(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Result> {
  const host = new FakeHost({ env, cwd, now: Math.floor(Date.now() / 1000) });
  const isDone = args.join() === PLAIN_RESERVE.args.join() && await repeatReserve(host);
  const status = isDone ? 0 : await run(args, host);
  return { status, ...host.written };
}
