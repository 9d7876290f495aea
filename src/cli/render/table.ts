/**
 * Rows for a person to read and for `cut` to cut.
 *
 * @module
 */

import { escapeControls } from "../../domain/text.ts";

/** What a cell may hold; `null` is a missing value. */
export type Cell = string | number | null;

/**
 * A line per row, its cells set apart by one TAB and missing ones shown as `-`. A cell's own TABs
 * and line feeds are escaped, so that every row stays one line of as many cells as the header has.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const text = renderTable(["PORT", "TAG"], [[5000, null], [5001, "a\tb"]]);
 * assert.equal(text, "PORT\tTAG\n5000\t-\n5001\ta\\tb\n");
 * ```
 */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  return [header, ...rows].map((row) => `${row.map(formatCell).join("\t")}\n`).join("");
}

function formatCell(cell: Cell): string {
  return cell === null ? "-" : escapeControls(String(cell));
}
