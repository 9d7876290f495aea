/**
 * `release`: gives ports back.
 *
 * @module
 */

import { atPath, removeAll, underPath } from "../database/operations.ts";
import type { ReadTransaction, WriteTransaction } from "../database/transaction.ts";
import type { AbsolutePath } from "../domain/path.ts";
import type { Reservation } from "../domain/reservation.ts";
import { assertRelated } from "./paths.ts";

/** Which reservations are meant. */
export interface ReleaseRequest {
  readonly path: AbsolutePath;
  /** All of the path's, the untagged one, or the one with this tag. */
  readonly tags: "all" | "untagged" | { readonly tag: string };
  /** Those below the path as well. */
  readonly recursive: boolean;
  /** Takes a path that is unrelated to the current directory. */
  readonly allowUnrelatedPath: boolean;
}

/**
 * The reservations that would be released, by path and tag.
 *
 * @param directory The current directory as the system reports it.
 * @throws {TropError} `path-unrelated`.
 */
export function planRelease(
  transaction: ReadTransaction,
  { path, tags, recursive, allowUnrelatedPath }: ReleaseRequest,
  directory: AbsolutePath,
): Reservation[] {
  if (!allowUnrelatedPath) assertRelated(path, directory);
  const found = recursive ? underPath(transaction, path) : atPath(transaction, path);
  if (tags === "all") return found;
  const wanted = tags === "untagged" ? null : tags.tag;
  return found.filter(({ tag }) => tag === wanted);
}

/** Releases what was planned in the same transaction. @returns How many there were. */
export function executeRelease(
  transaction: WriteTransaction,
  plan: readonly Reservation[],
): number {
  return removeAll(transaction, plan);
}
