/**
 * A sign of life from work that takes long, for somebody who waits at a terminal.
 *
 * @module
 */

import { envIfAllowed, type Host } from "./host.ts";
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
  readonly #host: Pick<Host, "now" | "stderr">;
  readonly #describe: (count: number) => string;
  readonly #isWatched: boolean;
  #count = 0;
  /** When something was shown last, or the work began. */
  #last: number;
  #isShown = false;

  /** @param describe The line for a number of steps, short enough for any screen. */
  constructor(
    host: Pick<Host, "env" | "now" | "stderr">,
    { verbosity }: Pick<Output, "verbosity">,
    describe: (count: number) => string,
  ) {
    this.#host = host;
    this.#describe = describe;
    this.#isWatched = verbosity !== "quiet" && host.stderr.isTerminal() &&
      envIfAllowed(host, "TERM") !== "dumb";
    this.#last = host.now();
  }

  /** Something is done. */
  step(): void {
    this.#count++;
    if (!this.#isWatched) return;
    const now = this.#host.now();
    if (now - this.#last < (this.#isShown ? 1 : 2)) return;
    this.#last = now;
    this.#isShown = true;
    this.#host.stderr.write(`\r${this.#describe(this.#count)}${ERASE_REST}`);
  }

  [Symbol.dispose](): void {
    if (this.#isShown) this.#host.stderr.write(`\r${ERASE_REST}`);
  }
}

const ERASE_REST = "\x1b[K";
