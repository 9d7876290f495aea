/**
 * Rows for somebody who looks at a terminal: in columns, and no line wider than the screen. Loaded
 * for terminals only; what other programs read is in table.ts.
 *
 * @module
 */

import stringWidth from "string-width";
import { escapeControls } from "../../domain/text.ts";
import type { Cell } from "./table.ts";

/** A column. */
export interface TerminalColumn {
  readonly title: string;
  /** Which end of a cell can be spared when the screen is too narrow; neither by default. */
  readonly cut?: "start" | "end";
  /** Whether the others can be understood without it. */
  readonly isSecondary?: boolean;
}

/** The screen. */
export interface Screen {
  /** How many columns of characters it has. */
  readonly width: number;
  /** Whether letters may be bold and dim. */
  readonly styled: boolean;
}

/** No column is cut to less than this, or than its title. */
const LEAST_WIDTH = 12;
const GAP = "  ";

/**
 * A line per row, aligned by what characters take on the screen. Where they do not fit, the first
 * secondary column is left out, the widest ones that can be cut are, the other secondary columns
 * are left out; what still does not fit ends at the edge.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const columns = [{ title: "PORT" }, { title: "PATH", cut: "start" }] as const;
 * const rows = [[5000, "~/shop"], [5001, "~/a/directory/with/a/long/name"]];
 * const text = renderTerminalTable(columns, rows, { width: 20, styled: false });
 * assert.equal(text, "PORT  PATH\n5000  ~/shop\n5001  …h/a/long/name\n");
 * ```
 */
export function renderTerminalTable(
  columns: readonly TerminalColumn[],
  rows: readonly (readonly Cell[])[],
  screen: Screen,
): string {
  const all = columns.map((column, index) =>
    measure(column, rows.map((row) => row[index] ?? null))
  );
  const shown = fit(all, screen.width);
  const lines = [-1, ...rows.keys()].map((row) => {
    const cells = shown.map((column) => row < 0 ? headOf(column) : cellOf(column, row));
    return formatLine(cells, screen);
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** A column, its cells, and how wide it is going to be. */
interface Measured extends TerminalColumn {
  readonly cells: readonly string[];
  readonly width: number;
}

function measure(column: TerminalColumn, cells: readonly Cell[]): Measured {
  const texts = cells.map((cell) => cell === null ? MISSING : escapeControls(String(cell)));
  const width = texts.reduce((widest, text) => {
    return Math.max(widest, stringWidth(text));
  }, column.title.length);
  return { ...column, cells: texts, width };
}

/** What of the columns, and how much of each, there is room for. */
function fit(all: readonly Measured[], available: number): readonly Measured[] {
  if (total(all) <= available) return all;
  const first = all.find(({ isSecondary }) => isSecondary);
  const most = narrow(all.filter((column) => column !== first), available);
  if (total(most) <= available) return most;
  return narrow(all.filter(({ isSecondary }) => !isSecondary), available);
}

function total(columns: readonly Measured[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);
}

/** Takes from the widest column that can be cut, again and again. */
function narrow(columns: readonly Measured[], available: number): readonly Measured[] {
  const widths = columns.map(({ width }) => width);
  for (let surplus = total(columns) - available; surplus > 0; surplus--) {
    const spare = columns.map(({ title, cut }, index) => {
      const least = Math.max(LEAST_WIDTH, title.length);
      return cut === undefined ? 0 : Math.max(0, (widths[index] as number) - least);
    });
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0) break;
    widths[widest] = (widths[widest] as number) - 1;
  }
  return columns.map((column, index) => ({ ...column, width: widths[index] as number }));
}

const MISSING = "-";
const BOLD = "\x1b[1m";
const DIM = "\x1b[2m";
const PLAIN = "\x1b[0m";

/** A cell of a line. */
interface Piece {
  readonly text: string;
  readonly width: number;
  readonly style: string | undefined;
}

function headOf({ title, width }: Measured): Piece {
  return { text: title, width, style: BOLD };
}

function cellOf({ cells, width, cut = "end", isSecondary }: Measured, row: number): Piece {
  const text = cells[row] as string;
  return {
    text: cutTo(text, width, cut),
    width,
    style: isSecondary || text === MISSING ? DIM : undefined,
  };
}

/** The cells in their columns, up to the edge of the screen. */
function formatLine(pieces: readonly Piece[], { width: available, styled }: Screen): string {
  let line = "";
  let start = 0;
  for (const { text, width, style } of pieces) {
    if (start >= available) break;
    const shown = cutTo(text, available - start, "end");
    const padding = " ".repeat(Math.max(0, width - stringWidth(shown)));
    line += (styled && style !== undefined ? `${style}${shown}${PLAIN}` : shown) + padding + GAP;
    start += width + GAP.length;
  }
  return line.trimEnd();
}

/** `text` in at most `width` columns, an ellipsis in place of what was cut off. */
function cutTo(text: string, width: number, end: "start" | "end"): string {
  if (stringWidth(text) <= width) return text;
  const pieces = Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
  if (end === "start") pieces.reverse();
  const kept: string[] = [];
  let left = width - 1;
  for (const piece of pieces) {
    left -= stringWidth(piece);
    if (left < 0) break;
    kept.push(piece);
  }
  return end === "start" ? `…${kept.reverse().join("")}` : `${kept.join("")}…`;
}

/** Into what a reader takes for one character. */
const SEGMENTER = new Intl.Segmenter();
