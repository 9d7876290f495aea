/**
 * A Debian of its own for a test: a throwaway copy of a minimal system, which can be broken as one
 * likes. Wants root, overlayfs, and `scripts/debian_root.sh`, which makes the system once.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Result, Tree } from "./program.ts";
import { trop } from "./program.ts";

const MAKE_ROOT = fileURLToPath(new URL("../../scripts/debian_root.sh", import.meta.url));

/** Runs `/mnt/script` in a copy of the system `$1`, which lives in the memory of `$2`. */
const ENTER = `
  mount -t tmpfs tmpfs "$2/memory"
  cd "$2/memory"
  mkdir upper work root
  mount -t overlay overlay -o "lowerdir=$1,upperdir=upper,workdir=work" root
  mount -t proc proc root/proc
  mount --rbind /dev root/dev
  mount --rbind "$2/files" root/mnt
  cp --dereference /etc/resolv.conf root/etc/resolv.conf
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \\
    LC_ALL=C.UTF-8 chroot root /bin/bash -e /mnt/script`;

let knownRoot: string | undefined;

/** The minimal system, made at the first call if there is none yet. */
function debianRoot(): string {
  return knownRoot ??= makeRoot();
}

function makeRoot(): string {
  const { success, stdout, stderr } = new Deno.Command(MAKE_ROOT).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/**
 * Runs a script of bash as root. It ends at the first command that fails, and with it all that it
 * started and changed.
 *
 * @param files What it finds in `/mnt`.
 */
export async function runInDebian(script: string, files: Tree): Promise<Result> {
  await using home = await trop.home({ memory: {}, files: { ...files, script } });
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "bash",
      "-ec",
      ENTER,
      "bash",
      debianRoot(),
      home.directory,
    ],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { status: code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
