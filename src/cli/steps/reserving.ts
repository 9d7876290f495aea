/**
 * Reserving a port, and the words for what was planned, for all commands that reserve some.
 *
 * @module
 */

import type { Refusal } from "../../allocation/allocator.ts";
import type { Port } from "../../domain/port.ts";
import { formatKey, type Reservation } from "../../domain/reservation.ts";
import type { Stale } from "../../operations/cleanup.ts";
import {
  executeReserve,
  planReserve,
  type ReservePlan,
  type ReserveRequest,
} from "../../operations/reserve.ts";
import type { Output } from "../output.ts";
import { makeChange } from "./change.ts";
import { currentWorld, unsafeReasonFor } from "./port_request.ts";
import type { Session } from "./session.ts";

/** Which command reserves, and whether it only says what it would do. */
export interface Execution {
  readonly command: string;
  readonly dryRun: boolean;
}

/**
 * Reserves the port that is asked for.
 *
 * @param prepare What is to be done with the port, before anything is written: what cannot be
 * delivered is not reserved.
 */
export function reservePort<T>(
  session: Session,
  request: ReserveRequest,
  execution: Execution,
  prepare: (reservation: Reservation) => T,
): Promise<{ readonly plan: ReservePlan; readonly product: T }> {
  const world = currentWorld(session);
  return makeChange(session, execution, {
    plan: (transaction) => {
      const plan = planReserve(transaction, request, world);
      return { plan, product: prepare(plan.reservation) };
    },
    execute: (transaction, done) => {
      executeReserve(transaction, done.plan);
      return done;
    },
  });
}

/** Lists what a dry run found. */
export function printDryRun(output: Output, actions: readonly string[]): void {
  output.status("Dry run - would perform the following actions:");
  actions.forEach((action, index) => output.status(`  ${index + 1}. ${action}`));
}

/** What the plan does, a line each. */
export function reserveActions({ reservation, previous, stale }: ReservePlan): string[] {
  return [...cleanupActions(stale), reserveAction(reservation, previous)];
}

/** What becomes of one reservation. */
export function reserveAction(reservation: Reservation, previous?: Reservation): string {
  const key = formatKey(reservation);
  const { port } = reservation;
  if (previous === undefined) return `Reserve port ${port} for ${key}`;
  if (previous.port === port) return `Keep port ${port} for ${key}`;
  return `Move ${key} from port ${previous.port} to port ${port}`;
}

/** What is removed to make room. */
export function cleanupActions(stale: Stale | undefined): string[] {
  return [...stale?.pruned ?? [], ...stale?.expired ?? []].map((gone) => {
    return `Remove the stale reservation of port ${gone.port} for ${formatKey(gone)}`;
  });
}

/** Warns of what nobody would expect of the plan. */
export function warnOfReserve(
  { config, output }: Session,
  { reservation, previous, stale, refusal }: ReservePlan,
  preferred?: Port,
): void {
  const { port } = reservation;
  warnOfCleanup(output, stale, `port ${port} became free`);
  if (refusal !== undefined) {
    const { min, max } = config.ports;
    const range = refusal === "out of range" ? ` ${min}-${max}` : "";
    output.warn(`port ${preferred} is ${REFUSALS[refusal]}${range}; port ${port} is used instead`);
  }
  if (previous !== undefined && previous.port !== port) {
    output.warn(`${formatKey(reservation)} moved from port ${previous.port} to port ${port}`);
  }
  warnOfUnsafe({ config, output }, [port]);
}

/** Warns, in one line, of ports that nobody gets without asking for them. */
export function warnOfUnsafe(
  { config, output }: Pick<Session, "config" | "output">,
  ports: readonly Port[],
): void {
  const warnings = ports.flatMap((port) => {
    const reason = unsafeReasonFor(config, port);
    return reason === undefined ? [] : [`port ${port} is unsafe: ${reason}`];
  });
  if (warnings.length === 0) return;
  output.warn(`${warnings.join(", ")}; 'allow_unsafe_ports: true' takes it without a word`);
}

/** Warns that room had to be made. */
export function warnOfCleanup(output: Output, stale: Stale | undefined, effect: string): void {
  if (stale === undefined) return;
  output.warn(
    `Automatic cleanup after initial port exhaustion pruned ${stale.pruned.length} and ` +
      `expired ${stale.expired.length} reservation(s); ${effect}`,
  );
}

/** Why a preferred port was not given, as the end of a sentence that begins with the port. */
export const REFUSALS: Readonly<Record<Refusal, string>> = {
  "out of range": "out of range",
  reserved: "reserved for another directory or tag",
  excluded: "excluded",
  occupied: "occupied",
  uncertain: "possibly occupied, as it could not be probed",
};
