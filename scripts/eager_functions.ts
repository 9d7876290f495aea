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
import MagicString from "magic-string";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** A function of a script, by where its text begins and ends. */
export interface FunctionRange {
  readonly start: number;
  readonly end: number;
}

/** What is run to find out which functions are called: a file, if any, and the arguments. */
interface Run {
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
const GROUP = `${CONFIG}reservations:
  services:
    web:
      offset: 0
    api:
      offset: 1
      env: API_PORT
`;

/** Every one reserves before and is counted when it finds what it has reserved. */
const RUNS: readonly Run[] = [
  { args: ["--help"] },
  { args: ["list"] },
  { args: ["reserve"] },
  { config: CONFIG, args: ["reserve"] },
  { config: GROUP, args: ["autoreserve"] },
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

/** The functions of a module: all of them, and those that common commands call. */
export interface Functions {
  readonly all: readonly FunctionRange[];
  readonly called: readonly FunctionRange[];
}

/** The functions of each module, by its name, that common commands of the program `main` import. */
export async function findFunctions(main: string): Promise<ReadonlyMap<string, Functions>> {
  const home = await Deno.makeTempDir();
  try {
    for (const run of RUNS) await cover(main, run, home);
    const found = new Map<string, ScriptCoverage["functions"]>();
    for (const { name } of Deno.readDirSync(join(home, "coverage"))) {
      const text = await Deno.readTextFile(join(home, "coverage", name));
      const { url, functions }: ScriptCoverage = JSON.parse(text);
      if (!url.startsWith(pathToFileURL(dirname(main)).href)) continue;
      const module = basename(url);
      found.set(module, [...found.get(module) ?? [], ...functions]);
    }
    return new Map(Array.from(found, ([module, functions]) => [module, {
      all: inOrder(functions),
      called: inOrder(functions.filter(({ ranges: [{ count }] }) => count > 0)),
    }]));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** Each function once. The order in which V8 lists them is not always the same. */
function inOrder(functions: ScriptCoverage["functions"]): FunctionRange[] {
  const ranges = new Map(functions.map(({ ranges: [{ startOffset: start, endOffset: end }] }) => {
    return [`${start}-${end}`, { start, end }];
  }));
  return [...ranges.values()].sort((a, b) => a.start - b.start || a.end - b.end);
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
      // Who waits for nobody does the same on a slow machine as on a fast one.
      env: { HOME: home, USERPROFILE: home, NO_COLOR: "1", TROP_BUSY_TIMEOUT: "0" },
    });
    const { success, stderr } = await command.output();
    if (!success) {
      throw new Error(`trop ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
    }
  }
}

/**
 * Changes `code`, a minified module, so that V8 compiles the functions `called` at once.
 *
 * @param map The source map of `code`.
 * @param all The ranges of all functions, which tell what is nested in a function.
 */
export function compileEagerly(
  code: string,
  map: string,
  { all, called }: Functions,
): { readonly code: string; readonly map: string } {
  const changed = new MagicString(code);
  for (const { start, end } of called) {
    // V8 counts the module as one of its functions.
    if (end - start === code.length) continue;
    const text = code.slice(start, end);
    const [head, keyword, name] = DECLARATION.exec(text) ?? [];
    if (head === undefined || !isStatement(code, start)) {
      if (EXPRESSION.test(text)) changed.appendRight(start, "(").appendLeft(end, ")");
    } else if (isAtTopLevel({ start, end }, all, code.length)) {
      changed.overwrite(start, start + head.length, `var ${name}=(${keyword}(`);
      changed.appendLeft(end, ");");
      if (start > 0) changed.move(start, end, 0);
    }
  }
  const step = changed.generateMap({ hires: true }).toString();
  return { code: changed.toString(), map: remapping([step, map], () => null).toString() };
}

const DECLARATION = /^((?:async )?function\*?) ?([\w$]+)\(/;

/** A function without a name, or an arrow function; methods begin with their names. */
const EXPRESSION = /^(?:async ?)?(?:function\*?\(|\(|[\w$]+=>)/;

/** Whether what begins at `start` is a statement of its own, as a declaration is. */
function isStatement(code: string, start: number): boolean {
  return /^[;}\n]?$/.test(code.slice(0, start).trimEnd().slice(-1));
}

function isAtTopLevel(one: FunctionRange, all: readonly FunctionRange[], length: number): boolean {
  return !all.some(({ start, end }) => {
    return start <= one.start && one.end <= end && (start < one.start || one.end < end) &&
      end - start < length;
  });
}
