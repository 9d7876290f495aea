/**
 * `reserve`: one port for one key, the same one every time.
 *
 * The plan is made by reading alone, so a dry run makes the real one on a snapshot; the live run
 * makes and executes it under the write lock.
 *
 * @module
 */

import {
  allocate,
  type Allocation,
  type Preference,
  type Refusal,
} from "../allocation/allocator.ts";
import { create, get, reservedPorts, updateLastUsed } from "../database/operations.ts";
import type { ReadTransaction, WriteTransaction } from "../database/transaction.ts";
import type { Port } from "../domain/port.ts";
import type { Key, Reservation } from "../domain/reservation.ts";
import { TropError } from "../errors.ts";
import { allocateWithCleanup, exhaustion } from "./allocate_with_cleanup.ts";
import { removeStale, type Stale } from "./cleanup.ts";
import { changedMetadata, newMetadata } from "./metadata.ts";
import { assertRelated } from "./paths.ts";
import type { PortRequest, World } from "./request.ts";

/** What is asked for. */
export interface ReserveRequest extends PortRequest {
  readonly key: Key;
  /** Looks for a port again though the key has one. */
  readonly overwrite: boolean;
  readonly preference: Preference | undefined;
}

/** What is to be done. */
export interface ReservePlan {
  /** The reservation as it will be stored. */
  readonly reservation: Reservation;
  /** The one that the key has now. */
  readonly previous?: Reservation;
  /** What the exhausted range made it necessary to remove first. */
  readonly stale?: Stale;
  /** Why the preferred port is not the one. */
  readonly refusal?: Refusal;
}

/**
 * Plans a reservation without changing anything.
 *
 * @throws {TropError} `path-unrelated`; `sticky-field` when project or task would change without
 * permission; `range-exhausted`, or `probe-failed` where no port could be judged.
 */
export function planReserve(
  transaction: ReadTransaction,
  request: ReserveRequest,
  world: World,
): ReservePlan {
  if (!request.allowUnrelatedPath) assertRelated(request.key.path, world.directory);
  const previous = get(transaction, request.key);
  if (previous === undefined) {
    const created = { createdAt: world.now, lastUsedAt: world.now };
    const metadata = newMetadata(request.key.path, request, world);
    const { port, ...how } = choosePort(transaction, request, world);
    return { reservation: { ...request.key, port, ...metadata, ...created }, ...how };
  }
  const kept = { ...previous, ...changedMetadata(request, previous), lastUsedAt: world.now };
  if (!request.overwrite) return { reservation: kept, previous };
  const { port, ...how } = choosePort(transaction, request, world, previous);
  return { reservation: { ...kept, port }, previous, ...how };
}

/**
 * Does what was planned in the same transaction.
 *
 * @returns The stored reservation.
 */
export function executeReserve(transaction: WriteTransaction, plan: ReservePlan): Reservation {
  const { reservation, previous, stale } = plan;
  if (stale !== undefined) removeStale(transaction, stale);
  const onlyUsed = previous !== undefined && previous.port === reservation.port &&
    previous.project === reservation.project && previous.task === reservation.task;
  if (!onlyUsed || !updateLastUsed(transaction, reservation, reservation.lastUsedAt)) {
    create(transaction, reservation);
  }
  return reservation;
}

type Choice = Pick<ReservePlan, "stale" | "refusal"> & { readonly port: Port };

function choosePort(
  transaction: ReadTransaction,
  request: ReserveRequest,
  world: World,
  previous?: Reservation,
): Choice {
  const { range, isExcluded, isUnsafe, preference } = request;
  const reserved = new Set(reservedPorts(transaction, range));
  if (previous !== undefined) reserved.delete(previous.port);
  const { allocation, stale } = allocateWithCleanup(transaction, request, world, (freed) => {
    const isReserved = (port: Port) => reserved.has(port) && !freed.has(port);
    return allocate({ range, isReserved, isExcluded, isUnsafe, check: world.check }, preference);
  });
  if (allocation.kind === "exhausted") throw exhausted(request, allocation, stale);
  const { port, refusal } = allocation;
  return { port, ...(refusal !== undefined && { refusal }), ...(stale !== undefined && { stale }) };
}

function exhausted(
  { range, cleanup }: ReserveRequest,
  allocation: Extract<Allocation, { kind: "exhausted" }>,
  stale?: Stale,
): TropError {
  const { blockers, failure } = allocation;
  // A machine on which no port can be probed is not one on which all are taken.
  if (failure !== undefined && blockers.occupied === range.max - range.min + 1) {
    return new TropError(failure);
  }
  const told = exhaustion(range, allocation, cleanup, stale);
  return new TropError({ code: "range-exhausted", ...told });
}
