/**
 * `reserve-group` and `autoreserve`: ports for all services of a group, all or none, and the same
 * ones every time.
 *
 * As with `reserve` the plan is made by reading alone.
 *
 * @module
 */

import {
  allocateGroup,
  type GroupAllocation,
  type PreferredRefusal,
} from "../allocation/group_allocator.ts";
import type { ServiceGroup } from "../config/effective.ts";
import {
  createAll,
  removeAll,
  reservedPorts,
  taggedAtPath,
  updateMetadata,
} from "../database/operations.ts";
import type { ReadTransaction, WriteTransaction } from "../database/transaction.ts";
import type { AbsolutePath } from "../domain/path.ts";
import type { Port } from "../domain/port.ts";
import type { Reservation } from "../domain/reservation.ts";
import { type GroupProblem, TropError, validationError } from "../errors.ts";
import { allocateWithCleanup, exhaustion } from "./allocate_with_cleanup.ts";
import { removeStale, type Stale } from "./cleanup.ts";
import { changedMetadata, type Metadata, newMetadata, resolve } from "./metadata.ts";
import { assertRelated } from "./paths.ts";
import type { PortRequest, World } from "./request.ts";

/** What is asked for. */
export interface GroupRequest extends PortRequest {
  /** The directory of the file that the group stands in. */
  readonly path: AbsolutePath;
  readonly group: ServiceGroup;
  /** Gives up the tagged reservations of the path where they do not fit the group. */
  readonly replace: boolean;
}

/** What is to be done. */
export interface GroupPlan {
  readonly kind: "reserve" | "refresh" | "replace";
  /** The reservations as they will be stored, by tag. */
  readonly reservations: readonly Reservation[];
  /** The tagged ones of the path as they are now. */
  readonly previous: readonly Reservation[];
  /** What the exhausted range made it necessary to remove first. */
  readonly stale?: Stale;
  /** The preferred ports that could not be had. */
  readonly refusals: readonly PreferredRefusal[];
}

/**
 * Plans the reservations of a group without changing anything.
 *
 * @throws {TropError} `validation` of a group without services or with its base out of range;
 * `path-unrelated`; `group-conflict` when other reservations than the group's are stored;
 * `sticky-field`; `group-allocation-failed`, or `probe-failed` where no port could be judged.
 */
export function planGroup(
  transaction: ReadTransaction,
  request: GroupRequest,
  world: World,
): GroupPlan {
  const { path, group } = request;
  if (group.services.length === 0) {
    throw validationError("reservations.services", "want at least one service");
  }
  if (!request.allowUnrelatedPath) assertRelated(path, world.directory);
  assertBaseInRange(request);
  const previous = taggedAtPath(transaction, path);
  if (previous.length === 0) {
    return { kind: "reserve", previous, ...planNew(transaction, request, world, previous) };
  }
  const problem = findProblem(request, previous);
  if (problem === undefined) {
    const reservations = previous.map((row) => {
      return { ...row, ...changedMetadata(request, row, path), lastUsedAt: world.now };
    });
    return { kind: "refresh", previous, reservations, refusals: [] };
  }
  if (!request.replace) throw new TropError({ code: "group-conflict", path, problem });
  return { kind: "replace", previous, ...planNew(transaction, request, world, previous) };
}

/** Does what was planned in the same transaction. */
export function executeGroup(transaction: WriteTransaction, plan: GroupPlan): void {
  if (plan.kind === "refresh") {
    for (const reservation of plan.reservations) {
      updateMetadata(transaction, reservation, { ...reservation, now: reservation.lastUsedAt });
    }
    return;
  }
  if (plan.stale !== undefined) removeStale(transaction, plan.stale);
  removeAll(transaction, plan.previous);
  createAll(transaction, plan.reservations);
}

function assertBaseInRange({ group: { base }, range: { min, max } }: GroupRequest): void {
  if (base === undefined || (min <= base && base <= max)) return;
  throw validationError(
    "reservations.base",
    `${base} lies outside of the port range ${min}-${max}`,
  );
}

