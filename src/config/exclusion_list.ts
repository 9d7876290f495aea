/**
 * The list below `excluded_ports` as text: its entries with their comments, taken apart and put
 * together again. What is kept is kept byte for byte.
 *
 * @module
 */

import { isMap, isScalar, type Node, type Pair, Scalar, type YAMLSeq } from "yaml";
import { type ExclusionEntry, formatExclusion, isSameExclusion } from "../domain/exclusion.ts";

/** A part of a text and what comes in its place. */
export interface Splice {
  readonly from: number;
  readonly until: number;
  readonly text: string;
}

/** A list in a text. */
export interface ListInText {
  readonly text: string;
  readonly list: YAMLSeq<Node>;
  /** What the items of `list` stand for. */
  readonly entries: readonly ExclusionEntry[];
  readonly lineEnd: string;
}

/** How ranges are written: as a text in these quotes, or as a mapping of `start` and `end`. */
export type RangeStyle = { readonly quote: string } | "mapping";

/** What becomes of an entry that is wanted. */
interface Piece {
  readonly entry: ExclusionEntry;
  /** The item that says just this already. */
  readonly kept: number | undefined;
  /** The items that go because this entry holds their ports; their comments move to it. */
  readonly absorbed: readonly number[];
}

/** The change that turns the list into one of `wanted`, in that order. */
export function replaceEntries(source: ListInText, wanted: readonly ExclusionEntry[]): Splice {
  const pieces = plan(source.entries, wanted);
  return source.list.flow ? replaceInFlow(source, pieces) : replaceInBlock(source, pieces);
}

function plan(
  current: readonly ExclusionEntry[],
  wanted: readonly ExclusionEntry[],
): readonly Piece[] {
  const free = new Set(current.keys());
  const takeWhere = (test: (entry: ExclusionEntry) => boolean, limit: number) => {
    const taken: number[] = [];
    for (const index of free) {
      const entry = current[index];
      if (taken.length < limit && entry && test(entry)) taken.push(index);
    }
    taken.forEach((index) => free.delete(index));
    return taken;
  };
  const kept = wanted.map((entry) => takeWhere((other) => isSameExclusion(entry, other), 1)[0]);
  return wanted.map((entry, index) => ({
    entry,
    kept: kept[index],
    absorbed: takeWhere(({ start }) => entry.start <= start && start <= entry.end, Infinity),
  }));
}

/** How the ranges of a list are written; mappings, where there are none. */
export function rangeStyleOf({ list, entries }: Pick<ListInText, "list" | "entries">): RangeStyle {
  const item = list.items.find((item, index) => {
    return entries[index]?.form === "range" && isScalar(item);
  });
  return isScalar(item) ? { quote: QUOTES[item.type ?? Scalar.PLAIN] ?? "" } : "mapping";
}

const QUOTES: Readonly<Record<string, string>> = {
  [Scalar.QUOTE_DOUBLE]: '"',
  [Scalar.QUOTE_SINGLE]: "'",
};

/** An entry inside brackets. */
export function flowItem(entry: ExclusionEntry, style: RangeStyle): string {
  if (entry.form === "single") return `${entry.start}`;
  if (style === "mapping") return `{start: ${entry.start}, end: ${entry.end}}`;
  return style.quote + formatExclusion(entry) + style.quote;
}

/** Where an item of a block list is written. */
export interface Place {
  readonly indent: string;
  readonly lineEnd: string;
}

/** An entry behind a dash, with the line end. */
export function blockItem(
  entry: ExclusionEntry,
  style: RangeStyle,
  { indent, lineEnd }: Place,
): string {
  if (entry.form === "range" && style === "mapping") {
    const { start, end } = entry;
    return `${indent}- start: ${start}${lineEnd}${indent}  end: ${end}${lineEnd}`;
  }
  return `${indent}- ${flowItem(entry, style)}${lineEnd}`;
}

/** An item of a block list: whole lines. */
interface Chunk {
  /** Comments and empty lines above it. */
  readonly lead: string;
  readonly body: string;
  /** What stands behind the entry on its last line: a comment and the blanks before it. */
  readonly tail: string;
}

function replaceInBlock(source: ListInText, pieces: readonly Piece[]): Splice {
  const { text, list, lineEnd } = source;
  const starts = dashes(list).map((dash) => text.lastIndexOf("\n", dash - 1) + 1);
  const ends = list.items.map((item) => endOfLine(text, lastOffset(item)));
  const from = startOfComments(text, starts[0] ?? 0);
  const until = ends.at(-1) ?? from;
  const chunks = list.items.map((item, index): Chunk => ({
    lead: text.slice(ends[index - 1] ?? from, starts[index]),
    body: withLineEnd(text.slice(starts[index], ends[index]), lineEnd),
    tail: text.slice(lastOffset(item), ends[index]).trimEnd(),
  }));
  const place = { indent: /^ */.exec(text.slice(starts[0]))?.[0] ?? "", lineEnd };
  const style = rangeStyleOf(source);
  const lines = pieces.map((piece) => {
    const absorbed = piece.absorbed.flatMap((index) => chunks[index] ?? []);
    const kept = piece.kept === undefined ? undefined : chunks[piece.kept];
    return kept
      ? kept.lead + commentLines(absorbed, place) + kept.body
      : standIn(absorbed, blockItem(piece.entry, style, place), place);
  }).join("");
  const endsOpen = !text.slice(from, until).endsWith("\n");
  return { from, until, text: endsOpen ? lines.slice(0, -lineEnd.length) : lines };
}

