/**
 * Errors of the disk: any system call of a command that is about trop's files may be refused.
 *
 * @module
 */

import type { Home } from "../support/program.ts";
import {
  failAt,
  FILE_CALLS,
  hasStrace,
  readCalls,
  recordCalls,
  type SystemCall,
} from "../support/strace.ts";
import type { Campaign } from "./campaign.ts";
import { type Rehearsal, suffer } from "./harm.ts";
import {
  Checkpoint,
  type CommandLine,
  directoriesOf,
  look,
  makeHome,
  writingCommand,
} from "./world.ts";

export const errors: Campaign = {
  name: "errors",
  fault: "any system call on a file fails: EIO, ENOSPC, EDQUOT, EROFS, EACCES and the like",
  unit: "errors",
  unavailable: hasStrace ? undefined : "there is no strace",
  rounds: 1000,
  async round(random, tally) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using home = await makeHome(random);
    const command = writingCommand({ home, random, busyPort: listener.addr.port });
    const { calls, ...rehearsal } = await rehearse(home, command);
    const call = random.pick(calls);
    const error = random.pick(ERRORS[call.name] ?? ANY_CALL);
    const provoke = () => ({
      what: `${error} at ${call.text}`,
      circumstances: { script: failAt(call, error) },
      keepsTemporaryFiles: isRemoval(call),
    });
    await suffer(home, command, rehearsal, { provoke, tally });
    tally.count(errors.unit);
  },
};

/** What may go wrong with a call, as the system's manual has it. */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  openat: ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EMFILE", "ENFILE"],
  mkdir: ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES"],
  write: ["EIO", "ENOSPC", "EDQUOT"],
  pwrite64: ["EIO", "ENOSPC", "EDQUOT"],
  ftruncate: ["EIO", "EROFS"],
  fsync: ["EIO", "ENOSPC", "EDQUOT"],
  fdatasync: ["EIO", "ENOSPC", "EDQUOT"],
  fcntl: ["EIO", "ENOLCK"],
  flock: ["EIO", "ENOLCK"],
  mmap: ["ENOMEM", "ENODEV"],
  fchmod: ["EIO", "EPERM", "EROFS"],
  chmod: ["EIO", "EPERM", "EROFS"],
};
const ANY_CALL = ["EIO"];

/** The run time looks at what it is about to remove. */
function isRemoval({ name, text }: SystemCall): boolean {
  return name.startsWith("unlink") || name === "statx" && text.includes(".tmp");
}

async function rehearse(
  home: Home,
  { args, cwd, env }: CommandLine,
): Promise<Rehearsal & { readonly calls: readonly SystemCall[] }> {
  using checkpoint = new Checkpoint(home);
  const file = home.path("calls");
  const script = recordCalls(file, FILE_CALLS);
  const whole = await home.start(args, { cwd, env, script }).result();
  const after = await look(home);
  checkpoint.restore();
  return { whole, after, calls: (await readCalls(file)).filter(isAboutFilesOf(home)) };
}

/** Whether a call is about a directory of the home, or about what is in it. */
function isAboutFilesOf(home: Home): (call: SystemCall) => boolean {
  const places = directoriesOf(home).flatMap((place) => [`${place}/`, `${place}"`, `${place}>`]);
  return ({ text }) => {
    const own = text.replace(/AT_FDCWD<[^>]*>/g, "");
    return places.some((place) => own.includes(place));
  };
}
