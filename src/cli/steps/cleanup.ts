/**
 * What `prune`, `expire` and `autoclean` have in common: all but the reasons and the words.
 *
 * @module
 */

import type { AbsolutePath } from "../../domain/path.ts";
import type { Reservation } from "../../domain/reservation.ts";
import {
  findStale,
  removeStale,
  SECONDS_PER_DAY,
  type Stale,
  type UnknownDirectory,
} from "../../operations/cleanup.ts";
import { directoryInspector, type Obstacle } from "../../operations/inspect_directory.ts";
import { flag, integer, type Invocation, MAX_UINT32 } from "../grammar/command.ts";
import { Progress } from "../progress.ts";
import { makeChange } from "./change.ts";
import { absoluteDataDirectory, startSession } from "./session.ts";

export const DRY_RUN_OPTION = {
  dryRun: flag({ summary: "Say what would be removed, and do nothing" }),
};

export const DAYS_OPTION = {
  days: integer({
    summary: "Days without use after which a reservation expires",
    valueName: "DAYS",
    max: MAX_UINT32,
    configEnv: "TROP_EXPIRE_AFTER_DAYS",
    default: "30",
  }),
};

/** A command that cleans up. */
export interface Cleanup {
  readonly command: string;
  /** Whether reservations of missing directories go. */
  readonly prune: boolean;
  /** Whether reservations go that nobody used for long. */
  readonly expire: boolean;
  describe(outcome: Outcome): Words;
}

/** What was removed, or, in a dry run, would be. */
export interface Outcome extends Stale {
  readonly dryRun: boolean;
  /** After how many days without use a reservation expires. */
  readonly days: number;
  /** The age of a reservation. */
  ageOf(reservation: Reservation): string;
}

/** What is said on standard error. */
export interface Words {
  /** What a dry run begins with. */
  readonly scanning: string;
  readonly summary: string;
  /** In place of the summary with `--verbose`. */
  readonly details: readonly string[];
}

/** Runs a command that cleans up, and reports. */
export async function cleanUp(
  invocation: Pick<Invocation, "globals" | "host" | "output">,
  { dryRun, days }: { readonly dryRun: boolean; readonly days?: number | undefined },
  { command, prune, expire, describe }: Cleanup,
): Promise<void> {
  const { host, output } = invocation;
  const session = await startSession(invocation, { days });
  const { dataDirectory, expireAfterDays } = session.config;
  const now = host.now();
  const maxAge = expireAfterDays * SECONDS_PER_DAY;
  const inspectDirectory = directoryInspector(absoluteDataDirectory(host, dataDirectory));
  const stale = await makeChange(session, { command, dryRun }, {
    plan: (transaction) => {
      using progress = new Progress(host, output, (count) => `Looked at ${count} directories`);
      const inspect = (path: AbsolutePath) => {
        progress.step();
        return inspectDirectory(path);
      };
      return findStale(transaction, { prune, expire, maxAge, now, inspect });
    },
    execute: removeStale,
  });
  if (output.verbosity === "quiet") {
    const count = stale.pruned.length + stale.expired.length;
    if (count > 0) output.product(`${count}\n`);
    return;
  }
  const ageOf = ({ lastUsedAt }: Reservation) => {
    return `${Math.floor((now - lastUsedAt) / SECONDS_PER_DAY)} days old`;
  };
  const words = describe({ ...stale, dryRun, days: expireAfterDays, ageOf });
  if (dryRun) output.status(`[DRY RUN] ${words.scanning}`);
  for (const unknown of stale.unknown) output.warn(describeUnknown(unknown));
  const lines = output.verbosity === "verbose" ? words.details : [words.summary];
  for (const line of lines) output.status(line);
}

function describeUnknown({ path, verdict: { obstacle, reason } }: UnknownDirectory): string {
  return `cannot tell whether ${path} is gone: ${obstacle} (${reason}); reservation preserved: ` +
    ADVICE[obstacle];
}

const ADVICE: Readonly<Record<Obstacle, string>> = {
  "permission denied": "restore access to it, or release it with 'trop release --path'",
  "symlink loop": "repair the loop of links, or release it with 'trop release --path'",
  "transient I/O error": "run the command again when the file system is back",
  "unsupported filesystem operation": "check what the file system supports, or release it with " +
    "'trop release --path'",
  "missing mount": "run the command again where the directory can be seen, or release it with " +
    "'trop release --path'",
  "unknown filesystem error": "look at it, or release it with 'trop release --path'",
};

/** `Removed`, or what a dry run says in its place. */
export function removed({ dryRun }: Outcome): string {
  return dryRun ? "[DRY RUN] Would remove" : "Removed";
}
