/**
 * Which reservations are stale: their directory is gone, or nobody used them for long.
 *
 * @module
 */

import {
  expired,
  expiryCutoff,
  get,
  list,
  makeRoom,
  removeIfUnchanged,
} from "../database/operations.ts";
import type { ReadTransaction, WriteTransaction } from "../database/transaction.ts";
import type { AbsolutePath } from "../domain/path.ts";
import type { Reservation } from "../domain/reservation.ts";
import type { DirectoryVerdict } from "./inspect_directory.ts";

/** How long a day without use is. */
export const SECONDS_PER_DAY = 86_400;

/** What is looked for. */
export interface CleanupRequest {
  readonly prune: boolean;
  readonly expire: boolean;
  /** Seconds since the last use; an age of exactly this much is not too old. */
  readonly maxAge: number;
  /** Seconds since 1970-01-01 UTC, the same for the whole run. */
  readonly now: number;
  readonly inspect: (path: AbsolutePath) => DirectoryVerdict;
}

/** What was found. No reservation is in both lists. */
export interface Stale {
  /** Those whose directory is gone, by path and tag. */
  readonly pruned: readonly Reservation[];
  /** Those that are too old, the longest unused first. */
  readonly expired: readonly Reservation[];
  /** Paths that could not be looked at, in order; their reservations stay. */
  readonly unknown: readonly UnknownDirectory[];
}

/** A path that could not be looked at. */
export interface UnknownDirectory {
  readonly path: AbsolutePath;
  readonly verdict: Extract<DirectoryVerdict, { kind: "unknown" }>;
}

/** Finds what is stale. Every directory is looked at once, however many tags it has. */
export function findStale(transaction: ReadTransaction, request: CleanupRequest): Stale {
  const { pruned, unknown } = request.prune
    ? findGone(list(transaction), request)
    : { pruned: [], unknown: [] };
  if (!request.expire) return { pruned, expired: [], unknown };
  const counted = new Set(pruned.map(({ port }) => port));
  const old = expired(transaction, expiryCutoff(request.now, request.maxAge))
    .filter(({ port }) => !counted.has(port));
  return { pruned, expired: old, unknown };
}

function findGone(
  reservations: readonly Reservation[],
  { inspect }: CleanupRequest,
): Pick<Stale, "pruned" | "unknown"> {
  const pruned: Reservation[] = [];
  const unknown: UnknownDirectory[] = [];
  let path: AbsolutePath | undefined;
  let verdict: DirectoryVerdict = { kind: "live" };
  for (const reservation of reservations) {
    if (reservation.path !== path) {
      path = reservation.path;
      verdict = inspect(path);
      if (verdict.kind === "unknown") unknown.push({ path, verdict });
    }
    if (verdict.kind === "gone") pruned.push(reservation);
  }
  return { pruned, unknown };
}

/**
 * Removes what {@linkcode findStale} found in the same transaction.
 *
 * @returns What is gone now. A reservation that a trigger in the file changed meanwhile is another
 * one than the one that was found stale, and stays.
 */
export function removeStale(transaction: WriteTransaction, stale: Stale): Stale {
  const isGone = (reservation: Reservation) =>
    removeIfUnchanged(transaction, reservation) || get(transaction, reservation) === undefined;
  makeRoom(transaction, stale.pruned.length + stale.expired.length);
  return {
    ...stale,
    pruned: stale.pruned.filter(isGone),
    expired: stale.expired.filter(isGone),
  };
}
