/**
 * This system's installer with the release in `dist/`, from a server on this machine: `install.sh`,
 * or on Windows `install.ps1` in both PowerShells. Run by name, after `deno task compile`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../../scripts/run.ts";
import { SHARE_ARCHIVE } from "../../scripts/share_archive.ts";
import { TARGETS } from "../../scripts/targets.ts";
import { VERSION } from "../../src/version.ts";
import { trop } from "../support/program.ts";
import { type Asset, ReleaseServer } from "../support/releases.ts";

const { file: PROGRAM } = Object.values(TARGETS).find(({ triple }) =>
  triple === Deno.build.target
)!;

const RELEASE: Record<string, Asset> = {};
for (const name of ["SHA256SUMS", SHARE_ARCHIVE, PROGRAM]) {
  RELEASE[name] = await Deno.readFile(join(ROOT, "dist", name));
}

/** The words that start an installer, with what its options begin with. */
type Installer = readonly [words: readonly string[], prefix: string];

const POWERSHELL = ["-NoProfile", "-ExecutionPolicy", "Bypass", "-File", "dist/install.ps1"];

const INSTALLERS: readonly Installer[] = Deno.build.os === "windows"
  ? [[["powershell", ...POWERSHELL], "-"], [["pwsh", ...POWERSHELL], "-"]]
  : [[["sh", "dist/install.sh"], "--"]];

/** Runs an installer for `directory` with `change` in the release. */
async function install([words, prefix]: Installer, directory: string, change: typeof RELEASE = {}) {
  await using server = new ReleaseServer({ [VERSION]: { ...RELEASE, ...change } });
  return await run([...words, `${prefix}server`, server.url, `${prefix}dir`, directory]);
}

async function run([program, ...args]: readonly string[], cwd = ROOT, env = {}) {
  const { code, stdout, stderr } = await new Deno.Command(program!, { args, cwd, env }).output();
  const decoder = new TextDecoder();
  return { status: code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

for (const installer of INSTALLERS) {
  const [[name], prefix] = installer;

  Deno.test(`${name}: what is installed reserves, is installed again, and goes away`, async () => {
    await using home = await trop.home();
    const directory = join(home.directory, "place", "bin");
    const program = join(directory, Deno.build.os === "windows" ? "trop.exe" : "trop");
    for (const time of ["first", "second"]) {
      const installed = await install(installer, directory);
      assert.equal(installed.status, 0, installed.stderr);
      assert.ok(installed.stdout.startsWith(`Installed trop ${VERSION}: ${program}`), time);
      const env = { TROP_DATA_DIR: join(home.directory, "data") };
      const reserved = await run([program, "reserve"], home.directory, env);
      assert.match(reserved.stdout, /^\d+\n$/, reserved.stderr);
    }
    const removed = await run([...installer[0], `${prefix}uninstall`, `${prefix}dir`, directory]);
    assert.ok(removed.stdout.startsWith(`Removed ${program}`), removed.stderr);
    assert.deepEqual([...Deno.readDirSync(directory)], []);
  });

  for (
    const [title, change] of [
      ["the program is damaged", { [PROGRAM]: "damaged" }],
      ["the program is missing", { [PROGRAM]: () => new Response(null, { status: 404 }) }],
      ["the checksums are missing", { SHA256SUMS: () => new Response(null, { status: 404 }) }],
      ["the checksums lack the program", { SHA256SUMS: "" }],
    ] as const
  ) {
    Deno.test(`${name}: nothing is left behind when ${title}`, async () => {
      await using home = await trop.home();
      const { status, stderr } = await install(installer, join(home.directory, "bin"), change);
      assert.match(stderr, /refused|cannot/);
      assert.equal(status, 1);
      assert.deepEqual([...Deno.readDirSync(home.directory)], []);
    });
  }
}
