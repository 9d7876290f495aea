/**
 * `install.sh` and the executable that `TROP_UNDER_TEST` names, in a minimal Debian. Run by name:
 * it wants root and debootstrap.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pack, SHARE_ARCHIVE, shareFiles } from "../../scripts/share_archive.ts";
import { VERSION } from "../../src/version.ts";
import { runInDebian } from "../support/debian.ts";
import { type Asset, PROGRAM, ReleaseServer, withSums } from "../support/releases.ts";

const INSTALLER = fileURLToPath(new URL("../../install.sh", import.meta.url));
const EXECUTABLE = await Deno.readFile(Deno.env.get("TROP_UNDER_TEST") ?? "");
const SHARE = await shareFiles();
const RELEASE = await withSums({ [PROGRAM]: EXECUTABLE, [SHARE_ARCHIVE]: await pack(SHARE) });

/** Runs `script` in Debian, with a user `dev`, `/mnt/install.sh` and the server's address. */
async function inDebian(script: string, change: Readonly<Record<string, Asset>> = {}) {
  await using server = new ReleaseServer({ [VERSION]: { ...RELEASE, ...change } });
  const setUp = `useradd --create-home dev\nexport TROP_DOWNLOAD_SERVER=${server.url}\n`;
  const files = { "install.sh": await Deno.readFile(INSTALLER) };
  return await runInDebian(setUp + script, files);
}

/** Runs the rest of the line as the user `dev`, in the home directory. */
const AS_DEV = "setpriv --reuid=dev --regid=dev --init-groups env --chdir=/home/dev HOME=/home/dev";

Deno.test("root installs for all, and a normal user reserves", async () => {
  const { status, stdout, stderr } = await inDebian(`
    sh /mnt/install.sh
    ${AS_DEV} trop reserve
    ${AS_DEV} trop list --format csv
    ls -l /usr/local/bin/trop
    sh /mnt/install.sh --uninstall
    find /usr/local -type f
    ls -a /home/dev/.trop`);
  assert.equal(stderr, "");
  assert.match(
    stdout,
    new RegExp(`^Installed trop ${VERSION}: /usr/local/bin/trop
Installed completions for bash, zsh and fish, and the manual: /usr/local/share
5000
port,path,.*
5000,/home/dev,.*
-rwxr-xr-x 1 root root ${EXECUTABLE.length} .* /usr/local/bin/trop
Removed /usr/local/bin/trop
(Removed /usr/local/share/.*
){${Object.keys(SHARE).length}}Reservations are kept: /root/.trop
\\.
\\.\\.
trop.db
$`),
  );
  assert.equal(status, 0);
});

Deno.test("a normal user installs from a pipe, for the next login, and reserves", async () => {
  const { status, stdout, stderr } = await inDebian(`
    cp /etc/skel/.profile /home/dev
    ${AS_DEV} sh -c 'cat /mnt/install.sh | sh'
    ${AS_DEV} bash --login -c 'trop reserve && trop --version'
    find /home/dev -type f`);
  assert.equal(stderr, "");
  assert.match(
    stdout,
    new RegExp(`^Installed trop ${VERSION}: /home/dev/.local/bin/trop
Installed completions for bash, zsh and fish, and the manual: /home/dev/.local/share
/home/dev/.local/bin is not on your PATH. A line for ~/.profile or your shell's own file:
  export PATH="/home/dev/.local/bin:\\$PATH"
5000
trop ${VERSION}
`),
  );
  for (const file of Object.keys(SHARE)) {
    assert.ok(stdout.includes(`/home/dev/.local/${file}\n`), file);
  }
  assert.equal(status, 0);
});

const CUT_SHORT = EXECUTABLE.subarray(0, EXECUTABLE.length / 2);

for (
  const [title, change, words] of [
    ["the program is cut short", { [PROGRAM]: CUT_SHORT }, /^error: refused .+\n/],
    [
      "the program is missing",
      { [PROGRAM]: () => new Response(null, { status: 404 }) },
      /^error: cannot download .*404.*\n$/,
    ],
    [
      "the program has one bit changed",
      { [PROGRAM]: EXECUTABLE.map((byte, at) => at === 50_000_000 ? byte ^ 1 : byte) },
      /^error: refused .+\n/,
    ],
    [
      "half of the program has the right checksum",
      await withSums({ [PROGRAM]: CUT_SHORT }),
      /^(.*\n)?error: trop does not run .+\n$/,
    ],
    [
      "the checksums are missing",
      { SHA256SUMS: () => new Response(null, { status: 404 }) },
      /^error: cannot download .*404.*\n$/,
    ],
    ["completions and manual came damaged", { [SHARE_ARCHIVE]: "damaged" }, /^error: refused .+\n/],
  ] as const
) {
  Deno.test(`nothing is left behind when ${title}`, async () => {
    const { status, stdout, stderr } = await inDebian(
      `
      find / -xdev | sort >/mnt/before
      status=0
      sh /mnt/install.sh || status=$?
      find / -xdev | sort | diff /mnt/before -
      echo "exit code $status"`,
      change,
    );
    assert.match(stderr, words);
    assert.deepEqual([status, stdout], [0, "exit code 1\n"]);
  });
}

Deno.test("without curl and wget the installer says what it wants", async () => {
  const { status, stdout, stderr } = await inDebian(`rm /usr/bin/curl\nsh /mnt/install.sh`);
  assert.equal(stderr, "error: cannot download: want curl or wget\n");
  assert.deepEqual([status, stdout], [1, ""]);
});
