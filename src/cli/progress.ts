/**
 * A sign of life from work that takes long, for somebody who waits at a terminal.
 *
 * @module
 */

import type { Clock } from "../domain/timestamp.ts";
import type { Output } from "./output.ts";

/**
 * One line on standard error that counts, from the second second on and once a second; it is gone
 * when the scope ends. Nothing is written where nobody looks, nor with `--quiet`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { FakeHost } from "../../tests/support/host.ts";
 * import { Output } from "./output.ts";
 *
 * let seconds = 0;
 * const host = Object.assign(new FakeHost({ terminal: true }), { now: () => seconds });
 * {
 *   using progress = new Progress(host, new Output(host, "normal"), (count) => `${count} done`);
 *   progress.step();
 *   seconds = 2;
 *   progress.step();
 * }
 * assert.equal(host.written.stderr, "\r2 done\x1b[K\r\x1b[K");
 * ```
 */
export class Progress implements Disposable {
  readonly #now: Clock;
  readonly #output: Output;
  readonly #describe: (count: number) => string;
  readonly #isWatched: boolean;
  #count = 0;
  /** When something was shown last, or the work began. */
  #last: number;
  #line: Disposable | undefined;

  /** @param describe The line for a number of steps, short enough for any screen. */
  constructor(
    { now }: { readonly now: Clock },
    output: Output,
    describe: (count: number) => string,
  ) {
    this.#now = now;
    this.#output = output;
    this.#describe = describe;
    this.#isWatched = output.isWatched;
    this.#last = now();
  }

  /** Something is done. */
  step(): void {
    this.#count++;
    if (!this.#isWatched) return;
    const now = this.#now();
    if (now - this.#last < (this.#line === undefined ? 2 : 1)) return;
    this.#last = now;
    this.#line = this.#output.passing(this.#describe(this.#count));
  }

  [Symbol.dispose](): void {
    this.#line?.[Symbol.dispose]();
  }
}
