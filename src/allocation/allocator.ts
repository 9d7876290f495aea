/**
 * Which port a reservation gets: the preferred one if it can be had, else the lowest of the range.
 *
 * @module
 */

import type { Port, PortRange } from "../domain/port.ts";
import type { ProbeFailure } from "../errors.ts";
import type { Verdict } from "./occupancy.ts";

/** Why a port cannot be given, in the order in which the reasons are looked at. */
export const BLOCKERS = ["reserved", "excluded", "unsafe", "occupied"] as const;

/** One of {@linkcode BLOCKERS}. */
export type Blocker = typeof BLOCKERS[number];

/** Why a preferred port was not given; an unsafe one is. Of an uncertain one nobody could tell. */
export type Refusal = Exclude<Blocker, "unsafe"> | "uncertain" | "out of range";

/** A port that somebody asked for. */
export interface Preference {
  readonly port: Port;
  /** Takes it though it is in use; it is not even probed. */
  readonly ignoreOccupied: boolean;
  /** Takes it though it is excluded. */
  readonly ignoreExclusions: boolean;
}

/** What decides about ports. */
export interface Candidates {
  readonly range: PortRange;
  /** Whether another key holds the port. No flag takes it from that key. */
  isReserved(port: Port): boolean;
  isExcluded(port: Port): boolean;
  /** Whether nobody should get the port without asking for it. */
  isUnsafe(port: Port): boolean;
  check(port: Port): Verdict;
}

/** The port that was found, or what stood in the way of each. */
export type Allocation =
  | {
    readonly kind: "allocated";
    readonly port: Port;
    /** Why it is not the preferred one. */
    readonly refusal?: Refusal;
  }
  | {
    readonly kind: "exhausted";
    /** Each port counted once, for the first reason that holds. */
    readonly blockers: Readonly<Record<Blocker, number>>;
    /** The first port that nobody could tell about, counted as occupied. */
    readonly failure?: ProbeFailure;
  };

/** Chooses a port. What may be ignored for the preferred port still stops any other. */
export function allocate(candidates: Candidates, preference?: Preference): Allocation {
  const refusal = preference && refuse(candidates, preference);
  if (preference !== undefined && refusal === undefined) {
    return { kind: "allocated", port: preference.port };
  }
  const found = scan(candidates);
  return found.kind === "allocated" && refusal !== undefined ? { ...found, refusal } : found;
}

function refuse(candidates: Candidates, preference: Preference): Refusal | undefined {
  const { port, ignoreOccupied, ignoreExclusions } = preference;
  const { min, max } = candidates.range;
  if (port < min || port > max) return "out of range";
  if (candidates.isReserved(port)) return "reserved";
  if (!ignoreExclusions && candidates.isExcluded(port)) return "excluded";
  return ignoreOccupied ? undefined : refuseInUse(candidates, port);
}

/** Whether, as far as can be told, something uses the port. */
export function refuseInUse(
  candidates: Pick<Candidates, "check">,
  port: Port,
): "occupied" | "uncertain" | undefined {
  const { kind } = candidates.check(port);
  return kind === "free" ? undefined : kind;
}

function scan(candidates: Candidates): Allocation {
  const blockers = { reserved: 0, excluded: 0, unsafe: 0, occupied: 0 };
  let failure: ProbeFailure | undefined;
  for (let port = candidates.range.min; port <= candidates.range.max; port = next(port)) {
    if (candidates.isReserved(port)) blockers.reserved++;
    else if (candidates.isExcluded(port)) blockers.excluded++;
    else if (candidates.isUnsafe(port)) blockers.unsafe++;
    else {
      const verdict = candidates.check(port);
      if (verdict.kind === "free") return { kind: "allocated", port };
      if (verdict.kind === "uncertain") failure ??= verdict.failure;
      blockers.occupied++;
    }
  }
  return failure === undefined
    ? { kind: "exhausted", blockers }
    : { kind: "exhausted", blockers, failure };
}

/** Past the last port of a range this is no port any more, but nothing looks at it then. */
function next(port: Port): Port {
  return port + 1 as Port;
}
