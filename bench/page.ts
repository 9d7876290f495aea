/**
 * `docs/benchmarks.md` and its drawings, made of nothing but the results.
 *
 * @module
 */

import { BUDGETS } from "./budgets.ts";
import { type Bar, barChart, logChart } from "./charts.ts";
import { type Bench, fitGrowth, type Inside, sizeOf, WORST_EXPONENT } from "./inside.ts";
import type { PeerProcesses, Peers } from "./peers.ts";
import type { Summary } from "./process.ts";
import type { Circumstances, Results, Section } from "./results.ts";
import {
  type Form,
  MEMORY_BUDGET,
  type Scenario,
  SCENARIOS,
  type Startup,
  STARTUP_BUDGETS,
  type StartupOfForm,
} from "./startup.ts";
import type { Storm } from "./storm.ts";

/** A page and the drawings that it shows, by their names. */
export interface Page {
  /** Markdown that is still to be formatted. */
  readonly text: string;
  readonly drawings: Readonly<Record<string, string>>;
}

/** Sections that were not measured yet are left out. */
export function makePage({ startup, inside, storm, peers }: Results): Page {
  const drawings: Record<string, string> = {};
  const draw = (name: string, alt: string, drawing: string) => {
    drawings[`${name}.svg`] = drawing;
    return `![${alt}](benchmarks/${name}.svg)`;
  };
  const measured = Object.entries({ startup, inside, storm, peers })
    .flatMap(([name, section]) => section ? [{ name, ...section.circumstances }] : []);
  const parts = [
    INTRODUCTION,
    startup && startupPart(startup.measured, draw),
    inside && insidePart(inside.measured, draw),
    storm && stormPart(storm.measured, draw),
    peers && peersPart(peers.measured, draw),
    losses(startup?.measured, inside?.measured, peers?.measured),
    inside && spacePart(inside.measured),
    reproduction(measured),
  ];
  return { text: parts.filter((part) => part !== undefined).join("\n\n"), drawings };
}

type Draw = (name: string, alt: string, drawing: string) => string;

const INTRODUCTION = `# Benchmarks

Written by \`deno task bench\` from \`bench/results.json\`; nothing here is typed by hand. Ratios carry
over to another machine, milliseconds do not, and no test fails on them. What can be counted instead,
such as modules, statements and system calls, has a limit in \`tests/cli/start_up_test.ts\`.`;

const FORMS: Readonly<Record<Form, string>> = {
  source: "checkout",
  bundle: "`trop.js`",
  url: "`trop.js` by URL",
  executable: "the executable",
};

function startupPart(startup: Startup, draw: Draw): string {
  const forms = measuredForms(startup);
  const scenarios = Object.entries(SCENARIOS) as [Scenario, string][];
  const rows = scenarios.map(([scenario, name]) => {
    const cells = forms.map(([, { costs }]) => cost(costs, scenario));
    const budget = STARTUP_BUDGETS[scenario];
    return [name, ...cells, budget === undefined ? "" : `${budget} ×`];
  });
  const memory = forms.map(([, { costs: { empty, found } }]) => {
    return `${mebibytes(found.peakMiB)}, ${ratio(found.peakMiB / empty.peakMiB)}`;
  });
  const sizes = forms.map(([, { size }]) => size === undefined ? "" : fileSize(size));
  const names = forms.map(([form]) => FORMS[form]);
  const [[, first]] = forms as [[Form, StartupOfForm]];
  const older = startup.executable?.deno;
  return `## What a command costs

A whole process, from its start to its end: processor time and, behind the slash, time on the clock,
in milliseconds, and the processor time as a multiple of that of an empty script on the same run
time. Medians of ${first.costs.empty.runs} rounds in which all take turns.

${draw("startup", "Processor time beside an empty script", startupChart(startup.bundle ?? first))}

${
    table(["", ...names, "Budget"], [
      ...rows,
      ["memory of that `reserve`, at its peak", ...memory, `${MEMORY_BUDGET} ×`],
      ["size of the file", ...sizes, ""],
    ])
  }

Deno keeps V8's code cache for a checkout and for \`trop.js\`, which was fetched before where it is run
by URL. An executable has no such cache, so that nobody can put code in its place.${
    older === undefined ? "" : ` The one that was measured contains Deno ${older}.`
  } On the clock a command that writes waits for the disk four times: for the log that it begins, for
the directory of that, and twice for the checkpoint that leaves one file behind.`;
}

