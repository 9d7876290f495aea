/**
 * What happens inside, without the start of a process: the `*.bench.ts` files, and how the time that
 * they find grows with the number of rows.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { homeWith, store } from "../tests/support/database.ts";
import { makeRows } from "./rows.ts";

/** Nanoseconds. */
export interface Bench {
  readonly group: string;
  readonly name: string;
  readonly min: number;
  /** Three of four runs were faster. */
  readonly p75: number;
}

/** Bytes of a database after all its rows were created in one transaction. */
export interface Space {
  readonly rows: number;
  readonly file: number;
  /** The write-ahead log before the last process closes it. */
  readonly log: number;
}

export interface Inside {
  readonly benches: readonly Bench[];
  readonly space: readonly Space[];
}

export async function measureInside(): Promise<Inside> {
  return { benches: await runBenchmarks(), space: [10, 1_000, 60_000].map(measureSpace) };
}

async function runBenchmarks(): Promise<Bench[]> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["bench", "--quiet", "--allow-all", "--json", "bench/"],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error("deno bench failed");
  const { benches } = JSON.parse(new TextDecoder().decode(stdout));
  return benches.map(({ group, name, results: [{ ok: { min, p75 } }] }: {
    group: string;
    name: string;
    results: [{ ok: { min: number; p75: number } }];
  }) => ({ group, name, min, p75 }));
}

function measureSpace(rows: number): Space {
  using home = homeWith();
  const database = home.open();
  store(database, ...makeRows(rows));
  const log = Deno.statSync(`${home.path}-wal`).size;
  database.close();
  return { rows, file: Deno.statSync(home.path).size, log };
}

/** The number that a benchmark of one size among several begins with, as in `10 rows`. */
export function sizeOf({ name }: Bench): number | undefined {
  const digits = /^(\d+) \w+$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** How time grows with size: `time = factor * size ** exponent`. */
export interface Growth {
  /** 1 is linear; from 1,000 to 60,000 rows n log n is 1.11. */
  readonly exponent: number;
  /** The smallest and the largest size that it was fitted to. */
  readonly from: number;
  readonly to: number;
}

/** What is worse than n log n, with room for noise. */
export const WORST_EXPONENT = 1.25;

/** What does not grow by as much from the smallest to the largest size does not grow. */
const LEAST_GROWTH = 3;

/** Below this share of the largest time it is the fixed cost that is measured. */
const NEGLIGIBLE = 1 / 200;

/**
 * Fits the growth to the fastest runs of one group by least squares on logarithms.
 *
 * @returns `undefined` where the time does not depend on the size.
 */
export function fitGrowth(benches: readonly Bench[]): Growth | undefined {
  const points = benches.flatMap((bench) => {
    const size = sizeOf(bench);
    return size === undefined ? [] : [{ size, time: bench.min }];
  }).toSorted((a, b) => a.size - b.size);
  const last = points.at(-1);
  const first = points[0];
  if (first === undefined || last === undefined) return undefined;
  if (last.time < first.time * LEAST_GROWTH) return undefined;
  const counted = points.map(({ size, time }) => ({ size, time: time - first.time }))
    .filter(({ time }) => time > last.time * NEGLIGIBLE);
  if (counted.length < 2) return undefined;
  const logarithms = counted.map(({ size, time }) => [Math.log(size), Math.log(time)] as const);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  const meanX = mean(logarithms.map(([x]) => x));
  const meanY = mean(logarithms.map(([, y]) => y));
  const covariance = mean(logarithms.map(([x, y]) => (x - meanX) * (y - meanY)));
  const variance = mean(logarithms.map(([x]) => (x - meanX) ** 2));
  return {
    exponent: covariance / variance,
    from: counted[0]!.size,
    to: counted.at(-1)!.size,
  };
}
