/**
 * A socket that some program holds, and whether it stands in the way of a probe.
 *
 * @module
 */

import type { Family, Probe, Protocol } from "./probes.ts";

/** Where a socket can be reached: at every address, at the loopback one, or at some other. */
export type Reach = "wildcard" | "loopback" | "other";

/** A socket, as far as the choice of a port is concerned. */
export interface Socket {
  readonly protocol: Protocol;
  /** That of its address: an IPv6 socket that is bound to a mapped IPv4 address counts as IPv4. */
  readonly family: Family;
  readonly reach: Reach;
  readonly port: number;
  /** Whether it takes connections or datagrams; a connection that is open or closing does not. */
  readonly listening: boolean;
}

/**
 * Whether `socket` keeps `probe` from being bound, as far as can be told from its address and its
 * state. Two things leave that open: an IPv6 wildcard takes IPv4 too unless it was restricted,
 * and a connection keeps its port unless it was made with address reuse.
 */
export type Collision = "certain" | "possible" | "none";

/** What `socket` means for `probe` on the same port. */
export function collision(probe: Probe, socket: Socket): Collision {
  if (socket.protocol !== probe.protocol) return "none";
  const isReachable = socket.reach !== "other" || probe.scope === "wildcard";
  if (socket.family === probe.family) {
    return !isReachable ? "none" : socket.listening ? "certain" : "possible";
  }
  return socket.family === "ipv6" && socket.reach === "wildcard" ? "possible" : "none";
}
