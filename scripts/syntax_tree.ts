/**
 * JavaScript as a tree.
 *
 * @module
 */

import { type Node, parse, type Program } from "acorn";

/** A node and the one that it is part of. */
export interface NodeInTree {
  readonly node: Node;
  readonly parent: Node;
}

/** @throws {SyntaxError} */
export function parseModule(code: string): Program {
  return parse(code, { ecmaVersion: "latest", sourceType: "module" });
}

/** Everything below `parent`, in the order of the text, but what is inside of nodes to `skip`. */
export function* nodesBelow(
  parent: Node,
  skip: (node: Node) => boolean = () => false,
): Generator<NodeInTree> {
  for (const child of Object.values(parent).flat()) {
    if (!isNode(child)) continue;
    yield { node: child, parent };
    if (!skip(child)) yield* nodesBelow(child, skip);
  }
}

/** Whether it is a declaration, an expression or an arrow function. */
export function isFunction({ type }: Node): boolean {
  return /Function/.test(type);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
