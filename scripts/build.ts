/**
 * Builds `dist/`, or the directory named as the argument: `trop.js`, the whole program as one
 * minified module that runs on a bare Deno, its source map, the JSON Schemas of the configuration
 * files, the installers, which `--server URL` tells where the release will be, completions and
 * manual, and `SHA256SUMS`. The same commit gives the same bytes, wherever it is built.
 *
 * @module
 */

import { basename, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { COMMIT, VERSION } from "../src/version.ts";
import { SUMS, writeChecksums } from "./checksums.ts";
import { compileEagerly, findCalledFunctions } from "./eager_functions.ts";
import { SCHEMA_FILES } from "./generate_schema.ts";
import { writeInstallers } from "./installers.ts";
import { linkParts, type Part } from "./link_parts.ts";
import { ROOT, run } from "./run.ts";
import { writeShareArchive } from "./share_archive.ts";

/** A package of the registry that is part of the bundle. */
interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** Where it is unpacked. */
  readonly directory: string;
}

/** The parts of a source map, version 3, that are of interest here. */
interface SourceMap {
  sources: string[];
  mappings: string;
}

/**
 * Writes everything below `directory`, which is created.
 *
 * @param server Where the release will be; `""` when that is not known.
 */
async function build(directory: string, server: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  await bundle(directory);
  for (const file of Object.values(SCHEMA_FILES)) {
    await Deno.copyFile(join(ROOT, file), join(directory, basename(file)));
  }
  await writeInstallers(directory, { server, version: VERSION });
  await writeShareArchive(directory);
  await writeChecksums(directory);
}

/**
 * Writes the program to `directory`, which is created, as many modules, of which a run loads what
 * it needs: for executables, where V8 has no code cache and parses all that is loaded.
 *
 * @returns The name of the main module.
 */
export async function bundleInParts(directory: string): Promise<string> {
  const parts = await split(directory);
  const commit = await currentCommit();
  const packages = await packagesOf(parts.values().flatMap(({ sources }) => sources));
  const [holder, ...others] = [...parts].filter(([, { code }]) => code.includes(COMMIT));
  if (holder === undefined || others.length > 0) throw new Error("want one place for the commit");
  await Deno.writeTextFile(join(directory, holder[0]), withCommit(holder[1].code, commit));
  for (const name of parts.keys()) await Deno.remove(join(directory, `${name}.map`));
  const main = join(directory, MAIN);
  await Deno.writeTextFile(main, await licences(packages, commit) + await Deno.readTextFile(main));
  return main;
}

/** A module of the program as the bundler writes it. */
interface SplitPart {
  readonly code: string;
  readonly map: string;
  /** The files that it was made of. */
  readonly sources: readonly string[];
}

/** The name of the part that is run. */
const MAIN = "main.js";

/** Has the bundler write the program as many modules to `directory`. @returns Them by their names. */
async function split(directory: string): Promise<Map<string, SplitPart>> {
  await runBundler("--code-splitting", `--outdir=${directory}`);
  const parts = new Map<string, SplitPart>();
  for (const { name } of Deno.readDirSync(directory)) {
    if (!name.endsWith(".js")) continue;
    const map = await Deno.readTextFile(join(directory, `${name}.map`));
    const { sources }: SourceMap = JSON.parse(map);
    parts.set(name, {
      code: await Deno.readTextFile(join(directory, name)),
      map,
      sources: sources.map((source) => resolve(directory, source)),
    });
  }
  return parts;
}

async function bundle(directory: string): Promise<void> {
  const script = join(directory, "trop.js");
  const place = await Deno.makeTempDir();
  const linked = await linkedProgram(place).finally(() => removeIfAny(place));
  const map: SourceMap = JSON.parse(linked.map);
  const sources = map.sources.map((source) => resolve(place, source));
  const packages = await packagesOf(sources);
  const commit = await currentCommit();
  const banner = await licences(packages, commit);
  map.sources = sources.map((source) => publicName(source, packages));
  map.mappings = ";".repeat(banner.split("\n").length - 1) + map.mappings;
  const code = withCommit(linked.code, commit);
  // It does not name its map: Deno would load that at every start, from a URL as well.
  await Deno.writeTextFile(script, `${banner}${code}`);
  await Deno.writeTextFile(`${script}.map`, JSON.stringify(map));
}

