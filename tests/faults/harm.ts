/**
 * What a command must do when it cannot do its work: say so, lose nothing, and leave nothing behind.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Circumstances, Home, Result } from "../support/program.ts";
import type { Tally } from "./campaign.ts";
import {
  assertGoesOn,
  type CommandLine,
  describeCopy,
  directoriesOf,
  look,
  NO_DATABASE,
  NOTHING,
  openIfPossible,
  type Stored,
} from "./world.ts";

/** What is done to a home, or to a run in it. */
export interface Harm {
  readonly what: string;
  /** How the program is run under it. */
  readonly circumstances?: Pick<Circumstances, "script" | "unprivileged">;
  /** Makes the home as it was. */
  undo?(): void;
  /** Whether temporary files cannot be removed under it. */
  readonly keepsTemporaryFiles?: boolean;
}

/** What a command does when nothing is in its way. */
export interface Rehearsal {
  readonly whole: Result;
  readonly after: Stored;
}

/** How a command may end that could not do its work. */
const FAILURES = [2, 3, 5, 6, 7, 125];

/** All there is to know about a command that was harmed. */
interface Harmed extends Rehearsal {
  readonly command: CommandLine;
  readonly harm: string;
  readonly result: Result;
  readonly before: Stored;
  /** The database as opening it alone makes it: an old one is migrated, a missing one created. */
  readonly opened: string;
  readonly found: Stored;
  /** Temporary files that are left. */
  readonly left: readonly string[];
}

/**
 * Runs a command under the harm that `provoke` does.
 *
 * @throws When something was lost, or the command did not tell how it was.
 */
export async function suffer(
  home: Home,
  command: CommandLine,
  { whole, after }: Rehearsal,
  { provoke, tally }: { readonly provoke: () => Harm; readonly tally: Tally },
): Promise<void> {
  const before = await look(home);
  const opened = describeCopy(home, openIfPossible);
  const { what: harm, circumstances, undo, keepsTemporaryFiles = false } = provoke();
  const { args, cwd, env } = command;
  const result = await home.start(args, { cwd, env, ...circumstances }).result();
  undo?.();
  const left = keepsTemporaryFiles ? [] : directoriesOf(home).flatMap(temporaryFiles);
  const found = await look(home);
  const harmed = { command, harm, whole, result, before, opened, after, found, left };
  try {
    assertHonest(harmed);
    assertGoesOn(home, found);
  } catch (cause) {
    throw new Error(JSON.stringify(harmed, null, 2), { cause });
  }
  const isTold = result.status !== whole.status;
  tally.count(isTold ? "that were told" : "that did not matter");
  const isDone = isDeepStrictEqual(found, after) && !isDeepStrictEqual(before, after);
  if (isTold && isDone) tally.count("told and yet done");
}

function assertHonest({ command, result, whole, before, opened, after, found, left }: Harmed) {
  const { status, stdout, stderr } = result;
  assert(!/internal error|please report|panicked|at file:/.test(stderr), "a defect is reported");
  assert.deepEqual(left, [], "temporary files are left");
  if (status === whole.status) {
    assert.equal(stdout, whole.stdout);
    assert.deepEqual(found, after, "it succeeded and did not");
    return;
  }
  assert(FAILURES.includes(status), "the exit code is not of the contract");
  assert.match(stderr, /^Error: .*\n$/m, "no error is told");
  assert.equal(stdout, "");
  const databases = [before.database, opened, after.database];
  // What is no database is moved away before there is another one.
  if (before.database === NO_DATABASE && command.args[0] === "init") databases.push(NOTHING);
  assert(databases.includes(found.database), "the database is neither old nor new");
  for (const [name, text] of Object.entries(found.configuration)) {
    const texts = [before.configuration[name], after.configuration[name]];
    assert(texts.includes(text), `${name} is neither old nor new`);
  }
}

function temporaryFiles(directory: string): string[] {
  try {
    const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
    return names.filter((name) => name.endsWith(".tmp"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
