/**
 * Which ports the services of a group get: each its preferred one if it can be had, and all others
 * the ports at their offsets from one base, the lowest at which every one of them is free.
 *
 * @module
 */

import { MAX_PORT, type Port } from "../domain/port.ts";
import type { ProbeFailure } from "../errors.ts";
import { type Blocker, type Candidates, type Refusal, refuseInUse } from "./allocator.ts";

/** One that wants a port. */
export interface Member {
  readonly tag: string;
  /** How far from the group's base its port lies. */
  readonly offset: number;
  /** May lie outside of the range. */
  readonly preferred: Port | undefined;
}

/** A preferred port that could not be had. */
export interface PreferredRefusal {
  readonly tag: string;
  readonly port: Port;
  readonly refusal: Refusal;
}

/** A port for every member, or what stood in the way. */
export type GroupAllocation =
  | {
    readonly kind: "allocated";
    /** By tag. */
    readonly ports: ReadonlyMap<string, Port>;
    readonly refusals: readonly PreferredRefusal[];
  }
  | {
    readonly kind: "exhausted";
    /** How many members no base could be found for. */
    readonly attempted: number;
    /** The ports that ruled out the bases, each counted once. */
    readonly blockers: Readonly<Record<Blocker, number>>;
    /** The first port that nobody could tell about, counted as occupied. */
    readonly failure?: ProbeFailure;
  };

/**
 * Chooses a port for each of `members`.
 *
 * @param base The first base to try, whose ports somebody asked for and so are given though they
 * are unsafe; the first port of the range without it.
 */
export function allocateGroup(
  candidates: Candidates,
  members: readonly Member[],
  base?: Port,
): GroupAllocation {
  const ports = new Map<string, Port>();
  const refusals: PreferredRefusal[] = [];
  for (const { tag, preferred } of members) {
    if (preferred === undefined) continue;
    const refusal = refuse(candidates, preferred);
    if (refusal === undefined) ports.set(tag, preferred);
    else refusals.push({ tag, port: preferred, refusal });
  }
  const others = members.filter(({ tag }) => !ports.has(tag));
  const pinned = new Set(ports.values());
  const isReserved = (port: Port) => pinned.has(port) || candidates.isReserved(port);
  const search = new BaseSearch({ ...candidates, isReserved }, others.map(({ offset }) => offset));
  const found = search.run(base);
  if (found === undefined) {
    const { blockers, failure } = search;
    const why = failure === undefined ? { blockers } : { blockers, failure };
    return { kind: "exhausted", attempted: others.length, ...why };
  }
  for (const { tag, offset } of others) ports.set(tag, found + offset as Port);
  return { kind: "allocated", ports, refusals };
}

function refuse(candidates: Candidates, port: Port): Refusal | undefined {
  if (candidates.isReserved(port)) return "reserved";
  if (candidates.isExcluded(port)) return "excluded";
  return refuseInUse(candidates, port);
}

/**
 * Looks for a base. A port that is not free rules out one base for each offset, all of them at
 * once: no such port is met twice, so that even in a crowded range the work grows with the number
 * of ports and not with that of all pairs of a base and an offset.
 */
class BaseSearch {
  readonly blockers = { reserved: 0, excluded: 0, unsafe: 0, occupied: 0 };
  failure: ProbeFailure | undefined;
  readonly #ruledOut = new Uint8Array(MAX_PORT + 1);
  readonly #free = new Set<Port>();

  constructor(readonly candidates: Candidates, readonly offsets: readonly number[]) {}

  run(first: Port | undefined): number | undefined {
    const { min, max } = this.candidates.range;
    const last = max - Math.max(0, ...this.offsets);
    for (let base: number = first ?? min; base <= last; base++) {
      if (this.#ruledOut[base] === 1) continue;
      const obstacle = this.#findObstacle(base, base === first);
      if (obstacle === undefined) return base;
      for (const offset of this.offsets) this.#ruledOut[obstacle - offset] = 1;
    }
    return undefined;
  }

  /** A port of the pattern that is not free. Nothing is probed while another reason is left. */
  #findObstacle(base: number, isAskedFor: boolean): Port | undefined {
    const ports = this.offsets.map((offset) => base + offset as Port);
    for (const port of ports) {
      const blocker = this.#ruleAgainst(port, isAskedFor);
      if (blocker !== undefined) return this.#count(port, blocker);
    }
    return ports.find((port) => !this.#isFree(port));
  }

  #ruleAgainst(port: Port, isAskedFor: boolean): Blocker | undefined {
    const { candidates } = this;
    if (candidates.isReserved(port)) return "reserved";
    if (candidates.isExcluded(port)) return "excluded";
    return !isAskedFor && candidates.isUnsafe(port) ? "unsafe" : undefined;
  }

  #isFree(port: Port): boolean {
    if (this.#free.has(port)) return true;
    const verdict = this.candidates.check(port);
    if (verdict.kind === "free") {
      this.#free.add(port);
      return true;
    }
    if (verdict.kind === "uncertain") this.failure ??= verdict.failure;
    this.#count(port, "occupied");
    return false;
  }

  #count(port: Port, blocker: Blocker): Port {
    this.blockers[blocker]++;
    return port;
  }
}
