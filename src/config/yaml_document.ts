/**
 * One YAML document with the place of every node. This is the only module, besides `decode.ts`,
 * that loads the YAML package, and both are loaded only where a configuration file exists.
 *
 * @module
 */

import {
  type Alias,
  type Document,
  isAlias,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLParseError,
} from "yaml";

/** A place in the text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Why a text is no YAML. */
export interface SyntaxProblem extends Place {
  readonly message: string;
}

/** A parsed text. */
export class YamlDocument {
  readonly problems: readonly SyntaxProblem[];
  /** `null` in an empty document. Not to be looked at when there are problems. */
  readonly root: Node | null;
  readonly #lines: LineCounter;
  readonly #targets: ReadonlyMap<Alias, Node>;

  /** @param text Without a byte order mark. */
  constructor(text: string) {
    this.#lines = new LineCounter();
    const document = parseDocument(text, {
      // Scalars stay text: what they stand for is the decoder's to say, by stricter rules.
      schema: "failsafe",
      // The package's own search for repeated keys takes quadratic time; the decoder looks for them.
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    this.root = document.contents;
    this.problems = document.errors.map((error) => ({
      ...this.placeAt(error.pos[0]),
      message: wordsOf(error),
    }));
    this.#targets = this.problems.length === 0 ? findTargets(document) : new Map();
  }

  /** Where `node` begins. */
  placeOf(node: Node): Place {
    return this.placeAt(node.range?.[0] ?? 0);
  }

  /** What `offset`, in UTF-16 units, is in lines and columns. */
  placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** What an alias stands for, any other node itself; `undefined` for an unknown alias. */
  follow(node: Node): Node | undefined {
    return isAlias(node) ? this.#targets.get(node) : node;
  }
}

/**
 * What each alias stands for: the last node before it with that anchor. The package can tell too,
 * but walks the whole document for each one.
 */
function findTargets(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
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
