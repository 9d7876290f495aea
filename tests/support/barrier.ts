/**
 * Lets any number of processes start something at the same moment, without a sleep: each waits for
 * a lock that the test holds, and the system wakes all of them when it is given back.
 *
 * @module
 */

/** A closed barrier. `release` opens it for good; leaving the scope removes it. */
export class Barrier implements Disposable {
  readonly #directory = Deno.makeTempDirSync({ prefix: "trop-barrier-" });
  /** The locked file. */
  readonly path = `${this.#directory}/lock`;
  readonly #file = Deno.openSync(this.path, { create: true, write: true });

  constructor() {
    this.#file.lockSync(true);
  }

  release(): void {
    this.#file.unlockSync();
  }

  [Symbol.dispose](): void {
    this.#file.close();
    Deno.removeSync(this.#directory, { recursive: true });
  }
}

/** Blocks this thread until the barrier at `path` is released. */
export function waitAt(path: string): void {
  using file = Deno.openSync(path);
  file.lockSync(false);
}

/** {@linkcode waitAt} before the program `"$@"`, for a shell that has {@linkcode ScriptBarrier.env}. */
export const WAITING_SCRIPT =
  'printf . > "$BARRIER_ARRIVALS" && flock --shared "$BARRIER" true && exec "$@"';

/** A barrier for programs that know of none: a shell waits in their place. */
export class ScriptBarrier extends Barrier {
  readonly #arrivals = `${this.path}.arrivals`;
  readonly env = { BARRIER: this.path, BARRIER_ARRIVALS: this.#arrivals };

  constructor() {
    super();
    new Deno.Command("mkfifo", { args: [this.#arrivals] }).outputSync();
  }

  /** Waits until `count` shells stand at the barrier. */
  async arrivals(count: number): Promise<void> {
    // Open for writing too, so that no reader meets the end between two writers.
    using pipe = await Deno.open(this.#arrivals, { read: true, write: true });
    for (let left = count; left > 0;) left -= await pipe.read(new Uint8Array(left)) ?? 0;
  }
}
