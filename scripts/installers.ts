/**
 * The ways in that are part of a release: the installers, which know where it is and which version
 * they belong to, and the dev container Feature, complete with its own copy of one of them.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { ROOT } from "./run.ts";

/** The files of the dev container Feature and its tests, below the directory of the same name. */
const FEATURE = "devcontainer";

/** Where a release is and what it is. */
export interface Release {
  /** What the installers' `--server` takes; `""` leaves it to their users. */
  readonly server: string;
  /** The version that they install unless told otherwise, or `latest`. */
  readonly version: string;
}

/**
 * Writes `install.sh`, `install.ps1` and `devcontainer/` into `directory`.
 *
 * @throws {Error} when an installer lacks one of the places, or `release` has what would not stay
 * inside of its quotes.
 */
export async function writeInstallers(directory: string, release: Release): Promise<void> {
  const sh = await readInstaller("install.sh", {
    "default_server=''": `default_server='${release.server}'`,
    "default_version='latest'": `default_version='${release.version}'`,
  });
  const ps1 = await readInstaller("install.ps1", {
    "  $default_server=''": `  $default_server='${release.server}'`,
    "  $default_version='latest'": `  $default_version='${release.version}'`,
  });
  await write(join(directory, "install.sh"), sh);
  await write(join(directory, "install.ps1"), ps1);
  await copyFeature(join(ROOT, FEATURE), join(directory, FEATURE));
  await write(join(directory, FEATURE, "src/trop/installer.sh"), sh);
}

async function readInstaller(
  file: string,
  changes: Readonly<Record<string, string>>,
): Promise<string> {
  let text = await Deno.readTextFile(join(ROOT, file));
  for (const [from, to] of Object.entries(changes)) {
    if (!/^ *\$?\w+='[\w.:/+-]*'$/.test(to)) throw new Error(`${to} cannot stand in ${file}`);
    const parts = text.split(`\n${from}\n`);
    if (parts.length !== 2) throw new Error(`${parts.length - 1} lines ${from} in ${file}, want 1`);
    text = parts.join(`\n${to}\n`);
  }
  return text;
}

async function copyFeature(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFeature(join(from, name), join(to, name));
    else await write(join(to, name), await Deno.readTextFile(join(from, name)));
  }
}

async function write(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
}
