/**
 * Many processes that reserve at the same moment, each for a directory of its own, in one database.
 *
 * @module
 */

import { join } from "node:path";
import { median } from "./process.ts";
import { RUN } from "./startup.ts";

/** How many processes start at once. */
export const STORM_SIZES = [1, 4, 16, 64] as const;

/** At least as many are measured of every size. */
const LEAST_PROCESSES = 128;

/** What came of one size. */
export interface Storm {
  readonly size: number;
  /** All that were run, one storm after the other. */
  readonly processes: number;
  readonly perSecond: number;
  /** From the start of a process to its end. */
  readonly medianMs: number;
  readonly worstMs: number;
  /** What as many empty scripts reach, which wait for nobody. */
  readonly emptyPerSecond: number;
}

/** @throws {Error} when a process fails, or two get the same port. */
export async function measureStorms(bundle: string): Promise<Storm[]> {
  const storms: Storm[] = [];
  for (const size of STORM_SIZES) storms.push(await measureStorm(bundle, size));
  return storms;
}

async function measureStorm(bundle: string, size: number): Promise<Storm> {
  const directory = await Deno.makeTempDir();
  try {
    const empty = join(directory, "empty.js");
    await Deno.writeTextFile(empty, "");
    const ports = new Set<string>();
    const times: number[] = [];
    let tropMs = 0;
    let emptyMs = 0;
    for (let storm = 0; storm * size < LEAST_PROCESSES; storm++) {
      const words = (index: number) => [bundle, "reserve", "--path", `storm/${storm}/${index}`];
      const runs = await startTogether(size, directory, words);
      for (const { stdout, ms } of runs) {
        ports.add(stdout);
        times.push(ms);
      }
      tropMs += Math.max(...runs.map(({ ms }) => ms));
      const others = await startTogether(size, directory, () => [empty]);
      emptyMs += Math.max(...others.map(({ ms }) => ms));
    }
    if (ports.size !== times.length) throw new Error("two processes got the same port");
    return {
      size,
      processes: times.length,
      perSecond: times.length / tropMs * 1e3,
      medianMs: median(times),
      worstMs: Math.max(...times),
      emptyPerSecond: times.length / emptyMs * 1e3,
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** @returns What each printed, and how long it took from the moment when all were started. */
async function startTogether(
  size: number,
  cwd: string,
  words: (index: number) => readonly string[],
): Promise<{ stdout: string; ms: number }[]> {
  const start = performance.now();
  return await Promise.all(Array.from({ length: size }, async (_, index) => {
    const [program = "", ...flags] = RUN;
    const command = new Deno.Command(program, {
      args: [...flags, ...words(index)],
      cwd,
      env: { TROP_DATA_DIR: join(cwd, "data") },
    });
    const { success, stdout, stderr } = await command.output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return { stdout: new TextDecoder().decode(stdout), ms: performance.now() - start };
  }));
}
