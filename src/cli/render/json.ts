import { escapeJson } from "../../domain/text.ts";

/**
 * `value` as JSON for other programs: two spaces of indentation, the keys in their own order, and
 * one line feed at the end. What would drive a terminal is escaped, which JSON lets be for any
 * character.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(renderJson({ api: 5000 }), '{\n  "api": 5000\n}\n');
 * assert.equal(renderJson([]), "[]\n");
 * ```
 */
export function renderJson(value: unknown): string {
  return `${escapeJson(JSON.stringify(value, null, 2))}\n`;
}
