/**
 * Changes the `excluded_ports` of a configuration file's text, and nothing else in it.
 *
 * @module
 */

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { ExclusionEntry } from "../domain/exclusion.ts";
import { blockItem, flowItem, replaceEntries, type Splice } from "./exclusion_list.ts";

const KEY = "excluded_ports";

/** A new list is written with mappings, which every reader of these files understands. */
const NEW_STYLE = "mapping";

/**
 * `text` with the list of `wanted` for its exclusions. Comments, order, quotes and line ends of
 * everything else stay as they are; of the list itself, entries that are wanted still.
 *
 * @param text A configuration without problems, and without a byte order mark.
 * @param current What its exclusions are.
 * @returns `undefined` where the list is written in a way that cannot be edited: as an alias.
 */
export function editExclusions(
  text: string,
  current: readonly ExclusionEntry[],
  wanted: readonly ExclusionEntry[],
): string | undefined {
  const lineEnd = /\r?\n/.exec(text)?.[0] ?? "\n";
  const { contents } = parseDocument(text, {
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    keepSourceTokens: true,
  });
  const splice = isMap(contents) && contents.items.length + Number(contents.flow ?? false) > 0
    ? editMapping(contents as YAMLMap<Node, Node | null>)
    : append("");
  return splice && text.slice(0, splice.from) + splice.text + text.slice(splice.until);

  function editMapping(mapping: YAMLMap<Node, Node | null>): Splice | undefined {
    const pair = mapping.items.find(({ key }) => isScalar(key) && key.source === KEY);
    if (pair === undefined) return mapping.flow ? addToFlow(mapping) : append(indentOf(mapping));
    const { value } = pair;
    if (isAlias(value)) return undefined;
    if (isSeq(value)) {
      const list = value as YAMLSeq<Node>;
      return replaceEntries({ text, list, entries: current, lineEnd }, wanted);
    }
    return replaceNull(pair, mapping);
  }

  /** Adds the key behind everything else. */
  function append(indent: string): Splice {
    const end = /^\.\.\.(?=\s|$)/m.exec(text)?.index ?? text.length;
    const before = text.slice(0, end);
    const gap = before === "" || before.endsWith("\n") ? "" : lineEnd;
    return { from: end, until: end, text: `${gap}${indent}${KEY}:${lineEnd}${block(indent)}` };
  }

  function addToFlow({ items, range }: YAMLMap<Node, Node | null>): Splice {
    const last = items.at(-1);
    const end = (last?.value ?? last?.key)?.range?.[1];
    const from = end ?? (range?.[0] ?? 0) + 1;
    return { from, until: from, text: `${end === undefined ? "" : ", "}${KEY}: ${flow()}` };
  }

  /** Puts the list in the place of a null that was written, or of nothing at all. */
  function replaceNull({ key, value }: Pair<Node, Node | null>, mapping: YAMLMap): Splice {
    const [from = 0, until = from] = value?.range ?? [];
    if (until > from) return { from, until, text: flow() };
    const keyEnd = key.range?.[1] ?? 0;
    const colon = /^\s*:/.exec(text.slice(keyEnd))?.[0];
    if (mapping.flow) {
      const place = keyEnd + (colon?.length ?? 0);
      return { from: place, until: place, text: `${colon === undefined ? ":" : ""} ${flow()}` };
    }
    const lineFeed = text.indexOf("\n", keyEnd);
    const place = lineFeed === -1 ? text.length : lineFeed + 1;
    const gap = lineFeed === -1 ? lineEnd : "";
    return { from: place, until: place, text: gap + block(indentOf(mapping)) };
  }

  function indentOf({ range }: YAMLMap): string {
    const start = range?.[0] ?? 0;
    return " ".repeat(start - (text.lastIndexOf("\n", start - 1) + 1));
  }

  function block(indent: string): string {
    const place = { indent: `${indent}  `, lineEnd };
    return wanted.map((entry) => blockItem(entry, NEW_STYLE, place)).join("");
  }

  function flow(): string {
    return `[${wanted.map((entry) => flowItem(entry, NEW_STYLE)).join(", ")}]`;
  }
}
