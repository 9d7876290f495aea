/**
 * Chance that can be had again: the same seed gives the same values.
 *
 * @module
 */

/** Random values (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 to just below 1. */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** A whole number from 0 to just below `limit`. */
  below(limit: number): number {
    return this.#next() % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}

/** The seed of this run: `TROP_TEST_SEED`, or a new one. */
export function chooseSeed(): number {
  return Number(Deno.env.get("TROP_TEST_SEED") ?? Date.now() % 1_000_000);
}

/** A test with random values; when it fails, it says how to have the same ones again. */
export function testAtRandom(name: string, act: (random: Random) => Promise<void>): void {
  Deno.test(name, async () => {
    const seed = chooseSeed();
    try {
      await act(new Random(seed));
    } catch (error) {
      throw new Error(`with TROP_TEST_SEED=${seed}`, { cause: error });
    }
  });
}
