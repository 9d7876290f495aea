/**
 * Rows in columns of fixed widths, under a ruled heading.
 *
 * @module
 */

import { escapeControls } from "../../domain/text.ts";

/** A column; the last one is as wide as it has to be. */
export interface Column {
  readonly title: string;
  readonly width?: number;
}

/**
 * The heading, a rule of `ruleLength` characters, and a line for each row. Columns are set apart by
 * a space; what is wider than its column moves the rest of its row and is never cut.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const columns = [{ title: "Port", width: 6 }, { title: "Process" }];
 * const text = renderPadded(columns, 10, [[5000, "node"]]);
 * assert.equal(text, "Port   Process\n----------\n5000   node\n");
 * ```
 */
export function renderPadded(
  columns: readonly Column[],
  ruleLength: number,
  rows: readonly (readonly (string | number | boolean)[])[],
): string {
  const formatRow = (cells: readonly (string | number | boolean)[]) =>
    cells.map((cell, index) => escapeControls(String(cell)).padEnd(columns[index]?.width ?? 0))
      .join(" ");
  const heading = formatRow(columns.map(({ title }) => title));
  const lines = [heading, "-".repeat(ruleLength), ...rows.map(formatRow)];
  return lines.map((line) => `${line}\n`).join("");
}
