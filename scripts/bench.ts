/**
 * Runs the benchmarks, prints their results as tables and writes them to `docs/benchmarks.md`.
 * Budgets stand beside what was measured; nothing fails on a time, for machines differ.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { BUDGETS } from "../bench/budgets.ts";
import { makeRows } from "../bench/rows.ts";
import { waysInSection } from "./bench_ways_in.ts";
import { homeWith, rawConnection, store } from "../tests/support/database.ts";

/** One benchmark as `deno bench --json` reports it. */
interface Bench {
  readonly group: string | null;
  readonly name: string;
  readonly results: readonly { readonly ok?: Times; readonly failed?: unknown }[];
}

/** Nanoseconds. Deno reports no median; three of four runs were faster than `p75`. */
interface Times {
  readonly n: number;
  readonly p75: number;
  readonly p99: number;
}

interface Report {
  readonly cpu: string;
  readonly benches: readonly Bench[];
}

const ROOT = new URL("../", import.meta.url);
const PAGE = fileURLToPath(new URL("docs/benchmarks.md", ROOT));
const SIZES = [10, 1_000, 60_000];

const page = describe(await runBenchmarks());
await Deno.writeTextFile(PAGE, `${page}\n${await waysInSection()}`);
await deno("fmt", "--quiet", PAGE);
console.log(await Deno.readTextFile(PAGE));

async function runBenchmarks(): Promise<Report> {
  return JSON.parse(await deno("bench", "--quiet", "--allow-all", "--json", "bench/"));
}

async function deno(...args: readonly string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`deno ${args[0]} failed`);
  return new TextDecoder().decode(stdout);
}

function describe({ cpu, benches }: Report): string {
  return `# Benchmarks

Written by \`deno task bench\`, which runs the files in \`bench/\`. Each cell is p75 / p99 in
milliseconds: three of four runs were faster than the first number. Ratios carry over to another
machine, milliseconds do not, and no test fails on them.

Measured on ${cpu} with ${navigator.hardwareConcurrency} cores, ${Deno.build.os} ${Deno.build.arch},
Deno ${Deno.version.deno}, SQLite ${sqliteVersion()}; the files lay in ${temporaryPlace()}.

## By the number of rows

A developer has 10 to 300 reservations, a busy build host some thousands; there cannot be more than
65,535. The budget is for 60,000 rows.

${sizeTable(benches)}

## Compared with each other

${comparisonTable(benches)}

## Space

A database after all its rows were created in one transaction, and its write-ahead log before the
last process closed it, in KiB.

${spaceTable()}
`;
}

/** The groups that were run at every size, one row each. */
function sizeTable(benches: readonly Bench[]): string {
  const rows = bySize(benches).map(([group, ofGroup]) => {
    const cells = SIZES.map((size) => cell(ofGroup.find(({ name }) => name === `${size} rows`)));
    const budget = BUDGETS[group as keyof typeof BUDGETS];
    return [group, ...cells, budget === undefined ? "" : String(budget)];
  });
  return table(["Benchmark", ...SIZES.map((size) => size.toLocaleString("en")), "Budget"], rows);
}

/** All other benchmarks, after the one of their group that they are to be compared with. */
function comparisonTable(benches: readonly Bench[]): string {
  const groups = [...Map.groupBy(benches, ({ group }) => group ?? "")];
  const rows = groups.flatMap(([group, ofGroup]) => {
    const others = ofGroup.filter(({ name }) => !isSize(name));
    // A comparison is named by its size first: "60000 rows, without the index".
    const compared = ofGroup.filter(({ name }) =>
      isSize(name) && others.some((other) => other.name.startsWith(`${name}, `))
    );
    return [...compared, ...others].map((bench) => [group, bench.name, cell(bench)]);
  });
  return table(["Benchmark", "Variant", "p75 / p99"], rows);
}

function bySize(benches: readonly Bench[]): [string, Bench[]][] {
  const sized = benches.filter(({ name }) => isSize(name));
  return [...Map.groupBy(sized, ({ group }) => group ?? "")];
}

function isSize(name: string): boolean {
  return SIZES.some((size) => name === `${size} rows`);
}

function cell(bench: Bench | undefined): string {
  const times = bench?.results[0]?.ok;
  if (times === undefined) throw new Error(`no result of ${bench?.group}, ${bench?.name}`);
  return `${milliseconds(times.p75)} / ${milliseconds(times.p99)}`;
}

/** Two significant digits and no exponent. */
function milliseconds(nanoseconds: number): string {
  return (nanoseconds / 1e6).toLocaleString("en", { maximumSignificantDigits: 2 });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const alignment = head.map((_, column) => column === 0 ? "---" : "---:");
  return [head, alignment, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function spaceTable(): string {
  const rows = SIZES.map((size) => {
    using home = homeWith();
    const database = home.open();
    store(database, ...makeRows(size));
    const log = Deno.statSync(`${home.path}-wal`).size;
    database.close();
    return [size, Deno.statSync(home.path).size / 1024, log / 1024].map((number) =>
      Math.round(number).toLocaleString("en")
    );
  });
  return table(["Rows", "File", "Log"], rows);
}

function sqliteVersion(): string {
  using home = homeWith();
  using connection = rawConnection(home.path);
  return String(connection.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
}

function temporaryPlace(): string {
  using home = homeWith();
  return home.directory.replace(/[/\\][^/\\]*$/, "");
}
