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

/**
 * Reads a local address as tools print it: `127.0.0.1:80`, `[::1]:80`, or `*:80`, which can be of
 * either family.
 *
 * @returns `undefined` when there is no port.
 */
export function parseEndpoint(
  text: string,
  familyOfStar: Family,
): Pick<Socket, "family" | "reach" | "port"> | undefined {
  const [, host, port] = /^(.*):([0-9]+)$/.exec(text) ?? [];
  if (host === undefined) return undefined;
  const address = host.replace(/^\[(.*)\]$/, "$1").replace("::ffff:", "");
  const family = address === "*" ? familyOfStar : address.includes(":") ? "ipv6" : "ipv4";
  return { family, reach: reachOf(address), port: Number(port) };
}

function reachOf(address: string): Reach {
  if (["*", "0.0.0.0", "::"].includes(address)) return "wildcard";
  return ["127.0.0.1", "::1"].includes(address) ? "loopback" : "other";
}

/** A process, as far as the system tells; what it does not tell is `null`. */
export interface Owner {
  readonly processId: number | null;
  readonly processName: string | null;
  /** The name of the account. */
  readonly user: string | null;
  /** Where the process works. */
  readonly directory: string | null;
}

/** A socket and who holds it. */
export interface HeldSocket extends Socket {
  readonly owner: Owner;
}

/** Lists the sockets on some ports; what may not be seen is left out, or lacks its owner. */
export type SocketLister = (ports: ReadonlySet<number>) => readonly HeldSocket[];
