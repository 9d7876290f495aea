/**
 * Compiles `dist/trop.js` to executables in `dist/`: for this machine, for the targets that are
 * named as arguments, or with `--all` for every one.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeChecksums } from "./checksums.ts";

/** What the executables may do on every system: `trop run` runs any program that it is given. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-run"];

/** Sockets are bound to see whether a port is free; nothing connects to anywhere. */
const BIND = "--allow-net=127.0.0.1,0.0.0.0,[::1],[::]";

/**
 * Deno reads `/proc` for a program that has every permission there is. Linux tells there who holds
 * a port, and about all ports at once.
 */
const READ_PROC = ["--allow-net", "--allow-sys", "--allow-ffi", "--allow-import"];

/** An executable that is made. */
interface Target {
  /** The name of the file in `dist/`. */
  readonly file: string;
  /** Deno's name for it. */
  readonly triple: string;
  readonly permissions: readonly string[];
}

const TARGETS: Readonly<Record<string, Target>> = {
  "linux-x64": {
    file: "trop-linux-x64",
    triple: "x86_64-unknown-linux-gnu",
    permissions: [...PERMISSIONS, ...READ_PROC],
  },
  "linux-arm64": {
    file: "trop-linux-arm64",
    triple: "aarch64-unknown-linux-gnu",
    permissions: [...PERMISSIONS, ...READ_PROC],
  },
  "macos-x64": {
    file: "trop-macos-x64",
    triple: "x86_64-apple-darwin",
    permissions: [...PERMISSIONS, BIND],
  },
  "macos-arm64": {
    file: "trop-macos-arm64",
    triple: "aarch64-apple-darwin",
    permissions: [...PERMISSIONS, BIND],
  },
  "windows-x64": {
    file: "trop-windows-x64.exe",
    triple: "x86_64-pc-windows-msvc",
    permissions: [...PERMISSIONS, BIND],
  },
};

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

const UNCHANGING_TIME = new Date("2000-01-01T00:00:00Z");

/** The Deno that compiles; the one that this script runs on unless the variable names another. */
const COMPILER = Deno.env.get("COMPILE_DENO") || Deno.execPath();

async function compile({ file, triple, permissions }: Target): Promise<void> {
  const command = new Deno.Command(COMPILER, {
    args: [
      "compile",
      "--quiet",
      "--no-config",
      "--no-check",
      "--no-prompt",
      "--unstable-net",
      // The cache would lie under a name that can be guessed in the directory for temporary files,
      // where another user can put code in its place.
      "--no-code-cache",
      ...permissions,
      `--target=${triple}`,
      `--output=${DIST}${file}`,
      "trop.js",
    ],
    cwd: DIST,
    stdout: "inherit",
    stderr: "inherit",
  });
  if (!(await command.output()).success) throw new Error(`Cannot compile ${file}`);
  const { size } = await Deno.stat(`${DIST}${file}`);
  console.log(`Compiled dist/${file}: ${(size / 2 ** 20).toFixed(1)} MiB`);
}

function chosenTargets(): readonly Target[] {
  const { values: { all }, positionals } = parseArgs({
    args: Deno.args,
    options: { all: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  if (all) return Object.values(TARGETS);
  if (positionals.length > 0) return positionals.map(findTarget);
  const own = Object.values(TARGETS).find(({ triple }) => triple === Deno.build.target);
  if (own !== undefined) return [own];
  throw new Error(`No executable is made for ${Deno.build.target}`);
}

function findTarget(name: string): Target {
  const target = TARGETS[name];
  if (target !== undefined) return target;
  throw new Error(`Cannot compile for "${name}": want ${Object.keys(TARGETS).join(", ")}`);
}

const targets = chosenTargets();
// It goes into the executable; with one that stays, the same module gives the same bytes.
await Deno.utime(`${DIST}trop.js`, UNCHANGING_TIME, UNCHANGING_TIME);
for (const target of targets) await compile(target);
await writeChecksums(DIST);
