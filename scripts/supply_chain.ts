/**
 * Writes `docs/supply-chain.md`: everything that trop is made of, and everything that has a hand in
 * making it, from the files that name them.
 *
 * @module
 */

import { SourceMap } from "node:module";
import { join } from "node:path";
import { ROOT, run } from "./run.ts";

const PAGE = join(ROOT, "docs/supply-chain.md");

/** What each thing is for that somebody of ours asks for by name. */
const PURPOSES: Readonly<Record<string, string>> = {
  "yaml": "Reads configuration files with the place of every value, and edits them with their " +
    "comments",
  "string-width": "Tells how much of a terminal's line a text takes",
  "ajv": "Holds the JSON Schemas against what the program takes",
  "fast-check": "Makes up inputs for tests of rules that hold for all of them",
  "acorn": "Finds imports and exports when `trop.js` is linked",
  "magic-string": "Links `trop.js`, and marks its functions that are compiled at once",
  "@jridgewell/remapping": "Keeps the source map right while that is done",
  "modern-tar": "Packs completions and manual for the installer",
  "@db/sqlite": "Calls the SQLite library that the user brings",
  "@devcontainers/cli": "Publishes the dev container Feature",
  "actions/attest": "Signs where and from what the files of a release were built",
  "actions/checkout": "Fetches the commit",
  "actions/download-artifact": "Hands the built files to the jobs that try and publish them",
  "actions/upload-artifact": "Keeps the built files for those jobs",
  "denoland/setup-deno": "Installs Deno",
};

/** The licences of what is not unpacked here. */
const LICENCES: Readonly<Record<string, string>> = {
  "@db/sqlite": "Apache-2.0",
  "@devcontainers/cli": "MIT",
  "actions/attest": "MIT",
  "actions/checkout": "MIT",
  "actions/download-artifact": "MIT",
  "actions/upload-artifact": "MIT",
  "denoland/setup-deno": "MIT",
};

/** A package of the registry, as the lock file has it. */
interface Package {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
}

