/**
 * Whether only its owner can have written a data directory: who reads a database that others may
 * write relies on them, and SQLite would take over whatever they put beside it.
 *
 * @module
 */

import { TropError } from "../errors.ts";
import type { DatabaseOptions } from "./config.ts";

/**
 * Refuses a file or directory that others than this user and root could have written, as ssh does.
 *
 * The user's own group may: on many systems each user has one, of the same number, that new files
 * can be written by. Windows has no such modes, and where Deno keeps back who the user is, nobody
 * asks for the owner.
 *
 * @throws {TropError} `untrusted-files`.
 */
export function assertTrusted(
  path: string,
  info: Deno.FileInfo,
  { allowShared, actsFor }: Pick<DatabaseOptions, "allowShared" | "actsFor">,
): void {
  if (allowShared || Deno.build.os === "windows") return;
  const distrust = whyDistrust(info, { user: currentUser(), actsFor });
  if (distrust !== undefined) throw new TropError({ code: "untrusted-files", path, ...distrust });
}

/** Who looks at a file. */
interface Viewer {
  readonly user: number | undefined;
  readonly actsFor: (user: number) => boolean;
}

/** What is wrong with a file, and what to do about it. */
interface Distrust {
  readonly reason: string;
  readonly remedy: "chmod" | "own";
}

/** Why nobody should rely on a file; `undefined` when there is no reason. */
export function whyDistrust(
  { uid, gid, mode }: Pick<Deno.FileInfo, "uid" | "gid" | "mode">,
  { user, actsFor }: Viewer,
): Distrust | undefined {
  if (uid === null || mode === null) return undefined;
  const isOwn = user === undefined || uid === user || uid === 0 || (user === 0 && actsFor(uid));
  if (!isOwn) return { reason: `it belongs to user ${uid}, and you are ${user}`, remedy: "own" };
  if ((mode & 0o002) !== 0) return { reason: "everyone may write it", remedy: "chmod" };
  if ((mode & 0o020) === 0 || gid === uid) return undefined;
  return { reason: `group ${gid} may write it`, remedy: "chmod" };
}

function currentUser(): number | undefined {
  try {
    return Deno.uid() ?? undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
