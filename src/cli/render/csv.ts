/**
 * Comma- and tab-separated values for other programs.
 *
 * @module
 */

/**
 * The header and `rows`, a line each that ends in a line feed. A missing value is an empty field;
 * a field is quoted only when it holds the delimiter, a quote, or a line break.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const text = renderDelimited(",", ["port", "path", "tag"], [[5000, 'a,"b"', null]]);
 * assert.equal(text, 'port,path,tag\n5000,"a,""b""",\n');
 * ```
 */
export function renderDelimited(
  delimiter: "," | "\t",
  header: readonly string[],
  rows: readonly (readonly (string | number | boolean | null)[])[],
): string {
  const formatField = (field: string | number | boolean | null) => {
    const text = String(field ?? "");
    return text.includes(delimiter) || /["\r\n]/.test(text)
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  };
  return [header, ...rows].map((row) => `${row.map(formatField).join(delimiter)}\n`).join("");
}
