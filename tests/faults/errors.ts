/**
 * Errors of the disk: any system call of a command may be refused, once or from then on. The
 * command says so, nothing is lost, and no temporary file is left.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Home, Result } from "../support/program.ts";
import type { Random } from "../support/random.ts";
import { failAt, FILE_CALLS, readCalls, recordCalls, type SystemCall } from "../support/strace.ts";
import type { Campaign, Tally } from "./campaign.ts";
import {
  assertGoesOn,
  Checkpoint,
  type CommandLine,
  describeCopy,
  directoriesOf,
  ENVIRONMENT,
  look,
  makeHome,
  NO_DATABASE,
  NOTHING,
  openIfPossible,
  type Stored,
  writingCommand,
} from "./world.ts";

export const errors: Campaign = {
  name: "errors",
  fault: "any system call on a file fails: EIO, ENOSPC, EDQUOT, EROFS, EACCES and the like",
  unit: "errors",
  rounds: 1000,
  async round(random, tally) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using home = await makeHome(random);
    const command = writingCommand({ home, random, busyPort: listener.addr.port });
    await failOnce(home, command, random, tally);
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

/** How a command may end that could not do its work. */
const FAILURES = [2, 3, 5, 6, 7, 125];

/** All there is to know about one error. */
interface Failing {
  readonly command: CommandLine;
  readonly call: string;
  readonly error: string;
  readonly whole: Result;
  readonly result: Result;
  readonly before: Stored;
  readonly opened: string;
  readonly after: Stored;
  readonly found: Stored;
  /** Temporary files that are left. */
  readonly left: readonly string[];
}

async function failOnce(home: Home, command: CommandLine, random: Random, tally: Tally) {
  const before = await look(home);
  const opened = describeCopy(home, openIfPossible);
  const { whole, after, calls } = await rehearse(home, command);
  const call = random.pick(calls);
  const error = random.pick(ERRORS[call.name] ?? ANY_CALL);
  const script = failAt(call, error);
  const result = await home.start(command.args, { cwd: command.cwd, env: ENVIRONMENT, script })
    .result();
  const failing: Failing = {
    command,
    call: call.text,
    error,
    whole,
    result,
    before,
    opened,
    after,
    found: await look(home),
    left: directoriesOf(home).flatMap(temporaryFiles),
  };
  try {
    assertHonest(failing);
    assertGoesOn(home, failing.found);
  } catch (cause) {
    throw new Error(JSON.stringify(failing, null, 2), { cause });
  }
  tally.count(errors.unit);
  tally.count(result.status === whole.status ? "that did not matter" : "that were told");
  const isDone = isDeepStrictEqual(failing.found, after) && !isDeepStrictEqual(before, after);
  if (result.status !== whole.status && isDone) tally.count("told and yet done");
}

function assertHonest(
  { command, result, whole, before, opened, after, found, left, call }: Failing,
): void {
  const { status, stdout, stderr } = result;
  assert(!/internal error|please report|panicked|at file:/.test(stderr), "a defect is reported");
  if (status === whole.status) {
    assert.equal(stdout, whole.stdout);
    assert.deepEqual(found, after, "it succeeded and did not");
  } else {
    assert(FAILURES.includes(status), "the exit code is not of the contract");
    assert.match(stderr, /^Error: .*\n$/m, "no error is told");
    assert.equal(stdout, "");
    const databases = [before.database, opened, after.database];
    if (before.database === NO_DATABASE && command.args[0] === "init") databases.push(NOTHING);
    assert(databases.includes(found.database), "the database is neither old nor new");
    for (const [name, text] of Object.entries(found.configuration)) {
      const texts = [before.configuration[name], after.configuration[name]];
      assert(texts.includes(text), `${name} is neither old nor new`);
    }
  }
  // Only when removing it is what fails.
  if (!call.startsWith("unlink")) assert.deepEqual(left, [], "temporary files are left");
}

async function rehearse(
  home: Home,
  { args, cwd }: CommandLine,
): Promise<{ whole: Result; after: Stored; calls: SystemCall[] }> {
  using checkpoint = new Checkpoint(home);
  const file = home.path("calls");
  const script = recordCalls(file, FILE_CALLS);
  const whole = await home.start(args, { cwd, env: ENVIRONMENT, script }).result();
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

function temporaryFiles(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) =>
      name.endsWith(".tmp")
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