function measuredForms(startup: Startup): [Form, StartupOfForm][] {
  return (Object.keys(FORMS) as Form[]).flatMap((form) => {
    const found = startup[form];
    return found === undefined ? [] : [[form, found]];
  });
}

function cost(costs: StartupOfForm["costs"], scenario: Scenario): string {
  const { cpuMs, wallMs } = costs[scenario];
  const times = `${digits(cpuMs)} / ${digits(wallMs)}`;
  return scenario === "empty" ? times : `${times}, ${ratio(cpuMs / costs.empty.cpuMs)}`;
}

function startupChart({ costs }: StartupOfForm): string {
  const bars = (Object.entries(SCENARIOS) as [Scenario, string][]).map(([scenario, label]): Bar => {
    const value = costs[scenario].cpuMs / costs.empty.cpuMs;
    const mark = STARTUP_BUDGETS[scenario];
    return {
      label,
      value,
      text: ratio(value),
      isOwn: scenario !== "empty",
      ...(mark !== undefined && { mark }),
    };
  });
  return barChart("Processor time of trop.js beside an empty script; budgets in yellow", bars);
}

function insidePart({ benches }: Inside, draw: Draw): string {
  const groups = [...Map.groupBy(benches, ({ group }) => group)];
  const grown = groups.map(([group, ofGroup]) => ({
    group,
    sized: ofGroup.filter((bench) => sizeOf(bench) !== undefined),
  })).filter(({ sized }) => sized.length > 1);
  const sizes = [...new Set(grown.flatMap(({ sized }) => sized.map((bench) => sizeOf(bench)!)))]
    .sort((a, b) => a - b);
  const rows = grown.map(({ group, sized }) => {
    const cells = sizes.map((size) => {
      const bench = sized.find((bench) => sizeOf(bench) === size);
      return bench === undefined ? "" : milliseconds(bench.p75);
    });
    const growth = fitGrowth(sized);
    const fit = growth === undefined ? "constant" : `n^${growth.exponent.toFixed(2)}`;
    const budget = BUDGETS[group as keyof typeof BUDGETS];
    return [group, ...cells, fit, budget === undefined ? "" : String(budget)];
  });
  const worse = grown.filter(({ sized }) => (fitGrowth(sized)?.exponent ?? 0) > WORST_EXPONENT)
    .map(({ group }) => group);
  return `## How it grows

In one process that runs already, in milliseconds; three of four runs were faster. A developer has 10
to 300 reservations, a busy build host some thousands, and there cannot be more than 65,535. The
growth is fitted to the fastest runs, without what is the same at every size; n log n would be n^1.11
or less from 1,000 to 60,000. ${
    worse.length === 0
      ? "Nothing grows faster than that."
      : `Faster than that grow: ${worse.join(", ")}.`
  }

${draw("growth", "Time by the number of rows", growthChart(grown))}

${table(["", ...sizes.map((size) => size.toLocaleString("en")), "Growth", "Budget"], rows)}

### Compared with each other

${comparisonTable(groups)}`;
}

/** What a chart of all would hide. */
const DRAWN = [
  "list",
  "reserve the last port of a range",
  "reserve twenty ports in a row",
  "migrate all",
  "prune, half of the directories gone",
  "get by key",
];

function growthChart(
  grown: readonly { readonly group: string; readonly sized: readonly Bench[] }[],
): string {
  const series = DRAWN.flatMap((label) => {
    const found = grown.find(({ group }) => group === label);
    if (found === undefined) return [];
    const points = found.sized.map((bench) => [sizeOf(bench)!, bench.min / 1e6] as const);
    return [{ label, points: points.toSorted(([a], [b]) => a - b) }];
  });
  return logChart("Time by the number of rows", { series, x: "rows", y: "ms" });
}

/** All other benchmarks, after the one of their group that they are to be compared with. */
function comparisonTable(groups: readonly (readonly [string, readonly Bench[]])[]): string {
  const rows = groups.flatMap(([group, ofGroup]) => {
    const others = ofGroup.filter((bench) => sizeOf(bench) === undefined);
    // A comparison is named by its size first: "60000 rows, without the index".
    const compared = ofGroup.filter((bench) =>
      sizeOf(bench) !== undefined &&
      others.some((other) => other.name.startsWith(`${bench.name}, `))
    );
    return [...compared, ...others].map((bench) => [group, bench.name, milliseconds(bench.p75)]);
  });
  return table(["", "Variant", "ms"], rows);
}

