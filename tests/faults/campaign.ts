/**
 * Doing trop harm again and again, and counting what is lost. A few rounds of every campaign are
 * tests; `deno task torture` runs the thousands.
 *
 * @module
 */

import { forEach } from "../support/lanes.ts";
import { chooseSeed, Random } from "../support/random.ts";

/** One kind of harm. */
export interface Campaign {
  /** What `--only` calls it. */
  readonly name: string;
  /** What happens to trop, for the table of results. */
  readonly fault: string;
  /** What the table counts, by its name in the tally: `deaths`. */
  readonly unit: string;
  /** How many rounds a torture run has. */
  readonly rounds: number;
  /** Why it cannot be done on this machine. */
  readonly unavailable?: string | undefined;
  /** How many rounds go on at a time. */
  readonly lanes?: number;
  /**
   * Does it once, in a place of its own: no round depends on another one.
   *
   * @throws When something was lost.
   */
  round(random: Random, tally: Tally): Promise<void>;
}

/** What was seen on the way, so that a campaign which does no harm at all is noticed. */
export class Tally {
  readonly #numbers = new Map<string, number>();

  count(what: string, by = 1): void {
    this.#numbers.set(what, this.get(what) + by);
  }

  /** Keeps the highest of all values. */
  highest(what: string, value: number): void {
    this.#numbers.set(what, Math.max(this.get(what), value));
  }

  get(what: string): number {
    return this.#numbers.get(what) ?? 0;
  }

  toString(): string {
    return [...this.#numbers].map(([what, number]) => `${what} ${Math.round(number)}`).join(", ");
  }
}

/** A round in which something was lost. */
export interface Loss {
  readonly round: number;
  readonly error: unknown;
}

/** What came of a campaign. */
export interface Outcome {
  readonly losses: readonly Loss[];
  readonly tally: Tally;
  readonly milliseconds: number;
}

/**
 * Runs the `rounds` of a campaign, by their numbers: a round and a seed always make the same round.
 *
 * @param onLoss Told of each loss when it happens.
 */
export async function runCampaign(
  campaign: Campaign,
  { seed, rounds, onLoss }: {
    readonly seed: number;
    readonly rounds: Iterable<number>;
    readonly onLoss?: (loss: Loss) => void;
  },
): Promise<Outcome> {
  const losses: Loss[] = [];
  const tally = new Tally();
  const start = performance.now();
  const attempt = async (round: number) => {
    try {
      await campaign.round(new Random(Math.imul(seed, 1_000_003) + round), tally);
    } catch (error) {
      const loss = { round, error };
      losses.push(loss);
      onLoss?.(loss);
    }
  };
  await forEach(rounds, attempt, campaign.lanes);
  return { losses, tally, milliseconds: performance.now() - start };
}

/** A test of some rounds. @param harm What must have been seen at least once. */
export function testCampaign(
  campaign: Campaign,
  { name, rounds, harm = [] }: {
    readonly name: string;
    readonly rounds: number;
    readonly harm?: readonly string[];
  },
): void {
  const { unavailable } = campaign;
  Deno.test({
    name: unavailable === undefined ? name : `${name} (ignored: ${unavailable})`,
    ignore: unavailable !== undefined,
    async fn() {
      const seed = chooseSeed();
      const { losses, tally } = await runCampaign(campaign, { seed, rounds: Array(rounds).keys() });
      const [first] = losses;
      if (first !== undefined) {
        const where = `round ${first.round} and ${losses.length - 1} more`;
        throw new Error(`with TROP_TEST_SEED=${seed}: ${where}`, { cause: first.error });
      }
      const missing = harm.filter((what) => tally.get(what) === 0);
      if (missing.length > 0) throw new Error(`nothing of ${missing.join(", ")}: ${tally}`);
    },
  });
}
