/**
 * Runs the benchmarks, writes what they found to `bench/results.json`, and makes
 * `docs/benchmarks.md` and its drawings of it. Arguments name the sections to run, all without any;
 * `--page` runs none. `--rounds` says how often whole processes are run. Budgets stand beside what
 * was measured; nothing fails on a time.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureInside } from "../bench/inside.ts";
import { makePage } from "../bench/page.ts";
import { measurePeers } from "../bench/peers.ts";
import {
  type Circumstances,
  readResults,
  type Results,
  type Section,
  type Sections,
  writeResults,
} from "../bench/results.ts";
import { measureStartup } from "../bench/startup.ts";
import { measureStorms } from "../bench/storm.ts";
import { homeWith, rawConnection } from "../tests/support/database.ts";
import { ROOT, run } from "./run.ts";

const BUNDLE = join(ROOT, "dist/trop.js");
const PAGE = join(ROOT, "docs/benchmarks.md");
const DRAWINGS = join(ROOT, "docs/benchmarks");

const { values, positionals } = parseArgs({
  args: Deno.args,
  options: {
    page: { type: "boolean", default: false },
    rounds: { type: "string", default: "30" },
  },
  allowPositionals: true,
});
const rounds = Number(values.rounds);

const MEASURE: { readonly [Name in Section]: () => Promise<Sections[Name]> } = {
  startup: () => {
    const trop = Deno.env.get("TROP_BENCH_EXECUTABLE");
    const empty = Deno.env.get("TROP_BENCH_EMPTY_EXECUTABLE");
    const executable = trop && empty ? { executable: { trop, empty } } : {};
    return measureStartup({ bundle: BUNDLE, ...executable }, rounds);
  },
  inside: measureInside,
  storm: () => measureStorms(BUNDLE),
  peers: () => {
    const ffiConfig = Deno.env.get("TROP_BENCH_FFI_CONFIG");
    return measurePeers({ bundle: BUNDLE, ...(ffiConfig ? { ffiConfig } : {}) }, rounds);
  },
};

for (const section of values.page ? [] : chosen(positionals)) await measure(section);
await writePage(await readResults());
console.log(await Deno.readTextFile(PAGE));

function chosen(names: readonly string[]): readonly Section[] {
  const all = Object.keys(MEASURE) as Section[];
  for (const name of names) {
    if (!all.includes(name as Section)) {
      throw new Error(`Cannot measure "${name}": want some of ${all.join(", ")}`);
    }
  }
  return names.length === 0 ? all : names as Section[];
}

/** Every section is written at once, so that none is lost when a later one fails. */
async function measure(section: Section): Promise<void> {
  console.error(`Measuring ${section}`);
  const before = await circumstances();
  const measured = await MEASURE[section]();
  const after = { ...before, loadAfter: load() };
  await writeResults({ ...await readResults(), [section]: { circumstances: after, measured } });
}

async function circumstances(): Promise<Circumstances> {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: (await run("git", ["rev-parse", "--short", "HEAD"])).trim(),
    cpu: await cpu(),
    cores: navigator.hardwareConcurrency,
    os: `${Deno.build.os} ${Deno.build.arch}`,
    deno: Deno.version.deno,
    sqlite: sqliteVersion(),
    loadBefore: load(),
    loadAfter: load(),
  };
}

function load(): number {
  return Deno.loadavg()[0] ?? 0;
}

/** As Deno tells it with every benchmark. */
async function cpu(): Promise<string> {
  const directory = await Deno.makeTempDir();
  try {
    const file = join(directory, "nothing.bench.ts");
    await Deno.writeTextFile(file, "Deno.bench({ name: 'nothing', fn: () => {}, n: 1 });");
    return JSON.parse(await run(Deno.execPath(), ["bench", "--quiet", "--json", file])).cpu;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function sqliteVersion(): string {
  using home = homeWith();
  using connection = rawConnection(home.path);
  return String(connection.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
}

async function writePage(results: Results): Promise<void> {
  const { text, drawings } = makePage(results);
  await Deno.writeTextFile(PAGE, text);
  await Deno.mkdir(DRAWINGS, { recursive: true });
  for (const [name, drawing] of Object.entries(drawings)) {
    await Deno.writeTextFile(join(DRAWINGS, name), drawing);
  }
  await run(Deno.execPath(), ["fmt", "--quiet", PAGE, DRAWINGS]);
}
