/**
 * One probe made by binding a socket and closing it at once. Nothing is sent and nobody can
 * connect for longer than that.
 *
 * @module
 */

import { TropError } from "../errors.ts";
import type { Port } from "../domain/port.ts";
import { type Probe, type Protocol, WILDCARD } from "./probes.ts";

/** The outcome of one probe. */
export type ProbeResult =
  | { readonly kind: "free" }
  | { readonly kind: "occupied" }
  /** This host does not have the address family or protocol, so nothing can occupy it. */
  | { readonly kind: "absent" }
  /** Neither yes nor no: no right to bind the port, no socket left, and the like. */
  | { readonly kind: "uncertain"; readonly reason: string };

/**
 * Whether `port` can be bound as `probe` says.
 *
 * The run time decides some things by itself, which makes these differences to a plain bind:
 *
 * - It binds TCP with address reuse, except on Windows. So a connection in TIME_WAIT, left behind
 *   by a server that was stopped, does not count as taken, provided that the server used address
 *   reuse too, as servers do; nor does a TCP socket that is bound with address reuse and does not
 *   listen.
 * - It cannot restrict `::` to IPv6, so that collides with sockets of IPv4 as well.
 * - Windows lets a loopback address be bound beside a wildcard that somebody listens on; there only
 *   the wildcard probes find that one.
 *
 * @throws {TropError} `permission-missing` when the run time may not use the network.
 */
export function bind(probe: Probe, port: Port): ProbeResult {
  try {
    for (const address of addressesOf(probe)) {
      openSocket(probe.protocol, address, port)[Symbol.dispose]();
    }
    return { kind: "free" };
  } catch (error) {
    return refusal(error);
  }
}

/**
 * BSD systems let an address be bound with reuse though a wildcard socket listens on the port, and
 * the other way round; only binding the wildcard as well shows both.
 */
function addressesOf({ protocol, family, scope, address }: Probe): readonly string[] {
  if (protocol === "udp" || scope === "wildcard" || !IS_BLIND) return [address];
  return [address, WILDCARD[family]];
}

/**
 * Whether this system lets a TCP port be bound though somebody listens there. Of all servers the
 * one on `::` that takes IPv4 as well is still not found by binding both addresses of IPv4; for
 * that one there is `connect.ts`.
 */
export const IS_BLIND = ["darwin", "freebsd", "netbsd"].includes(Deno.build.os);

/** A socket of our own; leaving the scope closes it. */
export interface OwnSocket extends Disposable {
  readonly port: number;
}

/**
 * Opens a socket on `port`, or on any free one if that is 0.
 *
 * @throws {TropError} `permission-missing` when the run time may not.
 * @throws {Error} Whatever the system says against it.
 */
export function openSocket(protocol: Protocol, hostname: string, port: number): OwnSocket {
  try {
    const socket = protocol === "tcp"
      ? Deno.listen({ transport: "tcp", hostname, port })
      : listenDatagram(hostname, port);
    const { port: bound } = socket.addr as Deno.NetAddr;
    return { port: bound, [Symbol.dispose]: () => socket.close() };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    const permission = `--allow-net=${hostname.includes(":") ? `[${hostname}]` : hostname}`;
    throw new TropError({ code: "permission-missing", permission, path: hostname }, { cause });
  }
}

function listenDatagram(hostname: string, port: number): Deno.DatagramConn {
  if (Deno.listenDatagram === undefined) {
    const failure = { permission: "--unstable-net", path: "sockets for UDP" } as const;
    throw new TropError({ code: "permission-missing", ...failure });
  }
  return Deno.listenDatagram({ transport: "udp", hostname, port });
}

function refusal(error: unknown): ProbeResult {
  if (error instanceof Deno.errors.AddrInUse) return { kind: "occupied" };
  if (isAbsent(error)) return { kind: "absent" };
  if (error instanceof TropError || !(error instanceof Error)) throw error;
  return { kind: "uncertain", reason: error.message };
}

/** Whether a socket could not be opened because this host does not have such sockets. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && ABSENT_CODES.has((error as { code?: unknown }).code);
}

const ABSENT_CODES: ReadonlySet<unknown> = new Set([
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
  "EPROTONOSUPPORT",
]);
