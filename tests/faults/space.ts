/**
 * Places that take nothing any more: full, out of inodes, mounted read-only, or closed to the user.
 * Needs a privilege that in most places only root has.
 *
 * @module
 */

import { type Home, trop } from "../support/program.ts";
import type { Random } from "../support/random.ts";
import { canMountTmpfs, mountTmpfs } from "../support/tmpfs.ts";
import type { Campaign } from "./campaign.ts";
import { type Harm, type Rehearsal, suffer } from "./harm.ts";
import {
  Checkpoint,
  type CommandLine,
  databaseOf,
  furnishHome,
  look,
  writingCommand,
} from "./world.ts";

export const space: Campaign = {
  name: "space",
  fault: "a full disk, no inode left, a read-only mount, permissions that were taken away",
  unit: "commands",
  unavailable: canMountTmpfs ? undefined : "only root may mount a small file system",
  rounds: 400,
  async round(random, tally) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using home = await trop.home();
    using _mount = mountTmpfs(home.directory, "size=4m,nr_inodes=100,mode=700");
    await furnishHome(home, random);
    // What was refused is tried again when there is room: trop has to be whole by then.
    for (let count = 3; count > 0; count--) {
      const command = writingCommand({ home, random, busyPort: listener.addr.port });
      const rehearsal = await rehearse(home, command);
      const makeHarm = random.pick(HARMS);
      await suffer(home, command, rehearsal, { provoke: () => makeHarm(home, random), tally });
      tally.count(space.unit);
    }
  },
};

const HARMS: readonly ((home: Home, random: Random) => Harm)[] = [
  fillDisk,
  fillDisk,
  useUpInodes,
  remountReadOnly,
  (home) => takePermission(home.path(".trop"), 0o555),
  (home) => takePermission(home.path(".trop"), 0o000),
  (home) => takePermission(home.path("shop"), 0o555),
  (home) => takePermission(databaseOf(home), 0o444),
  (home) => takePermission(databaseOf(home), 0o000),
];

/** Leaves a few pages. */
function fillDisk(home: Home, random: Random): Harm {
  const ballast = home.path("ballast");
  const pages = random.below(40);
  using file = Deno.openSync(ballast, { create: true, write: true });
  let size = 0;
  untilNoSpace(() => size += file.writeSync(new Uint8Array(4096)));
  file.truncateSync(Math.max(0, size - 4096 * pages));
  return { what: `${pages} pages left`, undo: () => Deno.removeSync(ballast) };
}

function useUpInodes(home: Home, random: Random): Harm {
  const names: string[] = [];
  untilNoSpace(() => {
    const name = home.path(`inode-${names.length}`);
    Deno.openSync(name, { createNew: true, write: true }).close();
    names.push(name);
  });
  const left = random.below(4);
  for (const name of names.splice(0, left)) Deno.removeSync(name);
  return {
    what: `${left} inodes left`,
    undo: () => names.forEach((name) => Deno.removeSync(name)),
  };
}

function untilNoSpace(act: () => void): void {
  try {
    for (;;) act();
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOSPC") throw error;
  }
}

function remountReadOnly({ directory }: Home): Harm {
  const remount = (how: string) => {
    new Deno.Command("mount", { args: ["-o", `remount,${how}`, directory] }).outputSync();
  };
  remount("ro");
  return { what: "read-only", undo: () => remount("rw") };
}

function takePermission(path: string, mode: number): Harm {
  const circumstances = { unprivileged: true };
  try {
    const before = Deno.statSync(path).mode! & 0o7777;
    Deno.chmodSync(path, mode);
    const what = `mode ${mode.toString(8)} on ${path}`;
    return { what, circumstances, undo: () => Deno.chmodSync(path, before) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { what: "nothing", circumstances };
  }
}

async function rehearse(home: Home, { args, cwd, env }: CommandLine): Promise<Rehearsal> {
  using checkpoint = new Checkpoint(home);
  const whole = await home.start(args, { cwd, env }).result();
  const after = await look(home);
  checkpoint.restore();
  return { whole, after };
}