function stormPart(storms: readonly Storm[], draw: Draw): string {
  const rows = storms.map(({ size, processes, perSecond, medianMs, worstMs, emptyPerSecond }) => [
    String(size),
    String(processes),
    digits(perSecond),
    digits(emptyPerSecond),
    digits(medianMs),
    digits(worstMs),
  ]);
  const bars = storms.flatMap(({ size, perSecond, emptyPerSecond }): Bar[] => [
    { label: `${size} at once`, value: perSecond, text: digits(perSecond), isOwn: true },
    { label: "as many empty scripts", value: emptyPerSecond, text: digits(emptyPerSecond) },
  ]);
  return `## Many at once

Processes that start together and reserve a port each, every one for a directory of its own, in one
database. None fails, and no port is given twice. Waits in milliseconds, from the start of a process
to its end.

${draw("storm", "Processes a second", barChart("Reservations a second, bundle", bars))}

${
    table(
      ["At once", "Processes", "Per second", "Empty scripts", "Median wait", "Worst wait"],
      rows,
    )
  }`;
}

function peersPart({ ports, statements, operations, missing }: Peers, draw: Draw): string {
  const rows = Object.entries(operations).map(([name, { version, batch, write, read }]) => {
    return [name, version, thousands(batch), thousands(write), thousands(read)];
  });
  return `## Beside others

### A port for a script

What people call for a port today, as a whole process. get-port, portfinder and detect-port give a
port that is free at this moment, and another one the next time; trop gives the directory's own, and
remembers it.

${draw("ports", "Programs that print a port", peersChart("Processor time, ms", ports))}

${processTable(ports, "trop, found")}

### The same statements

Finding a row, noting the time in it, and printing its port, in a database of 1,000 rows. The others
do only that; trop looks for configuration as well, checks the file, and decodes the row.

${processTable(statements, "trop")}

### The same operations

In a process that runs already, thousands a second: inserts in one transaction, updates in a
transaction each, and reads by key. trop uses \`node:sqlite\`.

${table(["", "SQLite", "Inserts", "Updates", "Reads"], rows)}${
    missing.length === 0 ? "" : `\n\nNot measured here: ${missing.join("; ")}.`
  }`;
}

function processTable(processes: PeerProcesses, own: string): string {
  const base = processes[own];
  const rows = Object.entries(processes).map(([name, one]) => [
    name,
    digits(one.cpuMs),
    base === undefined ? "" : ratio(one.cpuMs / base.cpuMs),
    digits(one.wallMs),
    mebibytes(one.peakMiB),
  ]);
  return table(["", "Processor ms", `Beside ${own}`, "Clock ms", "Memory"], rows);
}

function peersChart(title: string, processes: PeerProcesses): string {
  const bars = Object.entries(processes).map(([label, { cpuMs }]): Bar => {
    return { label, value: cpuMs, text: digits(cpuMs), isOwn: label.startsWith("trop") };
  });
  return barChart(title, bars);
}

/** What others do better, and budgets that are not met: a page of victories would be of no use. */
function losses(startup?: Startup, inside?: Inside, peers?: Peers): string | undefined {
  const found = [
    ...startup ? startupLosses(startup) : [],
    ...inside ? insideLosses(inside) : [],
    ...peers ? peerLosses(peers) : [],
  ];
  if (found.length === 0) return undefined;
  return `## What trop loses at

${found.map((loss) => `- ${loss[0]?.toUpperCase()}${loss.slice(1)}`).join("\n")}`;
}

function startupLosses(startup: Startup): string[] {
  return measuredForms(startup).filter(([form]) => form !== "source").flatMap(
    ([form, { costs }]) => {
      const late = (Object.entries(STARTUP_BUDGETS) as [Scenario, number][])
        .map(([scenario, budget]) => {
          return { scenario, budget, is: costs[scenario].cpuMs / costs.empty.cpuMs };
        })
        .filter(({ is, budget }) => Number(is.toFixed(2)) > budget)
        .map(({ scenario, is, budget }) => {
          return `${FORMS[form]} misses its budget for “${SCENARIOS[scenario]}”: ${
            ratio(is)
          } of an ` +
            `empty script in place of ${ratio(budget)}.`;
        });
      const memory = costs.found.peakMiB / costs.empty.peakMiB;
      return Number(memory.toFixed(2)) <= MEMORY_BUDGET ? late : [
        ...late,
        `${FORMS[form]} takes ${ratio(memory)} of the memory of an empty script in place of ` +
        `${ratio(MEMORY_BUDGET)}.`,
      ];
    },
  );
}

