const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60]] as const;

/**
 * How long ago something was, in the largest unit that it fills.
 *
 * @param seconds Since it was; negative for what is to come.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatAge(3 * 86_400), "3 days ago");
 * assert.equal(formatAge(59), "just now");
 * ```
 */
export function formatAge(seconds: number): string {
  const unit = UNITS.find(([_, length]) => Math.abs(seconds) >= length);
  if (unit === undefined) return "just now";
  const [name, length] = unit;
  // Made when it is needed: the data that it loads take as long as the rest of a command.
  words ??= new Intl.RelativeTimeFormat("en", { numeric: "always" });
  return words.format(-Math.trunc(seconds / length), name);
}

let words: Intl.RelativeTimeFormat | undefined;
