/**
 * Compiles the bundled program to executables in `dist/`: for this machine, for the targets that are
 * named as arguments, or with `--all` for every one.
 *
 * `--ffi` compiles the FFI flavour for this machine, from the source; `--library` names the SQLite
 * library that is embedded in it, without which it looks for the system's. `TROP_FFI_CONFIG` names
 * another configuration than `deno.ffi.json`, for machines that do not reach JSR.
 *
 * @module
 */

import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { embeddedLibrary } from "../src/database/sqlite_library.ts";
import { bundleInParts } from "./build.ts";
import { writeChecksums } from "./checksums.ts";
import { PERMISSIONS, type Target, TARGETS } from "./targets.ts";

/** What goes into an executable. */
interface Program {
  /** Where the words that name files are read. */
  readonly directory: string;
  /** The flags and the main module. */
  readonly words: readonly string[];
}

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DIST = `${ROOT}dist/`;

const PARTS = `${DIST}parts/`;

const UNCHANGING_TIME = new Date("2000-01-01T00:00:00Z");

/** The Deno that compiles; the one that this script runs on unless the variable names another. */
const COMPILER = Deno.env.get("COMPILE_DENO") || Deno.execPath();

async function compile(
  { directory, words }: Program,
  { file, triple }: Target,
): Promise<void> {
  const command = new Deno.Command(COMPILER, {
    args: [
      "compile",
      "--quiet",
      "--no-check",
      "--no-prompt",
      "--unstable-net",
      // The cache would lie under a name that can be guessed in the directory for temporary files,
      // where another user can put code in its place.
      "--no-code-cache",
      ...PERMISSIONS,
      `--target=${triple}`,
      `--output=${DIST}${file}`,
      ...words,
    ],
    cwd: directory,
    stdout: "inherit",
    stderr: "inherit",
  });
  if (!(await command.output()).success) throw new Error(`Cannot compile ${file}`);
  const { size } = await Deno.stat(`${DIST}${file}`);
  console.log(`Compiled dist/${file}: ${(size / 2 ** 20).toFixed(1)} MiB`);
}

/** The program in parts. */
async function bundledProgram(): Promise<Program> {
  const main = await bundleInParts(PARTS);
  // They go into the executable; with times that stay, the same modules give the same bytes.
  for (const { name } of Deno.readDirSync(PARTS)) {
    await Deno.utime(PARTS + name, UNCHANGING_TIME, UNCHANGING_TIME);
  }
  return { directory: PARTS, words: ["--no-config", basename(main)] };
}

/** The FFI flavour. Its source is compiled: a bundle would take packages from JSR apart. */
async function ffiProgram(library: string | undefined): Promise<Program> {
  const config = Deno.env.get("TROP_FFI_CONFIG") || "deno.ffi.json";
  const words = [`--config=${config}`];
  if (library !== undefined) {
    const embedded = embeddedLibrary(Deno.build.os);
    await Deno.mkdir(`${DIST}ffi`, { recursive: true });
    await Deno.copyFile(library, ROOT + embedded);
    words.push(`--include=${embedded}`);
  }
  return { directory: ROOT, words: [...words, "main.ts"] };
}

/** The target of an FFI flavour. */
function ffiTarget({ file, triple }: Target): Target {
  return { file: file.replace("trop-", "trop-ffi-"), triple };
}

function namedTargets(names: readonly string[]): readonly Target[] {
  if (names.length > 0) return names.map(findTarget);
  return [ownTarget()];
}

function ownTarget(): Target {
  const own = Object.values(TARGETS).find(({ triple }) => triple === Deno.build.target);
  if (own !== undefined) return own;
  throw new Error(`No executable is made for ${Deno.build.target}`);
}

function findTarget(name: string): Target {
  const target = TARGETS[name];
  if (target !== undefined) return target;
  throw new Error(`Cannot compile for "${name}": want ${Object.keys(TARGETS).join(", ")}`);
}

const { values: { all, ffi, library }, positionals } = parseArgs({
  args: Deno.args,
  options: {
    all: { type: "boolean", default: false },
    ffi: { type: "boolean", default: false },
    library: { type: "string" },
  },
  allowPositionals: true,
});
if (ffi) {
  await compile(await ffiProgram(library), ffiTarget(ownTarget()));
} else {
  const targets = all ? Object.values(TARGETS) : namedTargets(positionals);
  const program = await bundledProgram();
  for (const target of targets) await compile(program, target);
  await Deno.remove(PARTS, { recursive: true });
}
await writeChecksums(DIST);