/** The program as one module, of which V8 compiles at once what common commands need. */
async function linkedProgram(
  place: string,
): Promise<{ readonly code: string; readonly map: string }> {
  const parts = await split(place);
  const called = await findCalledFunctions(join(place, MAIN));
  const eager = Array.from(parts, ([name, { code, map }]): [string, Part] => {
    const functions = called.get(name);
    if (functions === undefined) return [name, { code, map, isCommon: false }];
    return [name, { ...compileEagerly(code, map, functions), isCommon: true }];
  });
  return linkParts(new Map(eager), MAIN);
}

async function runBundler(...flags: readonly string[]): Promise<void> {
  await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    // The browser builds of packages: those for Node.js load node: modules, which cost time.
    "--platform=browser",
    "--minify",
    "--sourcemap=external",
    ...flags,
    join(ROOT, "main.ts"),
  ]);
}

/** The packages that the source files outside of this repository belong to, by name. */
async function packagesOf(sources: Iterable<string>): Promise<readonly BundledPackage[]> {
  const packages: BundledPackage[] = [];
  for (const source of sources) {
    const isKnown = [ROOT, ...packages.map(({ directory }) => directory)]
      .some((directory) => isInside(source, directory));
    if (!isKnown) packages.push(await packageOf(source));
  }
  return packages.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Packages have further `package.json` files inside, which do not name them. */
async function packageOf(source: string): Promise<BundledPackage> {
  for (let directory = resolve(source, ".."); directory !== resolve(directory, "..");) {
    const { name, version } = await readManifest(directory);
    if (name !== undefined && version !== undefined) return { name, version, directory };
    directory = resolve(directory, "..");
  }
  throw new Error(`${source} belongs to no package`);
}

async function readManifest(directory: string): Promise<{ name?: string; version?: string }> {
  try {
    return JSON.parse(await Deno.readTextFile(join(directory, "package.json")));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** A name that tells nothing of the machine: `src/errors.ts`, `npm:yaml@2.9.1/browser/index.js`. */
function publicName(source: string, packages: readonly BundledPackage[]): string {
  const { name, version, directory } = packages.find((one) => isInside(source, one.directory)) ??
    { directory: ROOT };
  const path = relative(directory, source).replaceAll("\\", "/");
  return name === undefined ? path : `npm:${name}@${version}/${path}`;
}

function isInside(path: string, directory: string): boolean {
  return !relative(directory, path).startsWith("..");
}

/** The licences of all that is in the bundle, as a comment that stays when it is minified again. */
async function licences(packages: readonly BundledPackage[], commit: string): Promise<string> {
  const texts = [
    `trop ${VERSION}, commit ${commit}`,
    await Deno.readTextFile(join(ROOT, "LICENSE")),
  ];
  for (const { name, version, directory } of packages) {
    texts.push(`Contains ${name} ${version}:`, await readLicence(directory));
  }
  const text = texts.map((text) => text.trim()).join("\n\n");
  if (text.includes("*/")) throw new Error("a licence would end the comment that holds it");
  return `/*!\n${text}\n*/\n`;
}

async function readLicence(directory: string): Promise<string> {
  for (const { name } of Deno.readDirSync(directory)) {
    if (/^licen[cs]e(\.\w+)?$/i.test(name)) return await Deno.readTextFile(join(directory, name));
  }
  throw new Error(`${directory} has no licence`);
}

/** Puts the commit in the place that the source has for it, which leaves the source map right. */
function withCommit(code: string, commit: string): string {
  const parts = code.split(COMMIT);
  if (parts.length !== 2) throw new Error(`${parts.length - 1} places for the commit, want one`);
  return parts.join(commit);
}

/** The commit that the files are those of; {@linkcode COMMIT} when they were changed. */
async function currentCommit(): Promise<string> {
  try {
    const [top = "", status] = [
      await run("git", ["rev-parse", "--show-toplevel"]),
      await run("git", ["status", "--porcelain", "--untracked-files=no"]),
    ];
    const isThisTree = await Deno.realPath(top.trim()) === await Deno.realPath(ROOT);
    if (isThisTree && status === "") return (await run("git", ["rev-parse", "HEAD"])).trim();
  } catch {
    // Without git, or outside of a repository, there is no commit to tell.
  }
  return COMMIT;
}

async function removeIfAny(directory: string): Promise<void> {
  try {
    await Deno.remove(directory, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

if (import.meta.main) {
  const { values: { server }, positionals: [place] } = parseArgs({
    options: { server: { type: "string", default: "" } },
    allowPositionals: true,
  });
  const directory = resolve(place ?? join(ROOT, "dist"));
  // What another commit left behind must not come out under this one's checksums.
  if (place === undefined) await removeIfAny(directory);
  await build(directory, server);
  console.log(`Built ${directory}:\n${(await Deno.readTextFile(join(directory, SUMS))).trimEnd()}`);
}
