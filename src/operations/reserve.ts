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
import type { Verdict } from "../allocation/occupancy.ts";
import { create, get, reservedPorts, updateLastUsed } from "../database/operations.ts";
import type { ReadTransaction, WriteTransaction } from "../database/transaction.ts";
import type { AbsolutePath } from "../domain/path.ts";
import type { Port, PortRange } from "../domain/port.ts";
import type { Key, Reservation } from "../domain/reservation.ts";
import { TropError } from "../errors.ts";
import { findStale, removeStale, type Stale } from "./cleanup.ts";
import type { DirectoryVerdict } from "./inspect_directory.ts";
import { assertRelated } from "./paths.ts";

/** What becomes of a field that a plain repetition keeps: its project or its task. */
export type FieldRequest =
  | { readonly kind: "keep" }
  | { readonly kind: "clear" }
  | { readonly kind: "set"; readonly value: string };

/** What is asked for. */
export interface ReserveRequest {
  readonly key: Key;
  readonly project: FieldRequest;
  readonly task: FieldRequest;
  readonly allowProjectChange: boolean;
  readonly allowTaskChange: boolean;
  /** Takes a path that is unrelated to the current directory. */
  readonly allowUnrelatedPath: boolean;
  /** Looks for a port again though the key has one. */
  readonly overwrite: boolean;
  readonly preference: Preference | undefined;
  readonly range: PortRange;
  readonly isExcluded: (port: Port) => boolean;
  /** Whether nobody should get the port without asking for it. */
  readonly isUnsafe: (port: Port) => boolean;
  /** What is cleaned up, once, when the range is exhausted. */
  readonly cleanup: {
    readonly prune: boolean;
    readonly expire: boolean;
    /** Seconds since the last use. */
    readonly maxAge: number;
  };
}

/** What the plan depends on besides the request and the database. */
export interface World {
  /** Seconds since 1970-01-01 UTC. */
  readonly now: number;
  /** The current directory as the system reports it. */
  readonly directory: AbsolutePath;
  readonly check: (port: Port) => Verdict;
  readonly inspect: (path: AbsolutePath) => DirectoryVerdict;
  /** Project and task of a new reservation where neither was asked for. */
  readonly infer: (
    path: AbsolutePath,
  ) => { readonly project: string | null; readonly task: string | null };
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
    const metadata = newMetadata(request, world);
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

function newMetadata({ key, project, task }: ReserveRequest, { infer }: World) {
  const inferred = project.kind === "keep" || task.kind === "keep"
    ? infer(key.path)
    : { project: null, task: null };
  return { project: resolve(project, inferred.project), task: resolve(task, inferred.task) };
}

/** @throws {TropError} `sticky-field`: a script that names another project is most likely wrong. */
function changedMetadata(request: ReserveRequest, previous: Reservation) {
  const change = (field: "project" | "task", allowed: boolean) => {
    const stored = previous[field];
    const requested = resolve(request[field], stored);
    if (requested === stored || allowed) return requested;
    throw new TropError({ code: "sticky-field", field, stored, requested });
  };
  return {
    project: change("project", request.allowProjectChange),
    task: change("task", request.allowTaskChange),
  };
}

function resolve(request: FieldRequest, kept: string | null): string | null {
  switch (request.kind) {
    case "keep":
      return kept;
    case "clear":
      return null;
    case "set":
      return request.value;
  }
}

type Choice = Pick<ReservePlan, "stale" | "refusal"> & { readonly port: Port };

/** Looks for a port, and once more after a clean-up if there is none. */
function choosePort(
  transaction: ReadTransaction,
  request: ReserveRequest,
  world: World,
  previous?: Reservation,
): Choice {
  const reserved = new Set(reservedPorts(transaction, request.range));
  if (previous !== undefined) reserved.delete(previous.port);
  const first = tryToAllocate(request, world, reserved);
  if (first.kind === "allocated") return toChoice(first);
  const { prune, expire } = request.cleanup;
  if (!prune && !expire) throw exhausted(request, first);
  const stale = findStale(transaction, { ...request.cleanup, ...world });
  for (const { port } of [...stale.pruned, ...stale.expired]) reserved.delete(port);
  const second = tryToAllocate(request, world, reserved);
  if (second.kind === "allocated") return { ...toChoice(second), stale };
  throw exhausted(request, second, stale);
}

function tryToAllocate(
  { range, isExcluded, isUnsafe, preference }: ReserveRequest,
  { check }: World,
  reserved: ReadonlySet<Port>,
): Allocation {
  const isReserved = (port: Port) => reserved.has(port);
  return allocate({ range, isReserved, isExcluded, isUnsafe, check }, preference);
}

function toChoice({ port, refusal }: Extract<Allocation, { kind: "allocated" }>): Choice {
  return refusal === undefined ? { port } : { port, refusal };
}

function exhausted(
  { range, cleanup }: ReserveRequest,
  { blockers, failure }: Extract<Allocation, { kind: "exhausted" }>,
  stale?: Stale,
): TropError {
  // A machine on which no port can be probed is not one on which all are taken.
  if (failure !== undefined && blockers.occupied === range.max - range.min + 1) {
    return new TropError(failure);
  }
  return new TropError({
    code: "range-exhausted",
    ...range,
    blockers,
    pruning: cleanup.prune,
    expiration: cleanup.expire,
    pruned: stale?.pruned.length ?? 0,
    expired: stale?.expired.length ?? 0,
  });
}
