/**
 * The text rules that every stored value obeys: which characters count as white space, how long a
 * text is, how two texts are ordered, and how a text is shown without driving the terminal.
 *
 * @module
 */

/**
 * Unicode's White_Space set, which the file format trims by. JavaScript's own `trim()` differs: it
 * removes U+FEFF, which is not in the set, and leaves U+0085, which is.
 */
const WHITE_SPACE = new Set(
  "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" +
    "\u2028\u2029\u202f\u205f\u3000",
);

/**
 * `text` without the White_Space characters around it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(trimWhiteSpace("\u0085 web\n"), "web");
 * assert.equal(trimWhiteSpace("\ufeffweb"), "\ufeffweb");
 * ```
 */
export function trimWhiteSpace(text: string): string {
  // Not a regular expression: one that ends with `$` takes quadratic time for inner white space.
  let start = 0;
  let end = text.length;
  while (start < end && WHITE_SPACE.has(text.charAt(start))) start++;
  while (start < end && WHITE_SPACE.has(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The number of bytes that `text` takes in UTF-8. */
export function utf8Length(text: string): number {
  return ENCODER.encode(text).length;
}

const ENCODER = new TextEncoder();

/**
 * Orders two texts by their UTF-8 bytes, as SQLite's BINARY collation does. JavaScript's `<`
 * compares UTF-16 code units, which puts astral characters before U+E000 to U+FFFF.
 *
 * @returns A negative number, zero or a positive number, as `Array.prototype.sort` wants it.
 */
export function compareBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return utf8Rank(a) - utf8Rank(b);
  }
  return left.length - right.length;
}

/** Moves surrogates, which encode the largest code points, behind all other code units. */
function utf8Rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** Whether `text` can be stored and read back unchanged: no lone surrogate and no NUL. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/**
 * Shows `text` on one line of a terminal: control characters, including the C1 set and the
 * characters that reverse or hide text, become escapes. Printable text is left byte for byte.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(escapeControls("a\tb\u001b[31m"), "a\\tb\\u{1b}[31m");
 * assert.equal(escapeControls("größe 你好"), "größe 你好");
 * ```
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => SHORT_ESCAPES[character] ?? codeEscape(character));
}

// Controls, line and paragraph separators, the bidirectional controls, which can make a line read as
// another one, and lone surrogates. By number: `\p{Cc}` takes a tenth of a millisecond at each start.
// deno-lint-ignore no-control-regex
const CONTROLS = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/**
 * The same for a JSON text, by JSON's own escapes: it stays the same value. Line feeds stay, for
 * outside of its texts JSON has no other control characters.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(escapeJson('"\u009b2J"\n'), '"\\u009b2J"\n');
 * ```
 */
export function escapeJson(json: string): string {
  return json.replace(CONTROLS, (character) => {
    if (character === "\n") return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/**
 * Quotes `text` for an error about a stored value: printable ASCII as it is, all else escaped,
 * and at most `limit` characters of it.
 */
export function quoteAscii(text: string, limit = 512): string {
  let quoted = "";
  for (const character of text) {
    const escaped = character === '"' || character === "\\"
      ? `\\${character}`
      : /^[\x20-\x7e]$/.test(character)
      ? character
      : SHORT_ESCAPES[character] ?? codeEscape(character);
    if (quoted.length + escaped.length > limit) return `"${quoted}…"`;
    quoted += escaped;
  }
  return `"${quoted}"`;
}

function codeEscape(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
