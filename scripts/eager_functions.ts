/**
 * Lets V8 compile the functions that common commands call together with the bundle, which puts them
 * into the code cache. V8 compiles all others when they are called, and does so again in every run.
 *
 * It takes a function in parentheses for one that is called at once, and compiles it at once. So
 * function expressions get parentheses, and declarations become such expressions, in front of
 * everything else because the whole module may call them.
 *
 * @module
 */

import remapping from "@jridgewell/remapping";
import type { FunctionDeclaration } from "acorn";
import MagicString from "magic-string";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isFunction, nodesBelow, parseModule } from "./syntax_tree.ts";

/** A function of a script, by where its text begins and ends. */
export interface FunctionRange {
  readonly start: number;
  readonly end: number;
}

/** What is run to find out which functions are called. */
interface Run {
  /** The project's file, if any. */
  readonly config?: string;
  readonly args: readonly string[];
}

const CONFIG = `project: shop
ports:
  min: 5000
excluded_ports:
  - 5001
  - 5010..5012
`;

/** Every one reserves before and is counted when it finds what it has reserved. */
const RUNS: readonly Run[] = [
  { args: ["--help"] },
  { args: ["reserve"] },
  { config: CONFIG, args: ["reserve"] },
  // Who waits for nobody does the same on a slow machine as on a fast one.
  { args: ["reserve", "--tag", "api", "--busy-timeout", "0"] },
];

/** A script as V8 reports it: functions with what is nested in them, the whole script among them. */
interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly [
      { readonly startOffset: number; readonly endOffset: number; readonly count: number },
    ];
  }[];
}

/**
 * The functions that common commands of the program `main` call, by the names of the modules that
 * they are in. A module that is imported is there even if nothing in it is called.
 */
export async function findCalledFunctions(
  main: string,
): Promise<ReadonlyMap<string, readonly FunctionRange[]>> {
  const home = await Deno.makeTempDir();
  try {
    for (const run of RUNS) await cover(main, run, home);
    const found = new Map<string, FunctionRange[]>();
    for (const { name } of Deno.readDirSync(join(home, "coverage"))) {
      const text = await Deno.readTextFile(join(home, "coverage", name));
      const { url, functions }: ScriptCoverage = JSON.parse(text);
      if (!url.startsWith(pathToFileURL(dirname(main)).href)) continue;
      const called = functions.filter(({ ranges: [{ count }] }) => count > 0)
        .map(({ ranges: [{ startOffset: start, endOffset: end }] }) => ({ start, end }));
      found.set(basename(url), [...found.get(basename(url)) ?? [], ...called]);
    }
    return found;
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** Runs the bundle in an environment that does not depend on the machine. */
async function cover(script: string, { config, args }: Run, home: string): Promise<void> {
  const directory = await Deno.makeTempDir({ dir: home });
  if (config !== undefined) await Deno.writeTextFile(join(directory, "trop.yaml"), config);
  for (const flags of [[], [`--coverage=${join(home, "coverage")}`]]) {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-config", "--allow-all", "--unstable-net", ...flags, script]
        .concat(args),
      cwd: directory,
      clearEnv: true,
      env: { HOME: home, USERPROFILE: home, NO_COLOR: "1" },
    });
    const { success, stderr } = await command.output();
    if (!success) {
      throw new Error(`trop ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
    }
  }
}

/**
 * Changes `code`, a module, so that V8 compiles the functions `called` at once. Methods stay as they
 * are: there is no such way to write them.
 *
 * @param map The source map of `code`.
 */
export function compileEagerly(
  code: string,
  map: string,
  called: readonly FunctionRange[],
): { readonly code: string; readonly map: string } {
  const changed = new MagicString(code);
  const keys = new Set(called.map(keyOf));
  const program = parseModule(code);
  for (const { node, parent } of nodesBelow(program)) {
    const { start, end } = node;
    if (!isFunction(node) || !keys.has(keyOf(node))) continue;
    if (node.type !== "FunctionDeclaration") {
      changed.appendRight(start, "(").appendLeft(end, ")");
    } else if (parent === program) {
      const { id, async, generator } = node as FunctionDeclaration;
      const keyword = `${async ? "async " : ""}function${generator ? "*" : ""}`;
      changed.overwrite(start, id.end, `var ${id.name}=(${keyword}`).appendLeft(end, ");");
      if (start > 0) changed.move(start, end, 0);
    }
  }
  const step = changed.generateMap({ hires: true }).toString();
  return { code: changed.toString(), map: remapping([step, map], () => null).toString() };
}

function keyOf({ start, end }: FunctionRange): string {
  return `${start}-${end}`;
}
