/**
 * Talking to a program while it runs: what it writes is read as it comes, so that no test has to
 * guess how long something takes.
 *
 * @module
 */

import type { Result, Run } from "./program.ts";

/** A program that was started. Leaving the scope ends it, if it has not ended by itself. */
export class Conversation implements AsyncDisposable {
  readonly #run: Run;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #heard = "";

  constructor(run: Run) {
    this.#run = run;
    this.#reader = run.process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The program's process. */
  get process(): Deno.ChildProcess {
    return this.#run.process;
  }

  /** Waits for `pattern` on standard output, behind what was waited for before. */
  async hear(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#heard);
      if (match !== null) {
        this.#heard = this.#heard.slice(match.index + match[0].length);
        return match;
      }
      if (!await this.#read()) {
        const { status, stderr } = await this.end();
        throw new Error(
          `${this.#run.command} ended with ${status} before it said ${pattern}, after ` +
            `${JSON.stringify(this.#heard)} and, on standard error, ${JSON.stringify(stderr)}`,
        );
      }
    }
  }

  /** Writes to standard input, which the run has to have `OPEN`. */
  async say(text: string): Promise<void> {
    const writer = this.process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  }

  /** Waits for the end. What was heard already is not in the result. */
  async end(): Promise<Result> {
    while (await this.#read());
    const [{ code }, stderr] = await Promise.all([this.process.status, this.process.stderr.text()]);
    return { status: code, stdout: this.#heard, stderr };
  }

  async #read(): Promise<boolean> {
    const { value = "", done } = await this.#reader.read();
    this.#heard += value;
    return !done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.process.kill("SIGKILL");
      await this.process.stdin.close();
    } catch {
      // It has ended, or has no standard input to write to.
    }
    await this.#reader.cancel();
    if (!this.process.stderr.locked) await this.process.stderr.cancel();
    await this.process.status;
  }
}
