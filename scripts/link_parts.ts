/**
 * Links a program that was bundled in parts into one module. A bundler that writes one file puts the
 * functions of all modules side by side, and V8 creates each of them at every start. Here each part
 * is one function, which is called when the part is imported, so that what a command does not need
 * costs next to nothing.
 *
 * @module
 */

import remapping from "@jridgewell/remapping";
import type { Expression, Identifier, ImportExpression, Literal, Node } from "acorn";
import MagicString, { Bundle } from "magic-string";
import { isFunction, type NodeInTree, nodesBelow, parseModule } from "./syntax_tree.ts";

/** A module of the program. */
export interface Part {
  readonly code: string;
  /** Its source map. */
  readonly map: string;
  /** Whether most runs import it, so that V8 had better compile it at once. */
  readonly isCommon: boolean;
}

/** What the parts call each other by; minified code has no names as long as these. */
const LOAD = "$loadPart";
const LOADED = "$loadedParts";
const PARTS = "$parts";

/**
 * Links `parts`, which import each other as `./name`. A name that is exported must keep its value:
 * those who import it get the value alone.
 *
 * @param main The name of the part that is run.
 * @throws {Error} for parts that import each other, and for forms of import and export that bundlers
 * do not write.
 */
export function linkParts(
  parts: ReadonlyMap<string, Part>,
  main: string,
): { readonly code: string; readonly map: string } {
  const parsed = parseAll(parts, main);
  refuseCycles(parsed, main);
  const numbers = new Map([...parsed.keys()].map((name, number) => [name, number]));
  const load = (name: string) => `${LOAD}(${numbers.get(name)})`;
  const waiting = waitingParts(parsed);
  const linked = new Bundle({ separator: ",\n" });
  for (const [name, { code, imports, exports, dynamicImports }] of parsed) {
    for (const { from, start, end } of dynamicImports) {
      code.overwrite(start, end, `await ${load(from)}`);
    }
    for (const { start, end } of imports) code.remove(start, end);
    const loads = imports.map(({ from, names }) => {
      const call = `${waiting.has(from) ? "await " : ""}${load(from)};`;
      return names.length > 0 ? `const{${names.join()}}=${call}` : call;
    });
    code.prepend(loads.join(""));
    if (exports !== undefined) code.remove(exports.start, exports.end);
    if (name === main) continue;
    // Behind a line break, for the last line may end in a comment.
    code.append(`\nreturn{${exports?.names.join() ?? ""}}`);
    // The parentheses make V8 compile the function at once. Those around an arrow function that is
    // asynchronous do not.
    const [open, close] = parts.get(name)?.isCommon ? ["(", ")"] : ["", ""];
    const keyword = waiting.has(name) ? "async function" : "function";
    code.prepend(`${open}${keyword}(){`).append(`}${close}`);
    linked.addSource({ filename: name, content: code });
  }
  linked.prepend(
    `const ${LOADED}=[],${LOAD}=number=>${LOADED}[number]??=(0,${PARTS}[number])(),${PARTS}=[,\n`,
  );
  linked.addSource({ filename: main, content: parsed.get(main)!.code.prepend("];\n") });
  // What is no program is to fail here and not where it is run.
  parseModule(linked.toString());
  const map = linked.generateMap({ hires: true }).toString();
  return {
    code: linked.toString(),
    map: remapping(map, (name) => parts.get(name)?.map ?? null).toString(),
  };
}

/** Where something stands in the code of a part. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The names of an import or export, as in a pattern or an object: `theirs:ours`. */
interface Names extends Range {
  readonly names: readonly string[];
}

interface Import extends Range {
  /** The name of the other part. */
  readonly from: string;
}

/** A part, taken apart. */
interface ParsedPart {
  readonly code: MagicString;
  /** Whether it has an `await` outside of functions. */
  readonly waits: boolean;
  readonly imports: readonly (Import & Names)[];
  readonly dynamicImports: readonly Import[];
  readonly exports: Names | undefined;
}

