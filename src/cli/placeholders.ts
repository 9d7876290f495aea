/**
 * `{port}` and `{port:api}` in the arguments of a program.
 *
 * @module
 */

// What other programs mean by `${port}` and `{{port}}` stays theirs.
const PLACEHOLDER = /(?<![{$])\{port(?::([^{}]*))?\}(?!\})/g;

/**
 * `words` with a port in place of each placeholder.
 *
 * @param portOf Asked for the port of a tag, and with `undefined` for that of `{port}`.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const words = ["--listen=:{port}", "{port:api}", "${port}"];
 * const filled = fillPlaceholders(words, (tag) => tag === "api" ? 5001 : 5000);
 * assert.deepEqual(filled, ["--listen=:5000", "5001", "${port}"]);
 * ```
 */
export function fillPlaceholders(
  words: readonly string[],
  portOf: (tag: string | undefined) => number,
): string[] {
  return words.map((word) => word.replace(PLACEHOLDER, (_, tag?: string) => String(portOf(tag))));
}
