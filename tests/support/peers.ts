/**
 * Other processes that use a database beside the test: real ones, so locks hold between them.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Failure } from "../../src/errors.ts";
import { Barrier } from "./barrier.ts";
import { CONFIG_FLAGS } from "./flavour.ts";
import type { TASKS } from "./peer_tasks.ts";

type Tasks = typeof TASKS;
type TaskName = keyof Tasks;
type Order<Name extends TaskName> = Parameters<Tasks[Name]>[0];
type Result<Name extends TaskName> = ReturnType<Tasks[Name]>;

/** What is asked of a process. */
export interface Call {
  readonly task: TaskName;
  readonly order: unknown;
  /** Where the task waits. */
  readonly barrier?: string;
}

/** How a task ended: with a result, or with a failure and trop's words for it. */
export type Answer<T> =
  | { readonly result: T }
  | { readonly failure: Failure; readonly text: string; readonly exitCode: number };

/** What a process writes when its task waits. */
export const READY = "ready";

/** Under what circumstances a process runs. */
export interface PeerOptions {
  /** Has every call done by eight threads of the process, see peer_threads.ts. */
  readonly threads?: boolean;
  /** Obeys the modes of files, which root does not otherwise. Linux only, through `setpriv`. */
  readonly unprivileged?: boolean;
  /** Deno's permissions; all by default. */
  readonly permissions?: readonly string[];
  /** A shell script that runs the process as `"$@"`: for limits. */
  readonly script?: string;
}

/** Another process. Leaving the scope ends it. */
export class Peer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: AsyncIterator<string>;

  constructor(options: PeerOptions = {}) {
    const [command, ...args] = words(options) as [string, ...string[]];
    const streams = { stdin: "piped", stdout: "piped", stderr: "inherit" } as const;
    this.#process = new Deno.Command(command, { args, ...streams }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#output = lines(this.#process.stdout)[Symbol.asyncIterator]();
  }

  /** Has a task done and waits for its result. A failure fails the test. */
  async call<Name extends TaskName>(task: Name, order: Order<Name>): Promise<Result<Name>> {
    return resultOf(await this.try(task, order));
  }

  /** Has a task done and waits for its end, be it a failure. */
  async try<Name extends TaskName>(task: Name, order: Order<Name>): Promise<Answer<Result<Name>>> {
    await this.#send({ task, order });
    return await this.#answer();
  }

  /** Has a task begun and waits until it stands at the barrier. @returns Its end. */
  async begin<Name extends TaskName>(
    task: Name,
    order: Order<Name>,
    barrier: Barrier,
  ): Promise<{ readonly end: Promise<Answer<Result<Name>>> }> {
    await this.#send({ task, order, barrier: barrier.path });
    const first = await this.#receive();
    if (first !== READY) throw new Error(`the other process says ${first}`);
    // In an object, because an async function waits for what it returns.
    return { end: this.#answer() };
  }

  /** Has a task done in which the process dies, and waits for its death. */
  async die<Name extends TaskName>(task: Name, order: Order<Name>): Promise<void> {
    await this.#send({ task, order });
    const answer = await this.#receive();
    if (answer !== undefined) throw new Error(`it lives and says ${answer}`);
  }

  /** Ends the process at once, as a loss of power would. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  async #send(call: Call): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(call)}\n`));
  }

  async #answer<T>(): Promise<Answer<T>> {
    const line = await this.#receive();
    if (line === undefined) throw new Error("the other process ended");
    return JSON.parse(line);
  }

  async #receive(): Promise<string | undefined> {
    return (await this.#output.next()).value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // Also when a test fails and leaves it in the middle of a task.
      this.#process.kill("SIGKILL");
    } catch {
      // It is dead already.
    }
    await this.#input.abort().catch(() => {});
    await this.#output.return?.();
    await this.#process.status;
  }
}

/** `count` processes. Leaving the scope ends them. */
export function crew(
  count: number,
  options: PeerOptions = {},
): AsyncDisposable & { readonly peers: readonly Peer[] } {
  const peers = Array.from({ length: count }, () => new Peer(options));
  return {
    peers,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
    },
  };
}

/** Has all of `peers` do a task at the same moment. @returns Their results, in their order. */
export async function atOnce<Name extends TaskName>(
  peers: readonly Peer[],
  task: Name,
  order: (index: number) => Order<Name>,
): Promise<Result<Name>[]> {
  using barrier = new Barrier();
  const begun = await Promise.all(
    peers.map((peer, index) => peer.begin(task, order(index), barrier)),
  );
  barrier.release();
  const answers = await Promise.all(begun.map(({ end }) => end));
  return answers.map(resultOf);
}

/** The result of a task that must not have failed. */
export function resultOf<T>(answer: Answer<T>): T {
  if ("result" in answer) return answer.result;
  throw new Error(`the other process says ${JSON.stringify(answer)}`);
}

function words({ threads, unprivileged, permissions, script }: PeerOptions): string[] {
  const file = threads ? "./peer_threads.ts" : "./peer_program.ts";
  const program = fileURLToPath(new URL(file, import.meta.url));
  const flags = [...CONFIG_FLAGS, "--quiet", "--no-prompt", ...permissions ?? ["--allow-all"]];
  let words = [Deno.execPath(), "run", ...flags, program];
  if (script !== undefined) words = ["sh", "-c", script, "sh", ...words];
  if (unprivileged && Deno.uid() === 0) words = ["setpriv", ...DROPPED, ...words];
  return words;
}

// Root without these two is stopped by modes as anyone is.
const OVERRIDE = "-dac_override,-dac_read_search,-fowner";
const DROPPED = [`--bounding-set=${OVERRIDE}`, `--inh-caps=${OVERRIDE}`];

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split("\n");
    text = parts.pop()!;
    yield* parts;
  }
}
