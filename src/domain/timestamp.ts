/**
 * Points in time: whole seconds since 1970-01-01 UTC.
 *
 * @module
 */

/** The current time in whole seconds since 1970-01-01 UTC; handed in so that tests can steer it. */
export type Clock = () => number;

/** The end of the year 262142: the largest time that trop 0.2 reads and writes. */
export const MAX_TIMESTAMP = 8_210_266_876_799;

/** The system's clock, fractions of a second discarded. */
export const systemClock: Clock = () => Math.floor(Date.now() / 1000);

/** Whether `value` is a time that the file format can hold. */
export function isTimestamp(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_TIMESTAMP;
}

/**
 * A time as every output format shows it: in UTC and without a zone mark. Years of more than four
 * digits have a leading `+`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatTimestamp(1_772_356_500), "2026-03-01 09:15:00");
 * ```
 */
export function formatTimestamp(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString();
  const end = text.indexOf("T");
  const date = text.slice(0, end);
  const time = text.slice(end + 1, end + 9);
  // JavaScript pads such years to six digits.
  return `${date.startsWith("+0") ? `+${date.slice(2)}` : date} ${time}`;
}
