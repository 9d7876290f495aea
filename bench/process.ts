/**
 * Whole processes, measured as the kernel does: Deno's own `Command` tells neither the processor
 * time nor the memory of a process. It takes Python 3, and Linux or macOS.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** A process that can be run any number of times. */
export interface Process {
  readonly words: readonly string[];
  /** The present directory unless told otherwise. */
  readonly cwd?: string;
  /** Variables besides `HOME` and `PATH`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What one run took. */
export interface Cost {
  /** From before it was started until it was seen to have ended. */
  readonly wallMs: number;
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  /** The most that was resident at a time. */
  readonly peakMiB: number;
}

const MEASURE = fileURLToPath(new URL("measure.py", import.meta.url));

/** Runs one process after the other. */
export class Stopwatch implements AsyncDisposable {
  readonly #child = new Deno.Command("python3", {
    args: [MEASURE],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  readonly #requests = this.#child.stdin.getWriter();
  readonly #replies = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();

  /**
   * Runs a process to its end, without input, and with its output thrown away.
   *
   * @throws {Error} unless it ends with exit code 0.
   */
  async run({ words, cwd = ".", env = {} }: Process): Promise<Cost> {
    const request = { words, cwd: await Deno.realPath(cwd), env: { ...basicVariables(), ...env } };
    await this.#requests.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    let reply = "";
    while (!reply.endsWith("\n")) {
      const { value, done } = await this.#replies.read();
      if (done) throw new Error(`Cannot measure ${words.join(" ")}`);
      reply += value;
    }
    const { status, ...cost } = JSON.parse(reply);
    if (status !== 0) throw new Error(`${words.join(" ")} ended with wait status ${status}`);
    return cost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#requests.close();
    await this.#replies.cancel();
    await this.#child.status;
  }
}

function basicVariables(): Record<string, string> {
  return { HOME: Deno.env.get("HOME") ?? "", PATH: Deno.env.get("PATH") ?? "" };
}

/** What many runs took. */
export interface Summary {
  readonly runs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
}

/**
 * Runs all of `processes` in turn, forwards and backwards, so that what the machine does besides
 * meets all of them alike.
 *
 * @param rounds How often each is run, beyond two runs that fill caches.
 * @returns The medians, by the names of the processes.
 */
export async function alternate<Name extends string>(
  processes: Readonly<Record<Name, (round: number) => Process>>,
  rounds: number,
): Promise<Record<Name, Summary>> {
  const names = Object.keys(processes) as Name[];
  const costs = new Map(names.map((name) => [name, [] as Cost[]]));
  await using stopwatch = new Stopwatch();
  for (let round = -2; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const cost = await stopwatch.run(processes[name](round));
      if (round >= 0) costs.get(name)!.push(cost);
    }
  }
  const summaries = names.map((name) => [name, summarise(costs.get(name)!)]);
  return Object.fromEntries(summaries) as Record<Name, Summary>;
}

function summarise(costs: readonly Cost[]): Summary {
  return {
    runs: costs.length,
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
    peakMiB: median(costs.map(({ peakMiB }) => peakMiB)),
  };
}

/** The middle of `values`, the higher of the two where there are two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
