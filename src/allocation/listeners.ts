/**
 * Which processes hold the ports that were found in use.
 *
 * A matter of best effort: most systems tell only root about the processes of other users, and what
 * is not told is missing here, which changes nothing about a port being in use.
 *
 * @module
 */

import { listByLsof } from "./listeners_lsof.ts";
import { listByNetstat } from "./listeners_netstat.ts";
import { listByProc } from "./listeners_proc.ts";
import type { Probe } from "./probes.ts";
import { collision, type HeldSocket, type Owner, type SocketLister } from "./socket.ts";

/** A probe that found `port` in use. */
export interface Hit {
  readonly port: number;
  readonly probe: Probe;
}

/** How much is known: all of id, name and user, some of it, or nothing. */
export type OwnerStatus = "available" | "partial" | "unavailable";

/** How much is known about `owner`. */
export function ownerStatus({ processId, processName, user }: Owner): OwnerStatus {
  const known = [processId, processName, user].filter((part) => part !== null);
  return known.length === 3 ? "available" : known.length > 0 ? "partial" : "unavailable";
}

/** The same hits with their owners. The system is asked once for all of them. */
export function findOwners<H extends Hit>(
  hits: readonly H[],
  listSockets: SocketLister = systemLister(),
): readonly (H & { readonly owner: Owner })[] {
  if (hits.length === 0) return [];
  const sockets = listSockets(new Set(hits.map(({ port }) => port)));
  return hits.map((hit) => ({ ...hit, owner: ownerOf(hit, sockets) }));
}

function systemLister(): SocketLister {
  switch (Deno.build.os) {
    case "linux":
    case "android":
      return listByProc;
    case "windows":
      return listByNetstat;
    default:
      return listByLsof;
  }
}

const UNKNOWN: Owner = { processId: null, processName: null, user: null, directory: null };

/** Of several processes the one with the smallest id. */
function ownerOf({ port, probe }: Hit, sockets: readonly HeldSocket[]): Owner {
  const ranked = sockets.filter((socket) => socket.port === port).map((socket) => ({
    rank: rank(probe, socket),
    owner: socket.owner,
  }));
  const best = Math.min(...ranked.map(({ rank }) => rank));
  if (best === Infinity) return UNKNOWN;
  return ranked.filter(({ rank }) => rank === best).map(({ owner }) => owner)
    .reduce((a, b) => (b.processId ?? Infinity) < (a.processId ?? Infinity) ? b : a);
}

/** Less is better: what collides for certain, then what may collide, listeners first. */
function rank(probe: Probe, socket: HeldSocket): number {
  switch (collision(probe, socket)) {
    case "certain":
      return 0;
    case "possible":
      return socket.listening ? 1 : 2;
    case "none":
      return Infinity;
  }
}
