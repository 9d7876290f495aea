/**
 * Whole commands, from the start of their process to its end, beside an empty script on the same
 * run time, which no program can be faster than.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { databaseOptions } from "../src/database/config.ts";
import { openDatabase } from "../src/database/connection.ts";
import { reservation, store } from "../tests/support/database.ts";
import { alternate, type Process, type Summary } from "./process.ts";
import { makeRows } from "./rows.ts";

/** What is measured, in the order of the tables. `BUDGETS` has what each may take. */
export const SCENARIOS = {
  empty: "an empty script",
  version: "--version",
  help: "--help",
  found: "reserve that finds its port",
  project: "the same with a trop.yaml",
  memory: "reserve, database in memory",
  new: "reserve of a new port",
  list10: "list of 10",
  list1000: "list of 1,000",
  autoreserve: "autoreserve of three services",
  assertPort: "assert-port",
} as const;

export type Scenario = keyof typeof SCENARIOS;

/** Ratios to the empty script that are aimed for. */
export const STARTUP_BUDGETS: Partial<Record<Scenario, number>> = {
  help: 1.2,
  found: 1.3,
  project: 1.75,
};

/** The ratio of its memory to that of an empty script that a reserve is to keep to. */
export const MEMORY_BUDGET = 1.5;

/** In which form the program is run. */
export type Form = "source" | "bundle" | "url" | "executable";

/** What was found about one form. */
export interface StartupOfForm {
  /** Bytes of the file that it is, if it is one. */
  readonly size?: number;
  /** The version of Deno, where it is not the one that runs the benchmarks. */
  readonly deno?: string;
  /** The medians. */
  readonly costs: Readonly<Record<Scenario, Summary>>;
}

export type Startup = Partial<Readonly<Record<Form, StartupOfForm>>>;

/** Where the programs are. */
export interface Programs {
  readonly bundle: string;
  /** The executable, and one of an empty script; left out where it was not compiled. */
  readonly executable?: { readonly trop: string; readonly empty: string };
}

const ROOT = new URL("../", import.meta.url);
const FLAGS = ["run", "--quiet", "--no-prompt", "--allow-all", "--unstable-net"];
export const RUN = [Deno.execPath(), ...FLAGS];

/** The words that start trop, and those that start an empty script on the same run time. */
interface Words {
  readonly trop: readonly string[];
  readonly empty: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const GROUP = `project: shop
excluded_ports:
  - 5005
  - 5010..5019
reservations:
  services:
    web: { offset: 0, env: WEB_PORT }
    api: { offset: 1, env: API_PORT }
    db: { offset: 2, env: DB_PORT }
`;

export async function measureStartup(
  { bundle, executable }: Programs,
  rounds: number,
): Promise<Startup> {
  await using place = await Place.make();
  const empty = [...RUN, place.path("empty.js")];
  const measure = async (form: Form, words: Words) => {
    return { costs: await alternate(scenarios(form, words, place), rounds) };
  };
  await using server = serve(bundle);
  const url = `http://127.0.0.1:${server.addr.port}/trop.js`;
  const main = fileURLToPath(new URL("main.ts", ROOT));
  // Deno's cache of this machine may be large, and in use by others.
  const env = { DENO_DIR: place.path("cache") };
  // In the checkout Deno would find a configuration, which the empty script has none of.
  const script = place.path("trop.js");
  await Deno.copyFile(bundle, script);
  const { size } = await Deno.stat(script);
  return {
    source: await measure("source", { trop: [...RUN, main], empty }),
    bundle: { size, ...await measure("bundle", { trop: [...RUN, script], empty, env }) },
    url: { size, ...await measure("url", { trop: [...RUN, url], empty, env }) },
    ...executable && {
      executable: {
        size: (await Deno.stat(executable.trop)).size,
        deno: await denoOf(executable.trop),
        ...await measure("executable", { trop: [executable.trop], empty: [executable.empty] }),
      },
    },
  };
}

/** The version of Deno that an executable contains. */
async function denoOf(executable: string): Promise<string> {
  const { stdout } = await new Deno.Command(executable, { args: ["--version", "--verbose"] })
    .output();
  return /^runtime: Deno (.*)$/m.exec(new TextDecoder().decode(stdout))?.[1] ?? "unknown";
}

function serve(file: string): Deno.HttpServer<Deno.NetAddr> {
  const headers = { "content-type": "text/javascript" };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    return new Response(await Deno.readFile(file), { headers });
  });
}

function scenarios(
  form: Form,
  { trop: program, empty, env = {} }: Words,
  place: Place,
): Record<Scenario, (round: number) => Process> {
  const trop = (data: string, cwd: string, ...args: readonly string[]): Process => ({
    words: [...program, ...args],
    cwd: place.path(cwd),
    env: { ...env, TROP_DATA_DIR: data.startsWith("/") ? data : place.path(data) },
  });
  return {
    empty: () => ({ words: empty, cwd: place.path("plain"), env }),
    version: () => trop("ten", "plain", "--version"),
    help: () => trop("ten", "plain", "--help"),
    found: () => trop("ten", "plain", "reserve"),
    project: () => trop("ten", "project", "reserve"),
    memory: () => trop(place.memory, "plain", "reserve"),
    new: (round) => trop("new", "plain", "reserve", "--path", `${form}/${round}`),
    list10: () => trop("ten", "plain", "list"),
    list1000: () => trop("thousand", "plain", "list"),
    autoreserve: () => trop("ten", "project", "autoreserve"),
    assertPort: () => trop("ten", "plain", "assert-port", "1"),
  };
}

/** Directories and databases to run in. */
class Place implements AsyncDisposable {
  private constructor(
    readonly directory: string,
    /** On a file system that waits for no disk, where there is one. */
    readonly memory: string,
  ) {}

  static async make(): Promise<Place> {
    const place = new Place(await Deno.makeTempDir(), await makeDirectoryInMemory());
    for (const name of ["plain", "project", "new"]) await Deno.mkdir(place.path(name));
    await Deno.writeTextFile(place.path("empty.js"), "");
    await Deno.writeTextFile(place.path("project/trop.yaml"), GROUP);
    for (const [name, count] of [["ten", 10], ["thousand", 1_000]] as const) {
      await Deno.mkdir(place.path(name));
      using database = openDatabase(databaseOptions(place.path(`${name}/trop.db`)));
      store(database, ...makeRows(count), reservation({ path: place.directory, port: 65_534 }));
    }
    return place;
  }

  path(relative: string): string {
    return join(this.directory, relative);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
    await Deno.remove(this.memory, { recursive: true });
  }
}

async function makeDirectoryInMemory(): Promise<string> {
  try {
    return await Deno.makeTempDir({ dir: "/dev/shm" });
  } catch {
    return await Deno.makeTempDir();
  }
}
