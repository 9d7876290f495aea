import type { Allocation } from "../allocation/allocator.ts";
import type { ReadTransaction } from "../database/transaction.ts";
import type { Port, PortRange } from "../domain/port.ts";
import type { Exhaustion } from "../errors.ts";
import { findStale, type Stale } from "./cleanup.ts";
import type { PortRequest, World } from "./request.ts";

/**
 * Tries to allocate and, where that finds nothing and a clean-up is wanted, once more as if what is
 * stale were gone.
 *
 * @param attempt Gets the ports that are free after the clean-up.
 * @returns The last attempt, with what has to be removed for it.
 */
export function allocateWithCleanup<A extends { readonly kind: "allocated" | "exhausted" }>(
  transaction: ReadTransaction,
  { cleanup }: Pick<PortRequest, "cleanup">,
  world: World,
  attempt: (freed: ReadonlySet<Port>) => A,
): { readonly allocation: A; readonly stale?: Stale } {
  const first = attempt(new Set());
  if (first.kind === "allocated" || (!cleanup.prune && !cleanup.expire)) {
    return { allocation: first };
  }
  const stale = findStale(transaction, { ...cleanup, ...world });
  const freed = new Set([...stale.pruned, ...stale.expired].map(({ port }) => port));
  return { allocation: attempt(freed), stale };
}

/** What an attempt without a result tells. */
type Exhausted = Pick<Extract<Allocation, { kind: "exhausted" }>, "blockers" | "failure">;

/** What the failure after the last attempt tells about it. */
export function exhaustion(
  { min, max }: PortRange,
  { blockers, failure }: Exhausted,
  { prune, expire }: PortRequest["cleanup"],
  stale?: Stale,
): Exhaustion {
  return {
    min,
    max,
    blockers,
    pruning: prune,
    expiration: expire,
    pruned: stale?.pruned.length ?? 0,
    expired: stale?.expired.length ?? 0,
    ...(failure !== undefined && { failure }),
  };
}