/** `item` where the first of `absorbed` stood, with the comments of all of them. */
function standIn([first, ...others]: readonly Chunk[], item: string, place: Place): string {
  if (first === undefined) return item;
  const { lineEnd } = place;
  const isOneLine = (text: string) => text.indexOf("\n") === text.length - 1;
  if (isOneLine(first.body) && isOneLine(item)) {
    const line = item.slice(0, -lineEnd.length) + first.tail + lineEnd;
    return first.lead + commentLines(others, place) + line;
  }
  const comments = commentLines([{ ...first, lead: "" }, ...others], place);
  return first.lead + comments + item;
}

function commentLines(chunks: readonly Chunk[], { indent, lineEnd }: Place): string {
  const comments = chunks.flatMap(({ lead, body }) => commentsIn(lead + body));
  return comments.map((comment) => indent + comment + lineEnd).join("");
}

/** Where the comments begin that stand right above the line at `lineStart`. */
function startOfComments(text: string, lineStart: number): number {
  let start = lineStart;
  while (start > 0) {
    const above = text.lastIndexOf("\n", start - 2) + 1;
    if (!/^[ \t]*#/.test(text.slice(above, start))) break;
    start = above;
  }
  return start;
}

/** Where the dashes of a block list are. */
function dashes(list: YAMLSeq): readonly number[] {
  const token = list.srcToken;
  if (token?.type !== "block-seq") return [];
  return token.items.flatMap(({ start }) => {
    return start.filter(({ type }) => type === "seq-item-ind").map(({ offset }) => offset);
  });
}

/** Where the last character of `node` is followed by what is not its own. */
function lastOffset(node: Node): number {
  const end = node.range?.[1] ?? 0;
  if (!isMap(node) || node.flow) return end;
  // A block mapping claims the comment behind it.
  const last = node.items.at(-1) as Pair<Node, Node | null> | undefined;
  return last ? lastOffset(last.value ?? last.key) : end;
}

function endOfLine(text: string, offset: number): number {
  if (text[offset - 1] === "\n") return offset; // behind a block scalar
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

function withLineEnd(text: string, lineEnd: string): string {
  return text.endsWith("\n") ? text : text + lineEnd;
}

/** The comments of a list's part, whose values hold no number signs. */
function commentsIn(text: string): readonly string[] {
  return text.split(/\r?\n/).flatMap((line) => /(?:^|[ \t])(#.*)$/.exec(line)?.[1] ?? []);
}

function replaceInFlow(source: ListInText, pieces: readonly Piece[]): Splice {
  const { text, list } = source;
  const style = rangeStyleOf(source);
  const spans = flowSpans(list);
  const render = ({ entry, kept }: Piece) => {
    const span = kept === undefined ? undefined : spans[kept];
    return span ? text.slice(span.from, span.until) : flowItem(entry, style);
  };
  const [open = 0, close = 0] = list.range ?? [];
  const first = spans[0];
  const last = spans.at(-1);
  if (first === undefined || last === undefined) {
    return { from: open + 1, until: open + 1, text: pieces.map(render).join(", ") };
  }
  const gaps = spans.slice(1).map(({ from }, index) => text.slice(spans[index]?.until, from));
  const separator = gaps.at(-1) ?? ", ";
  const old = pieces.slice(0, spans.length);
  if (old.length === spans.length && old.every(({ kept }, index) => kept === index)) {
    const added = pieces.slice(spans.length).map((piece) => blanksOf(separator) + render(piece));
    return { from: last.until, until: last.until, text: added.join("") };
  }
  if (!text.slice(open, close).includes("#")) {
    return { from: first.from, until: last.until, text: pieces.map(render).join(separator) };
  }
  return rewriteFlow(source, { pieces, spans, render });
}

interface Span {
  readonly from: number;
  readonly until: number;
}

/** Where the items of a list in brackets are, each with its anchor. */
function flowSpans(list: YAMLSeq<Node>): readonly Span[] {
  const token = list.srcToken;
  if (token?.type !== "flow-collection") return [];
  return list.items.map((item, index) => {
    const anchor = token.items[index]?.start.find(({ type }) => type === "anchor");
    return { from: anchor?.offset ?? item.range?.[0] ?? 0, until: lastOffset(item) };
  });
}

/** What to put between the last item and a new one: a separator without its comments. */
function blanksOf(separator: string): string {
  const lastLine = /\r?\n[ \t]*$/.exec(separator)?.[0];
  return "," + (lastLine ?? separator.replace(",", ""));
}

/** A list in brackets with comments: an item a line, and its comments above it. */
function rewriteFlow(
  { text, list, lineEnd }: ListInText,
  { pieces, spans, render }: {
    readonly pieces: readonly Piece[];
    readonly spans: readonly Span[];
    readonly render: (piece: Piece) => string;
  },
): Splice {
  const [open = 0, close = 0] = list.range ?? [];
  const lineStart = text.lastIndexOf("\n", open) + 1;
  const outer = /^ */.exec(text.slice(lineStart))?.[0] ?? "";
  const inner = `${lineEnd}${outer}  `;
  // Up to the end of its line, a comment is about the item before it.
  const cuts = spans.map(({ until }) => Math.min(endOfLine(text, until), close - 1));
  const about = (index: number) => {
    const from = cuts[index - 1] ?? open + 1;
    return text.slice(from, index === spans.length - 1 ? close - 1 : cuts[index]);
  };
  const items = pieces.map((piece) => {
    const sources = [...piece.absorbed, ...(piece.kept === undefined ? [] : [piece.kept])];
    const comments = sources.flatMap((index) => commentsIn(about(index)));
    return [...comments, `${render(piece)},`].map((line) => inner + line).join("");
  });
  return { from: open + 1, until: close - 1, text: `${items.join("")}${lineEnd}${outer}` };
}
