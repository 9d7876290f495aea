/**
 * "Did you mean": the known word that somebody who mistyped probably wanted.
 *
 * @module
 */

/**
 * The one of `known` that takes the fewest slips of the finger to become `word`, if they are few
 * enough for its length.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(closest("relaese", ["reserve", "release"]), "release");
 * assert.equal(closest("start", ["reserve", "release"]), undefined);
 * ```
 */
export function closest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .filter((candidate) => Math.abs(candidate.length - word.length) <= allowance(candidate))
    .map((candidate) => ({ candidate, slips: slips(word, candidate) }))
    .filter(({ candidate, slips }) => slips <= allowance(candidate))
    .sort((left, right) => left.slips - right.slips);
  return best?.candidate;
}

function allowance(word: string): number {
  return Math.max(1, Math.floor(word.length / 3));
}

/** How often a letter was added, lost, mistaken, or swapped with the next (Damerau, Levenshtein). */
function slips(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const mistaken = left[row - 1] === right[column - 1] ? 0 : 1;
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + mistaken,
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