/** All parts that are reached from `main`, which is the first, in an order that is always the same. */
function parseAll(parts: ReadonlyMap<string, Part>, main: string): Map<string, ParsedPart> {
  const parsed = new Map<string, ParsedPart>();
  const names = [main];
  for (const name of names) {
    if (parsed.has(name)) continue;
    const part = parsePart(name, parts.get(name)?.code);
    parsed.set(name, part);
    names.push(...[...part.imports, ...part.dynamicImports].map(({ from }) => from));
  }
  return parsed;
}

function parsePart(name: string, code: string | undefined): ParsedPart {
  if (code === undefined) throw new Error(`there is no ${name}`);
  const program = parseModule(code);
  const imports: (Import & Names)[] = [];
  let exports: Names | undefined;
  for (const node of program.body) {
    if (exports !== undefined) throw new Error(`${name} goes on behind its exports`);
    const { start, end } = node;
    if (node.type === "ImportDeclaration") {
      const names = node.specifiers.map((specifier) => {
        if (specifier.type !== "ImportSpecifier") throw new Error(`${name} imports a whole module`);
        return pair(specifier.imported, specifier.local);
      });
      imports.push({ from: partName(node.source), names, start, end });
    } else if (node.type === "ExportNamedDeclaration" && !node.declaration && !node.source) {
      const names = node.specifiers.map(({ exported, local }) => pair(exported, local));
      exports = { names, start, end };
    } else if (node.type.startsWith("Export")) throw new Error(`${name} exports more than a list`);
  }
  return {
    code: new MagicString(code),
    waits: nodesBelow(program, isFunction).some(({ node }) => isWait(node)),
    imports,
    dynamicImports: nodesBelow(program).flatMap((found) => dynamicImport(name, found)).toArray(),
    exports,
  };
}

function isWait(node: Node): boolean {
  return node.type === "AwaitExpression" || ("await" in node && node.await === true) ||
    ("kind" in node && node.kind === "await using");
}

/** The import of another part that `node` waits for, as all imports by expressions have to be. */
function dynamicImport(name: string, { node, parent }: NodeInTree): Import[] {
  if (node.type !== "ImportExpression") return [];
  const { source } = node as ImportExpression;
  if (source.type === "Literal" && String(source.value).startsWith("node:")) return [];
  if (parent.type !== "AwaitExpression") throw new Error(`${name} imports and does not wait`);
  return [{ from: partName(source), start: parent.start, end: parent.end }];
}

/** The parts that have to be waited for: they wait themselves, or import one that does. */
function waitingParts(parsed: ReadonlyMap<string, ParsedPart>): ReadonlySet<string> {
  const waiting = new Set<string>();
  for (let before = -1; before < waiting.size;) {
    before = waiting.size;
    for (const [name, { waits, imports }] of parsed) {
      if (waits || imports.some(({ from }) => waiting.has(from))) waiting.add(name);
    }
  }
  return waiting;
}

function partName(source: Expression): string {
  if (source.type === "Literal" && String(source.value).startsWith("./")) {
    return String(source.value).slice(2);
  }
  throw new Error("what is imported is not a part");
}

function pair(theirs: Identifier | Literal, ours: Identifier | Literal): string {
  if (theirs.type !== "Identifier" || ours.type !== "Identifier") {
    throw new Error("a name is a text");
  }
  return theirs.name === ours.name ? theirs.name : `${theirs.name}:${ours.name}`;
}

/** A part whose import waits for itself would wait for ever. */
function refuseCycles(parsed: ReadonlyMap<string, ParsedPart>, main: string): void {
  const done = new Set<string>();
  const visit = (name: string, above: readonly string[]) => {
    if (above.includes(name)) throw new Error(`in a circle: ${[...above, name].join(" > ")}`);
    if (done.has(name)) return;
    done.add(name);
    for (const { from } of parsed.get(name)?.imports ?? []) visit(from, [...above, name]);
  };
  for (const name of [main, ...parsed.keys()]) visit(name, []);
}
