/**
 * Reads the YAML that most configuration files are written in: keys and values in blocks, lists,
 * flow collections on one line, plain and quoted words, comments. The YAML package reads that too,
 * and all the rest of YAML, but takes longer to load than the whole command.
 *
 * What is read here means the same to the package. Whatever takes a closer look is left to it.
 *
 * @module
 */

import type { YamlDocument, YamlEntry, YamlNode, YamlScalar } from "./yaml_tree.ts";

/**
 * Reads a text.
 *
 * @param text Without a byte order mark.
 * @returns `undefined` for what only a parser of all YAML can tell.
 */
export function parseSimpleYaml(text: string): YamlDocument | undefined {
  if (CONTROLS.test(text)) return undefined;
  const parser = new BlockParser(text);
  try {
    return { root: parser.document(), problems: [] };
  } catch (error) {
    if (error === NOT_SIMPLE) return undefined;
    throw error;
  }
}

/** Thrown where the text is not simple. */
const NOT_SIMPLE = Symbol("not simple");

function notSimple(): never {
  throw NOT_SIMPLE;
}

// What YAML has rules of its own for: control characters, tabs among them, and Unicode's ends of lines.
// deno-lint-ignore no-control-regex
const CONTROLS = /[\0-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff]|\r(?!\n)/;

/** More would be no configuration, and deep recursion. */
const DEEPEST = 8;

/** Of letters, those for which Latin is enough; no character that means anything to YAML. */
const LETTERS = "A-Za-z0-9_\\u00c0-\\u024f";
const PLAIN = `[${LETTERS}./+~][${LETTERS}./+~@-]*`;
const KEY = new RegExp(`[${LETTERS}][${LETTERS}./+-]{0,99}`, "y");
const WORD = new RegExp(PLAIN, "y");
const WORDS = new RegExp(`${PLAIN}(?: +${PLAIN})*`, "y");
/** No quotes and escapes inside. */
const QUOTED = /"[^"\\]*"|'[^']*'(?!')/y;
const SPACES = / */y;
/** What may follow the last value of a line. */
const END = / *(?: #.*)?$/y;

/** A line that is neither empty nor a comment. */
class Line {
  /** Where in the line the parser is. */
  at: number;

  constructor(readonly text: string, readonly number: number, readonly indent: number) {
    this.at = indent;
  }

  get place() {
    return { line: this.number, column: this.at + 1 };
  }

  /** Takes what `pattern` matches at this place. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  /** Takes `character`, and the spaces behind it, if it is the next one. */
  takeOne(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    this.take(SPACES);
    return true;
  }

  get isItem(): boolean {
    return this.text.startsWith("- ", this.indent);
  }
}

/** Goes through the lines; what is in one of them is `flow` below. */
class BlockParser {
  readonly #lines: readonly Line[];
  #next = 0;

  constructor(text: string) {
    this.#lines = text.split(/\r?\n/).flatMap((line, index) => {
      const indent = line.search(/[^ ]/);
      return indent === -1 || line[indent] === "#" ? [] : [new Line(line, index + 1, indent)];
    });
  }

  document(): YamlNode | null {
    if (this.#lines.length === 0) return null;
    const root = this.#block(0, 0);
    return this.#line === undefined ? root : notSimple();
  }

  get #line(): Line | undefined {
    return this.#lines[this.#next];
  }

  #block(indent: number, depth: number): YamlNode {
    if (depth > DEEPEST || this.#line?.indent !== indent) notSimple();
    return this.#line.isItem ? this.#sequence(indent) : this.#mapping(indent, depth);
  }

  #sequence(indent: number): YamlNode {
    const items: YamlNode[] = [];
    const place = this.#line?.place ?? notSimple();
    for (let line = this.#line; line?.indent === indent && line.isItem; line = this.#line) {
      line.takeOne("-");
      items.push(this.#value(line));
    }
    return { kind: "sequence", items, tag: undefined, place };
  }

  #mapping(indent: number, depth: number): YamlNode {
    const entries: YamlEntry[] = [];
    const place = this.#line?.place ?? notSimple();
    for (let line = this.#line; line?.indent === indent && !line.isItem; line = this.#line) {
      const key = scalar(line, KEY, true);
      if (key === undefined || line.take(/:(?= |$)/y) === undefined) notSimple();
      if (line.take(END) === undefined) {
        line.take(SPACES);
        entries.push({ key, value: this.#value(line) });
      } else {
        this.#next++;
        entries.push({ key, value: this.#below(indent, depth) });
      }
    }
    return { kind: "mapping", entries, tag: undefined, place };
  }

  /** The value of a key with nothing behind it. A list may stand as far to the left as the key. */
  #below(indent: number, depth: number): YamlNode {
    const line = this.#line ?? notSimple();
    if (line.indent === indent && line.isItem) return this.#sequence(indent);
    return line.indent > indent ? this.#block(line.indent, depth + 1) : notSimple();
  }

  /** The last value of a line, which no other line may continue. */
  #value(line: Line): YamlNode {
    const value = flow(line, WORDS, 0);
    if (line.take(END) === undefined) notSimple();
    this.#next++;
    if (this.#line !== undefined && this.#line.indent > line.indent) notSimple();
    return value;
  }
}

/** @param plain What a plain scalar may be here. */
function flow(line: Line, plain: RegExp, depth: number): YamlNode {
  if (depth > DEEPEST) notSimple();
  const { place } = line;
  if (line.takeOne("[")) {
    const items: YamlNode[] = [];
    takeList(line, "]", () => items.push(flow(line, WORD, depth + 1)));
    return { kind: "sequence", items, tag: undefined, place };
  }
  if (line.takeOne("{")) {
    const entries: YamlEntry[] = [];
    takeList(line, "}", () => {
      const key = scalar(line, KEY, true);
      if (key === undefined || line.take(/: +/y) === undefined) notSimple();
      entries.push({ key, value: flow(line, WORD, depth + 1) });
    });
    return { kind: "mapping", entries, tag: undefined, place };
  }
  return scalar(line, plain, true) ?? scalar(line, QUOTED, false) ?? notSimple();
}

/** Takes what stands between commas, up to `end`. */
function takeList(line: Line, end: string, takeItem: () => void): void {
  const isAtEnd = () => line.text[line.at] === end;
  if (!isAtEnd()) {
    do {
      takeItem();
      line.take(SPACES);
    } while (line.takeOne(","));
  }
  if (!isAtEnd()) notSimple();
  line.at++;
}

function scalar(line: Line, pattern: RegExp, isPlain: boolean): YamlScalar | undefined {
  const { place } = line;
  const found = line.take(pattern);
  if (found === undefined) return undefined;
  const text = isPlain ? found : found.slice(1, -1);
  return { kind: "scalar", text, isPlain, tag: undefined, place };
}
