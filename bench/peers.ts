/**
 * What others take for the same work, or for the nearest that they do. Their packages are installed
 * in a temporary directory, at the versions below; none is part of trop.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { databaseOptions } from "../src/database/config.ts";
import { openDatabase } from "../src/database/connection.ts";
import { CREATE_SCHEMA } from "../src/database/schema.ts";
import { reservation, store } from "../tests/support/database.ts";
import { alternate, median, type Process, type Summary } from "./process.ts";
import { makeRows } from "./rows.ts";
import { RUN } from "./startup.ts";

const PACKAGES = {
  "get-port": "7.2.0",
  portfinder: "1.0.38",
  "detect-port": "2.1.0",
  "better-sqlite3": "12.11.1",
} as const;

/** Whole processes, by what a reader calls them. */
export type PeerProcesses = Readonly<Record<string, Summary>>;

/** What a library did with the same rows. */
export interface Operations {
  /** Of SQLite. */
  readonly version: string;
  /** Rows or statements a second. */
  readonly batch: number;
  readonly write: number;
  readonly read: number;
}

export interface Peers {
  /** Programs that print a port. */
  readonly ports: PeerProcesses;
  /** Programs that find a row, note the time in it, and print its port. */
  readonly statements: PeerProcesses;
  readonly operations: Readonly<Record<string, Operations>>;
  /** What could not be measured, and why. */
  readonly missing: readonly string[];
}

/** Where the programs are. */
export interface PeerPrograms {
  readonly bundle: string;
  /** A configuration of the FFI flavour whose packages can be had. */
  readonly ffiConfig?: string;
}