/** What keeps the stored reservations from being the group's; `undefined` when they are. */
function findProblem(
  { group, range }: GroupRequest,
  stored: readonly Reservation[],
): GroupProblem | undefined {
  const ports = new Map(stored.map(({ tag, port }) => [tag, port]));
  const missing = group.services.map(({ tag }) => tag).filter((tag) => !ports.has(tag));
  for (const { tag } of group.services) ports.delete(tag);
  const extra = [...ports.keys()].filter((tag) => tag !== null);
  if (missing.length > 0 || extra.length > 0) return { kind: "tags", missing, extra };
  return fitsOneBase(group, stored, { min: group.base ?? range.min, max: range.max })
    ? undefined
    : { kind: "ports" };
}

/** Whether all ports are preferred ones or lie at their offsets from one base. */
function fitsOneBase(
  { services }: ServiceGroup,
  stored: readonly Reservation[],
  { min, max }: { readonly min: number; readonly max: number },
): boolean {
  const ports = new Map(stored.map(({ tag, port }) => [tag, port]));
  const bases = new Set<number>();
  for (const { tag, offset, preferred } of services) {
    const port = ports.get(tag);
    if (port === undefined) return false;
    if (port === preferred) continue;
    if (port - offset < min || port > max) return false;
    bases.add(port - offset);
  }
  return bases.size <= 1;
}

/** Chooses ports for all services as if `replaced` were not reserved. */
function planNew(
  transaction: ReadTransaction,
  request: GroupRequest,
  world: World,
  replaced: readonly Reservation[],
): Pick<GroupPlan, "reservations" | "stale" | "refusals"> {
  const { path, group: { services, base }, range, isExcluded, isUnsafe } = request;
  const metadata = replaced.length === 0
    ? newMetadata(path, request, world)
    : commonMetadata(request, replaced);
  const wanted = services.flatMap(({ preferred }) => preferred ?? []);
  const min = Math.min(range.min, ...wanted) as Port;
  const max = Math.max(range.max, ...wanted) as Port;
  const reserved = new Set(reservedPorts(transaction, { min, max }));
  const given = new Set(replaced.map(({ port }) => port));
  const { allocation, stale } = allocateWithCleanup(transaction, request, world, (freed) => {
    const isReserved = (port: Port) => reserved.has(port) && !given.has(port) && !freed.has(port);
    const candidates = { range, isReserved, isExcluded, isUnsafe, check: world.check };
    return allocateGroup(candidates, services, base);
  });
  if (allocation.kind === "exhausted") throw exhausted(request, allocation, stale);
  const { ports, refusals } = allocation;
  const reservations = services.map(({ tag }) => {
    const port = ports.get(tag) as Port;
    return { path, tag, port, ...metadata, createdAt: world.now, lastUsedAt: world.now };
  });
  return { reservations, refusals, ...(stale !== undefined && { stale }) };
}

/**
 * What the replaced reservations agree on, where nothing else is asked for.
 *
 * @throws {TropError} `group-conflict` when they do not.
 */
function commonMetadata(request: GroupRequest, replaced: readonly Reservation[]): Metadata {
  const common = (field: "project" | "task") => {
    const values = new Set(replaced.map((row) => resolve(request[field], row[field])));
    const [value = null] = values;
    if (values.size <= 1) return value;
    const problem = { kind: "field", field } as const;
    throw new TropError({ code: "group-conflict", path: request.path, problem });
  };
  return { project: common("project"), task: common("task") };
}

function exhausted(
  { group, range, cleanup }: GroupRequest,
  allocation: Extract<GroupAllocation, { kind: "exhausted" }>,
  stale?: Stale,
): TropError {
  const { attempted, blockers, failure } = allocation;
  // A machine on which no port can be probed is not one on which all are taken.
  if (failure !== undefined && blockers.reserved + blockers.excluded + blockers.unsafe === 0) {
    return new TropError(failure);
  }
  const searched = { min: group.base ?? range.min, max: range.max };
  return new TropError({
    code: "group-allocation-failed",
    services: attempted,
    ...exhaustion(searched, allocation, cleanup, stale),
  });
}
