/**
 * One probe made by binding a socket and closing it at once. Nothing is sent and nobody can
 * connect for longer than that.
 *
 * @module
 */

import { TropError } from "../errors.ts";
import type { Port } from "../domain/port.ts";
import type { Probe } from "./probes.ts";

/** The outcome of one probe. */
export type ProbeResult =
  | { readonly kind: "free" }
  | { readonly kind: "occupied" }
  /** This host does not have the address family or protocol, so nothing can occupy it. */
  | { readonly kind: "absent" }
  /** Neither yes nor no: no right to bind the port, no socket left, and the like. */
  | { readonly kind: "uncertain"; readonly reason: string };

const FREE: ProbeResult = { kind: "free" };
const OCCUPIED: ProbeResult = { kind: "occupied" };
const ABSENT: ProbeResult = { kind: "absent" };

const ABSENT_CODES: ReadonlySet<unknown> = new Set([
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
  "EPROTONOSUPPORT",
  "WSAEADDRNOTAVAIL",
  "WSAEAFNOSUPPORT",
]);

/**
 * Whether `port` can be bound as `probe` says.
 *
 * The run time binds TCP with address reuse, except on Windows. So a connection in TIME_WAIT, left
 * behind by a server that was stopped, does not count as taken; nor does a TCP socket that is bound
 * with address reuse and does not listen.
 *
 * @throws {TropError} `permission-missing` when the run time may not use the network.
 */
export function bind(probe: Probe, port: Port): ProbeResult {
  try {
    for (const hostname of addressesOf(probe)) {
      if (probe.protocol === "tcp") Deno.listen({ transport: "tcp", hostname, port }).close();
      else Deno.listenDatagram({ transport: "udp", hostname, port }).close();
    }
    return FREE;
  } catch (error) {
    return refusal(error, probe);
  }
}

/**
 * BSD systems let an address be bound with reuse though a wildcard socket listens on the port, and
 * the other way round; only binding the wildcard as well shows both.
 */
function addressesOf({ protocol, family, scope, address }: Probe): readonly string[] {
  if (protocol === "udp" || scope === "wildcard" || !BLIND_SYSTEMS.has(Deno.build.os)) {
    return [address];
  }
  return [address, family === "ipv4" ? "0.0.0.0" : "::"];
}

const BLIND_SYSTEMS: ReadonlySet<string> = new Set(["darwin", "freebsd", "netbsd"]);

function refusal(error: unknown, probe: Probe): ProbeResult {
  if (error instanceof Deno.errors.AddrInUse) return OCCUPIED;
  if (error instanceof Deno.errors.AddrNotAvailable) return ABSENT;
  if (error instanceof Deno.errors.NotCapable) {
    const permission = `--allow-net=${probe.address}`;
    throw new TropError({ code: "permission-missing", permission, path: probe.address }, {
      cause: error,
    });
  }
  if (!(error instanceof Error)) throw error;
  if (ABSENT_CODES.has((error as { code?: unknown }).code)) return ABSENT;
  return { kind: "uncertain", reason: error.message };
}