export async function measurePeers(
  { bundle, ffiConfig }: PeerPrograms,
  rounds: number,
): Promise<Peers> {
  const directory = await Deno.makeTempDir();
  try {
    const missing: string[] = [];
    const modules = await install(directory, missing);
    return {
      ports: await alternate(await portPrograms(directory, bundle, modules), rounds),
      statements: await alternate(statementPrograms(directory, bundle, modules), rounds),
      operations: await measureOperations(directory, modules, ffiConfig),
      missing,
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** @returns The packages that could be installed. */
async function install(directory: string, missing: string[]): Promise<ReadonlySet<string>> {
  const installed = new Set<string>();
  await Deno.writeTextFile(join(directory, "package.json"), "{}");
  for (const [name, version] of Object.entries(PACKAGES)) {
    const { code } = await output("npm", {
      args: ["install", "--no-audit", "--no-fund", "--silent", `${name}@${version}`],
      cwd: directory,
    });
    if (code === 0) installed.add(name);
    else missing.push(`${name} ${version} could not be installed`);
  }
  return installed;
}

async function portPrograms(
  cwd: string,
  bundle: string,
  modules: ReadonlySet<string>,
): Promise<Record<string, (round: number) => Process>> {
  const env = { TROP_DATA_DIR: join(cwd, "ports") };
  const node = (name: string, script: string) =>
    modules.has(name) ? { [name]: () => ({ words: ["node", "-e", script], cwd }) } : {};
  const empty = join(cwd, "empty.js");
  await Deno.writeTextFile(empty, "");
  return {
    "trop, found": () => ({ words: [...RUN, bundle, "reserve"], cwd, env }),
    "trop, new": (round) => ({
      words: [...RUN, bundle, "reserve", "--path", `peers/${round}`],
      cwd,
      env,
    }),
    ...node("get-port", 'import("get-port").then(async (it) => console.log(await it.default()))'),
    ...node("portfinder", 'require("portfinder").getPort((_, port) => console.log(port))'),
    ...node(
      "detect-port",
      'import("detect-port").then(async (it) => console.log(await it.detect(5000)))',
    ),
    "Deno, an empty script": () => ({ words: [...RUN, empty], cwd }),
    "Node.js, an empty script": () => ({ words: ["node", empty], cwd }),
  };
}

function statementPrograms(
  cwd: string,
  bundle: string,
  modules: ReadonlySet<string>,
): Record<string, () => Process> {
  const data = join(cwd, "statements");
  Deno.mkdirSync(data);
  const database = join(data, "trop.db");
  {
    using open = openDatabase(databaseOptions(database));
    const path = Deno.realPathSync(cwd);
    store(open, ...makeRows(1_000), reservation({ path, port: 65_535 }));
  }
  const key = `path = '${Deno.realPathSync(cwd)}' AND tag = ''`;
  const select = `SELECT port FROM reservations WHERE ${key}`;
  const update = `UPDATE reservations SET last_used_at = unixepoch() WHERE ${key}`;
  const setUp = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL";
  const shell = `${setUp}; BEGIN IMMEDIATE; ${select}; ${update}; COMMIT`;
  const python = `import sqlite3
c = sqlite3.connect(${JSON.stringify(database)}, timeout=5, isolation_level=None)
c.execute("PRAGMA synchronous = NORMAL")
c.execute("BEGIN IMMEDIATE")
print(c.execute(${JSON.stringify(select)}).fetchone()[0])
c.execute(${JSON.stringify(update)})
c.execute("COMMIT")
c.close()`;
  const better = `const c = require("better-sqlite3")(${
    JSON.stringify(database)
  }, { timeout: 5000 });
c.pragma("synchronous = NORMAL");
c.exec("BEGIN IMMEDIATE");
console.log(c.prepare(${JSON.stringify(select)}).get().port);
c.prepare(${JSON.stringify(update)}).run();
c.exec("COMMIT");
c.close();`;
  const env = { TROP_DATA_DIR: data };
  return {
    trop: () => ({ words: [...RUN, bundle, "reserve"], cwd, env }),
    "sqlite3, the shell": () => ({ words: ["sqlite3", database, shell], cwd }),
    "Python, sqlite3": () => ({ words: ["python3", "-c", python], cwd }),
    ...modules.has("better-sqlite3")
      ? { "Node.js, better-sqlite3": () => ({ words: ["node", "-e", better], cwd }) }
      : {},
  };
}

const WORK = { rows: 50_000, writes: 5_000, reads: 50_000 };
const OPERATION_RUNS = 5;

async function measureOperations(
  directory: string,
  modules: ReadonlySet<string>,
  ffiConfig: string | undefined,
): Promise<Record<string, Operations>> {
  const script = (name: string) => fileURLToPath(new URL(`peers/${name}`, import.meta.url));
  const deno = (...flags: readonly string[]) => {
    return [Deno.execPath(), "run", "--quiet", "--allow-all", ...flags, script("operations.ts")];
  };
  const contestants: Record<string, readonly string[]> = {
    "Deno, node:sqlite": deno(),
    "Python, sqlite3": ["python3", script("operations.py")],
  };
  if (ffiConfig !== undefined) {
    contestants["Deno, @db/sqlite by FFI"] = deno("--config", ffiConfig, "--no-check");
  }
  if (modules.has("better-sqlite3")) {
    // Node.js looks for packages from where the script lies.
    const copy = join(directory, "operations.mjs");
    await Deno.copyFile(script("operations.mjs"), copy);
    contestants["Node.js, better-sqlite3"] = ["node", copy];
  }
  const names = Object.keys(contestants);
  const seconds = new Map(names.map((name) => [name, [] as Operations[]]));
  const request = JSON.stringify({ ...WORK, schema: CREATE_SCHEMA });
  for (let run = 0; run < OPERATION_RUNS; run++) {
    for (const name of run % 2 === 0 ? names : names.toReversed()) {
      const [program = "", ...args] = contestants[name] ?? [];
      const path = join(directory, `${names.indexOf(name)}-${run}.db`);
      const { code, stdout, stderr } = await output(program, { args: [...args, path, request] });
      if (code !== 0) throw new Error(`${name} failed:\n${stderr}`);
      seconds.get(name)!.push(JSON.parse(stdout));
    }
  }
  return Object.fromEntries(names.map((name) => {
    const runs = seconds.get(name)!;
    const perSecond = (count: number, of: (one: Operations) => number) =>
      count / median(runs.map(of));
    return [name, {
      version: runs[0]!.version,
      batch: perSecond(WORK.rows, ({ batch }) => batch),
      write: perSecond(WORK.writes, ({ write }) => write),
      read: perSecond(WORK.reads, ({ read }) => read),
    }];
  }));
}

async function output(
  program: string,
  options: Deno.CommandOptions,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(program, options).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
