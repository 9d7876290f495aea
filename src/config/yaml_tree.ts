/**
 * What a YAML text says, whoever parsed it: nodes and the places where they begin.
 *
 * @module
 */

/** A place in the text; both count from 1, columns in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Why a text is no YAML. */
export interface SyntaxProblem extends Place {
  readonly message: string;
}

/** A parsed text. */
export interface YamlDocument {
  /** `null` in an empty document. Not to be looked at when there are problems. */
  readonly root: YamlNode | null;
  readonly problems: readonly SyntaxProblem[];
}

/** A scalar. Scalars stay text: what they stand for is the decoder's to say, by stricter rules. */
export interface YamlScalar {
  readonly kind: "scalar";
  /** With escapes and line folds resolved. */
  readonly text: string;
  /** Without quotes, and not a block. */
  readonly isPlain: boolean;
  /** An explicit tag, such as `!!int`. */
  readonly tag: string | undefined;
  readonly place: Place;
}

/** A list, in blocks or in brackets. */
export interface YamlSequence {
  readonly kind: "sequence";
  readonly items: readonly YamlNode[];
  readonly tag: string | undefined;
  readonly place: Place;
}

/** Keys and values, in blocks or in braces. */
export interface YamlMapping {
  readonly kind: "mapping";
  /** In the order of the text; keys may be repeated. */
  readonly entries: readonly YamlEntry[];
  readonly tag: string | undefined;
  readonly place: Place;
}

/** A key and its value. The value of a key that stands alone, as in `{web}`, is an empty scalar. */
export interface YamlEntry {
  readonly key: YamlNode;
  readonly value: YamlNode;
}

/** Another name for a node before it. */
export interface YamlAlias {
  readonly kind: "alias";
  /** The last node before it with that anchor; `undefined` where there is none. */
  readonly target: YamlContent | undefined;
  readonly place: Place;
}

/** A node that is what it says. */
export type YamlContent = YamlScalar | YamlSequence | YamlMapping;

export type YamlNode = YamlContent | YamlAlias;

/** What an alias stands for, any other node itself; `undefined` for an unknown alias. */
export function follow(node: YamlNode): YamlContent | undefined {
  return node.kind === "alias" ? node.target : node;
}
