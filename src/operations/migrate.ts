/**
 * `migrate`: moves reservations to where their directory moved.
 *
 * @module
 */

import { atPath, createAll, get, removeAll, underPath } from "../database/operations.ts";
import type { ReadTransaction, WriteTransaction } from "../database/transaction.ts";
import { type AbsolutePath, nativePaths } from "../domain/path.ts";
import { formatKey, type Reservation } from "../domain/reservation.ts";
import { TropError } from "../errors.ts";

/** Which reservations move where. */
export interface MigrateRequest {
  readonly from: AbsolutePath;
  readonly to: AbsolutePath;
  /** Those below `from` as well. */
  readonly recursive: boolean;
  /** Takes the place of reservations at the destination. */
  readonly force: boolean;
}

/** What moves, and what gives way. */
export interface MigratePlan extends Pick<MigrateRequest, "from" | "to"> {
  /** By the old path and tag. */
  readonly moves: readonly Move[];
  /** The reservations that the moved ones take the place of, in the order of the moves. */
  readonly overwritten: readonly Reservation[];
}

/** One reservation, before and after; only the path differs. */
export interface Move {
  readonly before: Reservation;
  readonly after: Reservation;
}

/**
 * Plans the whole move before any of it is done: what is about to leave its place is in nobody's
 * way, so that a directory can move into or out of itself.
 *
 * @throws {TropError} `not-found` when nothing is reserved at the path, unless recursively;
 * `same-path` and `destination-taken`, unless forced.
 */
export function planMigrate(
  transaction: ReadTransaction,
  { from, to, recursive, force }: MigrateRequest,
): MigratePlan {
  const found = recursive ? underPath(transaction, from) : atPath(transaction, from);
  if (found.length === 0 && !recursive) {
    throw new TropError({ code: "not-found", message: `nothing is reserved for ${from}` });
  }
  if (from === to) {
    if (found.length > 0 && !force) {
      throw new TropError({ code: "same-path", path: from, count: found.length });
    }
    return { from, to, moves: [], overwritten: [] };
  }
  const moves = found.map((before) => ({
    before,
    after: { ...before, path: movedPath(before.path, from, to) },
  }));
  const leaving = new Set(found.map(({ port }) => port));
  const overwritten = moves.map(({ after }) => get(transaction, after))
    .filter((taken) => taken !== undefined).filter(({ port }) => !leaving.has(port));
  const [first] = overwritten;
  if (first !== undefined && !force) {
    const example = formatKey(first);
    throw new TropError({ code: "destination-taken", count: overwritten.length, example });
  }
  return { from, to, moves, overwritten };
}

/** Where `path`, which is `from` or lies below it, lies from `to`. */
function movedPath(path: AbsolutePath, from: AbsolutePath, to: AbsolutePath): AbsolutePath {
  const below = nativePaths.components(path).slice(nativePaths.components(from).length);
  return nativePaths.join(to, ...below);
}

/** Does what was planned in the same transaction. */
export function executeMigrate(transaction: WriteTransaction, plan: MigratePlan): MigratePlan {
  removeAll(transaction, plan.moves.map(({ before }) => before));
  // This removes what is at the destination first.
  createAll(transaction, plan.moves.map(({ after }) => after));
  return plan;
}