/** The text of the page. */
export async function supplyChainPage(): Promise<string> {
  const packages = await lockedPackages();
  const sizes = await bundledSizes();
  const parts = packages.filter(({ name }) => sizes.has(name));
  const tools = packages.filter(({ name }) => !sizes.has(name));
  const deno = await find(".ci/run", /npx -y deno@([0-9.]+) /g);
  const sqlite = await find("deno.ffi.json", /jsr:(@db\/sqlite)@([0-9.]+)"/g);
  const cli = await find(".github/workflows/release.yml", /(@devcontainers\/cli)@([0-9.]+) /g);
  const actions = [
    ...await find(".github/workflows/ci.yml", /uses: (.+)@(v[0-9.]+)$/gm),
    ...await find(".github/workflows/release.yml", /uses: (.+)@(v[0-9.]+)$/gm),
  ];
  return await formatted(`# Supply chain

Everything that trop is made of, and everything that has a hand in making it. Written by
\`deno run --allow-all scripts/supply_chain.ts\` from the files that name them; a test fails when it
is out of date.

## In the program

${
    table([
      ["What", "Version", "Licence", "Size", "What it is for"],
      [
        "[Deno](https://deno.com)",
        deno[0]?.[0] ?? "",
        "MIT",
        "nearly all of an executable; \`trop.js\` runs on the user's own",
        "The run time, with SQLite inside",
      ],
      ...await Promise.all(parts.map(async (part) => {
        const kib = Math.round((sizes.get(part.name) ?? 0) / 10_240) * 10;
        const size = kib === 0 ? "a few KiB of trop.js" : `about ${kib} KiB of trop.js`;
        const purpose = purposeAmong(packages, part);
        return [npmLink(part), part.version, await licence(part), size, purpose];
      })),
    ])
  }

The licences of the packages stand at the head of \`trop.js\`.

## In tests and builds only

${
    table([
      ["What", "Version", "Licence", "What it is for"],
      ...await Promise.all(tools.map(async (tool) => {
        const purpose = purposeAmong(packages, tool);
        return [npmLink(tool), tool.version, await licence(tool), purpose];
      })),
      [
        "[esbuild](https://www.npmjs.com/package/esbuild)",
        "Deno's choice",
        "MIT",
        "Deno fetches it to make \`trop.js\`",
      ],
    ])
  }

## In the FFI flavour only

${versionTable(sqlite, ([name]) => `https://jsr.io/${name}`)}

It brings \`@std/path\` and \`@denosaurs/plug\` from JSR, and no lock file holds their versions, since
JSR is not reached from everywhere. The SQLite library itself is whatever the user has:
[ffi.md](ffi.md).

## In releases only

${versionTable(cli, ([name]) => `https://www.npmjs.com/package/${name}`)}

${versionTable(actions, ([name]) => `https://github.com/${name}`)}

## How to check it

- Versions are exact, and \`deno.lock\` has the checksum of every package; tasks fail when a package
  differs.
- The same commit gives the same \`trop.js\`, and with the same Deno the same executables.
  \`trop --version --verbose\` tells the commit; \`deno task build\` there, with the \`--server\` of the
  release for the installers, and \`SHA256SUMS\` has to come out alike.
- \`gh attestation verify trop-linux-x64 --repo OWNER/REPOSITORY\` tells whether a file was built by
  the repository's release workflow, and from which commit.
`);
}

function formatted(markdown: string): Promise<string> {
  return run(Deno.execPath(), ["fmt", "--ext", "md", "-"], markdown);
}

async function lockedPackages(): Promise<readonly Package[]> {
  const { npm } = JSON.parse(await read("deno.lock"));
  return Object.entries<{ dependencies?: string[] }>(npm).map(([key, { dependencies = [] }]) => {
    const at = key.lastIndexOf("@");
    return { name: key.slice(0, at), version: key.slice(at + 1), dependencies };
  });
}

/** How much of the built module comes from each package, in characters. */
async function bundledSizes(): Promise<ReadonlyMap<string, number>> {
  const directory = await Deno.makeTempDir();
  try {
    await run(Deno.execPath(), ["run", "--allow-all", "scripts/build.ts", directory]);
    const map = new SourceMap(JSON.parse(await Deno.readTextFile(join(directory, "trop.js.map"))));
    const lines = (await Deno.readTextFile(join(directory, "trop.js"))).split("\n");
    const sizes = new Map<string, number>();
    for (const [line, text] of lines.entries()) {
      for (let column = 0; column < text.length; column++) {
        const entry = map.findEntry(line, column);
        const source = "originalSource" in entry ? entry.originalSource : "";
        const name = /^npm:(.+?)@/.exec(source)?.[1];
        if (name !== undefined) sizes.set(name, (sizes.get(name) ?? 0) + 1);
      }
    }
    return sizes;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function licence({ name, version }: Package): Promise<string> {
  const { npmCache } = JSON.parse(await run(Deno.execPath(), ["info", "--json"]));
  for await (const { name: registry } of Deno.readDir(npmCache)) {
    const manifest = join(npmCache, registry, name, version, "package.json");
    return JSON.parse(await Deno.readTextFile(manifest)).license;
  }
  throw new Error(`${name} ${version} is not unpacked: run the tests first`);
}

function purposeAmong(packages: readonly Package[], { name }: Package): string {
  const users = packages.filter(({ dependencies }) => dependencies.includes(name));
  return users.length === 0 ? purpose(name) : `Part of ${users.map(({ name }) => name).join(", ")}`;
}

function purpose(name: string): string {
  const purpose = PURPOSES[name];
  if (purpose === undefined) throw new Error(`Say what ${name} is for in scripts/supply_chain.ts`);
  return purpose;
}

/** The groups of each match in a file, without repetitions. */
async function find(file: string, pattern: RegExp): Promise<string[][]> {
  const found = new Map<string, string[]>();
  for (const [text, ...groups] of (await read(file)).matchAll(pattern)) found.set(text, groups);
  if (found.size === 0) throw new Error(`Nothing in ${file} is like ${pattern}`);
  return [...found.values()];
}

function versionTable(
  things: readonly (readonly string[])[],
  urlOf: (thing: readonly string[]) => string,
): string {
  const rows = new Map(
    things.map((thing) => {
      const [name = "", version = ""] = thing;
      const cells = [`[${name}](${urlOf(thing)})`, version, LICENCES[name] ?? "", purpose(name)];
      return [cells.join(), cells];
    }),
  );
  return table([["What", "Version", "Licence", "What it is for"], ...rows.values()]);
}

function npmLink({ name }: Package): string {
  return `[${name}](https://www.npmjs.com/package/${name})`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function read(file: string): Promise<string> {
  return Deno.readTextFile(join(ROOT, file));
}

if (import.meta.main) await Deno.writeTextFile(PAGE, await supplyChainPage());
