/**
 * Ports that are not to be given out, as they stand in `excluded_ports`: single ones and ranges.
 *
 * @module
 */

import { TropError } from "../errors.ts";
import { isPort, MAX_PORT, type Port } from "./port.ts";

/** An entry of a list as it was written, before anyone asked whether its numbers make sense. */
export interface ExclusionEntry {
  /** `5005` and `5005..5005` mean the same and are two forms. */
  readonly form: "single" | "range";
  readonly start: number;
  /** The same as `start` for a single port. */
  readonly end: number;
}

/** A checked entry: ports from `start` to `end`, both included, `start` not above `end`. */
export interface Exclusion extends ExclusionEntry {
  readonly start: Port;
  readonly end: Port;
}

/** The outcome of reading a text: an entry, or what is wrong with which part of the text. */
export type ExclusionReading =
  | { readonly entry: ExclusionEntry }
  | { readonly part: string; readonly problem: string };

const PORT_WORDS = `want a port from 1 to ${MAX_PORT}`;

/** The largest number that counts as a number at all, whether or not it is a port. */
const MAX_UINT16 = 65535;

/**
 * Reads `N` or `A..B`. The text is split at the first `..`, so `5000..=5010` and `5000...5010` are
 * no ranges.
 *
 * @param blanks Whether blanks may stand around each number.
 */
export function readExclusion(text: string, { blanks = false } = {}): ExclusionReading {
  const dots = text.indexOf("..");
  const parts = dots === -1 ? [text] : [text.slice(0, dots), text.slice(dots + 2)];
  const numbers: number[] = [];
  for (const part of parts) {
    const digits = blanks ? part.trim() : part;
    const number = /^\+?[0-9]+$/.test(digits) ? Number(digits) : NaN;
    if (!(number <= MAX_UINT16)) return { part, problem: PORT_WORDS };
    numbers.push(number);
  }
  const [start = NaN, end = start] = numbers;
  return { entry: { form: dots === -1 ? "single" : "range", start, end } };
}

/** What makes `entry` useless, if anything does. */
export function exclusionProblem({ start, end }: ExclusionEntry): string | undefined {
  for (const port of [start, end]) {
    if (!isPort(port)) return `${PORT_WORDS}, found ${port}`;
  }
  if (end < start) return `the range ${start}..${end} ends before it starts`;
  return undefined;
}

/** Narrows an entry to one that can be used. */
export function isExclusion(entry: ExclusionEntry): entry is Exclusion {
  return exclusionProblem(entry) === undefined;
}

/**
 * Reads an exclusion that a person typed.
 *
 * @throws {TropError} `invalid-arguments`, which does not repeat the text.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseExclusion("6000..6010"), { form: "range", start: 6000, end: 6010 });
 * ```
 */
export function parseExclusion(text: string): Exclusion {
  const reading = readExclusion(text);
  if ("entry" in reading) {
    if (isExclusion(reading.entry)) return reading.entry;
    throw invalidExclusion(exclusionProblem(reading.entry) ?? "");
  }
  throw invalidExclusion("want a port such as 5005, or a range such as 5000..5010");
}

function invalidExclusion(problem: string): TropError {
  const message = `Cannot read the port or range: ${problem}`;
  return new TropError({ code: "invalid-arguments", message });
}

/** An exclusion as messages show it: `8080` or `8082..8085`. */
export function formatExclusion({ form, start, end }: ExclusionEntry): string {
  return form === "single" ? `${start}` : `${start}..${end}`;
}

/** Whether two entries are the same down to their form. */
export function isSameExclusion(a: ExclusionEntry, b: ExclusionEntry): boolean {
  return a.form === b.form && a.start === b.start && a.end === b.end;
}

/** A test of single ports against the union of `exclusions`, for asking it many times. */
export function exclusionTest(exclusions: readonly Exclusion[]): (port: number) => boolean {
  const excluded = new Uint8Array(MAX_PORT + 1);
  for (const { start, end } of exclusions) excluded.fill(1, start, end + 1);
  return (port) => excluded[port] === 1;
}

/** Whether the union of `exclusions` holds every port of `other`. */
export function covers(exclusions: readonly Exclusion[], other: Exclusion): boolean {
  return runs(exclusions).some(({ start, end }) => start <= other.start && other.end <= end);
}

/**
 * The shortest list that means the same, ascending: a range for each run of consecutive ports, a
 * single for a run of one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const list = ["5003", "5001..5002", "5010..5010"].map(parseExclusion);
 * assert.deepEqual(compactExclusions(list).map(formatExclusion), ["5001..5003", "5010"]);
 * ```
 */
export function compactExclusions(exclusions: readonly Exclusion[]): readonly Exclusion[] {
  return runs(exclusions).map(({ start, end }) => ({
    form: start === end ? "single" : "range",
    start,
    end,
  }));
}

/**
 * The list with `added` in it, otherwise as it was: the same list if its ports were excluded
 * already, else with the entries that `added` overlaps merged into one. Entries that merely touch
 * it stay apart; joining them is the work of {@linkcode compactExclusions}.
 */
export function addExclusion(
  exclusions: readonly Exclusion[],
  added: Exclusion,
): readonly Exclusion[] {
  if (covers(exclusions, added)) return exclusions;
  const overlapping = exclusions.filter((entry) => overlaps(entry, added));
  const [first] = overlapping;
  if (first === undefined) return [...exclusions, added];
  const merged = [added, ...overlapping].reduce((a, b) => ({
    form: "range",
    start: a.start < b.start ? a.start : b.start,
    end: a.end > b.end ? a.end : b.end,
  }));
  return exclusions.flatMap((entry) => {
    if (entry === first) return [merged];
    return overlapping.includes(entry) ? [] : [entry];
  });
}

function overlaps(a: Exclusion, b: Exclusion): boolean {
  return a.start <= b.end && b.start <= a.end;
}

/** The maximal runs of consecutive excluded ports, ascending. */
function runs(exclusions: readonly Exclusion[]): readonly { start: Port; end: Port }[] {
  const found: { start: Port; end: Port }[] = [];
  for (const { start, end } of exclusions.toSorted((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last === undefined || start > last.end + 1) found.push({ start, end });
    else if (end > last.end) last.end = end;
  }
  return found;
}