/** Budgets are for 60,000 rows. */
function insideLosses({ benches }: Inside): string[] {
  return benches.flatMap((bench) => {
    const budget = BUDGETS[bench.group as keyof typeof BUDGETS];
    if (sizeOf(bench) !== 60_000 || budget === undefined || bench.p75 <= budget * 1e6) return [];
    return [
      `“${bench.group}” takes ${milliseconds(bench.p75)} ms at 60,000 rows in place of ${budget}.`,
    ];
  });
}

function peerLosses({ ports, statements, operations }: Peers): string[] {
  const own = operations["Deno, node:sqlite"];
  return [
    ...faster(ports, "trop, found", "prints a port"),
    ...faster(statements, "trop", "runs the same statements"),
    ...Object.entries(operations).flatMap(([name, of]) => {
      const better = (["batch", "write", "read"] as const)
        .filter((kind) => own !== undefined && of[kind] > own[kind] * 1.05)
        .map((kind) => `${KINDS[kind]} (${ratio(of[kind] / own![kind])})`);
      return better.length === 0 ? [] : [`${name} is faster in ${better.join(" and ")}.`];
    }),
  ];
}

const KINDS = { batch: "inserts", write: "updates", read: "reads" } as const;

function faster(processes: PeerProcesses, own: string, what: string): string[] {
  const base = processes[own];
  return Object.entries(processes)
    .filter(([name, { cpuMs }]) => {
      return base !== undefined && cpuMs < base.cpuMs && !name.includes("empty");
    })
    .map(([name, { cpuMs }]) => {
      return `${name} ${what} in ${digits(cpuMs)} ms, trop in ${digits((base as Summary).cpuMs)}.`;
    });
}

function spacePart({ space }: Inside): string {
  const rows = space.map(({ rows, file, log }) => {
    return [rows, Math.round(file / 1024), Math.round(log / 1024)]
      .map((number) => number.toLocaleString("en"));
  });
  return `## Space

A database after all its rows were created in one transaction, and its write-ahead log before the
last process closed it, in KiB.

${table(["Rows", "File", "Log"], rows)}`;
}

const TITLES: Readonly<Record<Section, string>> = {
  startup: "What a command costs",
  inside: "How it grows, Space",
  storm: "Many at once",
  peers: "Beside others",
};

function reproduction(
  measured: readonly (Circumstances & { readonly name: string })[],
): string {
  const rows = measured.map(({ name, date, commit, cpu, cores, os, deno, sqlite, ...load }) => [
    TITLES[name as Section],
    `${date}, ${commit}`,
    `${cpu}, ${cores} cores, ${os}`,
    `${deno}, ${sqlite}`,
    `${load.loadBefore.toFixed(1)}, ${load.loadAfter.toFixed(1)}`,
  ]);
  return `## To reproduce

\`\`\`sh
deno task build
deno task bench                   # everything, about ten minutes
deno task bench startup storm     # some sections: startup, inside, storm, peers
deno task bench --page            # this page again, from bench/results.json
\`\`\`

It takes Python 3 to measure processes, Linux or macOS; and for the last section Node.js, npm and the
shell of SQLite. Packages go into a temporary directory. Three variables name what cannot be had
everywhere: \`TROP_BENCH_EXECUTABLE\`, what \`deno task compile\` made; \`TROP_BENCH_EMPTY_EXECUTABLE\`,
an empty script compiled in the same way; and \`TROP_BENCH_FFI_CONFIG\`, a configuration like
\`deno.ffi.json\`.

The load is the number of processes that wanted to run, in the minute before and at the end: beyond
the number of cores, what is measured waits for others.

${table(["Section", "Measured", "On", "Deno, SQLite", "Load"], rows)}
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const alignment = head.map((_, column) => column === 0 ? "---" : "---:");
  return [head, alignment, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function ratio(value: number): string {
  return `${value.toFixed(2)} ×`;
}

function mebibytes(value: number): string {
  return `${Math.round(value)} MiB`;
}

function fileSize(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.round(bytes / 1024)} KiB` : mebibytes(bytes / 2 ** 20);
}

function thousands(perSecond: number): string {
  return digits(perSecond / 1e3);
}

function milliseconds(nanoseconds: number): string {
  return (nanoseconds / 1e6).toLocaleString("en", { maximumSignificantDigits: 2 });
}

/** Three significant digits and no exponent. */
function digits(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}
