/**
 * Reads any YAML. This is the only module, besides those that edit, that loads the YAML package,
 * and it is loaded only where a configuration file has what `yaml_simple.ts` does not know.
 *
 * @module
 */

import {
  isAlias,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  type YAMLMap,
  type YAMLParseError,
} from "yaml";
import type { Place, YamlContent, YamlDocument, YamlEntry, YamlNode } from "./yaml_tree.ts";

/** @param text Without a byte order mark. */
export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: "failsafe",
    // The package's own search for repeated keys takes quadratic time; the decoder looks for them.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = document.errors.map((error) => ({
    ...placeAt(error.pos[0]),
    message: wordsOf(error),
  }));
  if (problems.length > 0 || document.contents === null) return { root: null, problems };
  return { root: new TreeBuilder(placeAt).build(document.contents), problems };
}

/** Turns the package's nodes into those of the tree, in the order of the text. */
class TreeBuilder {
  readonly #placeAt: (offset: number) => Place;
  /** What has been met with an anchor. The package can tell too, but walks the document each time. */
  readonly #anchored = new Map<string, YamlContent>();

  constructor(placeAt: (offset: number) => Place) {
    this.#placeAt = placeAt;
  }

  build(node: Node): YamlNode {
    const place = this.#placeAt(node.range?.[0] ?? 0);
    if (isAlias(node)) return { kind: "alias", target: this.#anchored.get(node.source), place };
    const { tag } = node as { tag?: string };
    if (isScalar(node)) {
      const isPlain = node.type === Scalar.PLAIN;
      return this.#keep(node, { kind: "scalar", text: node.source ?? "", isPlain, tag, place });
    }
    if (isSeq(node)) {
      const items: YamlNode[] = [];
      const sequence = this.#keep(node, { kind: "sequence", items, tag, place });
      for (const item of node.items as Node[]) items.push(this.build(item));
      return sequence;
    }
    const entries: YamlEntry[] = [];
    const mapping = this.#keep(node, { kind: "mapping", entries, tag, place });
    for (const { key, value } of (node as YAMLMap<Node, Node | null>).items) {
      entries.push({ key: this.build(key), value: value ? this.build(value) : this.#nothing(key) });
    }
    return mapping;
  }

  /** Remembers `content` before what is in it is built: an alias may stand inside of its anchor. */
  #keep(node: Node, content: YamlContent): YamlContent {
    if (node.anchor !== undefined) this.#anchored.set(node.anchor, content);
    return content;
  }

  #nothing(key: Node): YamlNode {
    const place = this.#placeAt(key.range?.[0] ?? 0);
    return { kind: "scalar", text: "", isPlain: true, tag: undefined, place };
  }
}

function wordsOf(error: YAMLParseError): string {
  switch (error.code) {
    case "MULTIPLE_DOCS":
      return "want one document, found a second one";
    case "RESOURCE_EXHAUSTION":
      return "it is nested too deeply";
    default:
      // The package's words begin with a capital and may end with a stop.
      return error.message.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase())
        .replace(/\.$/, "");
  }
}
