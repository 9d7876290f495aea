/**
 * Linux's own tables of its sockets, read once for any number of ports.
 *
 * @module
 */

import type { Family, Probe, Protocol } from "./probes.ts";

/** One socket of the tables. */
export interface SocketEntry {
  readonly protocol: Protocol;
  readonly family: Family;
  /** The local address as the kernel writes it, in hexadecimal and in the machine's byte order. */
  readonly address: string;
  readonly port: number;
  /** Whether it takes connections or datagrams; a connection that is open or closing does not. */
  readonly listening: boolean;
  readonly uid: number;
  /** What links the socket to the processes that hold it. */
  readonly inode: string;
}

/** The sockets of this network namespace, by port. */
export class SocketTables {
  readonly #byPort = new Map<number, SocketEntry[]>();

  constructor(entries: Iterable<SocketEntry>) {
    for (const entry of entries) {
      const others = this.#byPort.get(entry.port);
      if (others === undefined) this.#byPort.set(entry.port, [entry]);
      else others.push(entry);
    }
  }

  /** The sockets that a probe of `port` would collide with, listening ones only. */
  holders(probe: Probe, port: number): readonly SocketEntry[] {
    return (this.#byPort.get(port) ?? []).filter((entry) =>
      entry.listening && collides(entry, probe)
    );
  }
}

/** Where the tables are; reading them takes all of the run time's permissions. */
const FILES: readonly { file: string; protocol: Protocol; family: Family }[] = [
  { file: "/proc/net/tcp", protocol: "tcp", family: "ipv4" },
  { file: "/proc/net/udp", protocol: "udp", family: "ipv4" },
  { file: "/proc/net/tcp6", protocol: "tcp", family: "ipv6" },
  { file: "/proc/net/udp6", protocol: "udp", family: "ipv6" },
];

/** One snapshot of the tables; `undefined` where the system has none or they may not be read. */
export function readSocketTables(): SocketTables | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const entries: SocketEntry[] = [];
  let readable = 0;
  for (const { file, protocol, family } of FILES) {
    let text: string;
    try {
      text = Deno.readTextFileSync(file);
    } catch {
      continue; // without IPv6 its tables are missing
    }
    readable++;
    entries.push(...parseSocketTable(text, protocol, family));
  }
  return readable === 0 ? undefined : new SocketTables(entries);
}

/** Reads one table; a line that has another form is left out. */
export function parseSocketTable(text: string, protocol: Protocol, family: Family): SocketEntry[] {
  return text.split("\n").slice(1).flatMap((line) => {
    const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/);
    const [address, port] = local?.split(":") ?? [];
    if (address === undefined || port === undefined || inode === undefined) return [];
    return [{
      protocol,
      family,
      address,
      port: parseInt(port, 16),
      listening: protocol === "udp" || state === LISTEN,
      uid: Number(uid),
      inode,
    }];
  });
}

const LISTEN = "0A";

const ANY_IPV4 = "00000000";
const LOOPBACK_IPV4 = "0100007F";
const ANY_IPV6 = "0".repeat(32);
const LOOPBACK_IPV6 = "00000000000000000000000001000000";
/** How an IPv6 address that stands for an IPv4 one begins. */
const MAPPED = "0000000000000000FFFF0000";

function collides(entry: SocketEntry, probe: Probe): boolean {
  if (entry.protocol !== probe.protocol) return false;
  if (probe.family === "ipv6") {
    if (entry.family !== "ipv6") return false;
    return probe.scope === "wildcard" || entry.address === ANY_IPV6 ||
      entry.address === LOOPBACK_IPV6;
  }
  const address = ipv4Of(entry);
  if (address === undefined) return false;
  return probe.scope === "wildcard" || address === ANY_IPV4 || address === LOOPBACK_IPV4;
}

/** The IPv4 address that a socket can be reached by; an IPv6 wildcard most often takes all. */
function ipv4Of({ family, address }: SocketEntry): string | undefined {
  if (family === "ipv4") return address;
  if (address === ANY_IPV6) return ANY_IPV4;
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : undefined;
}

/** Whether the tables leave open if this socket takes IPv4 too: it may be restricted to IPv6. */
export function isPerhapsIpv6Only({ family, address }: SocketEntry): boolean {
  return family === "ipv6" && address === ANY_IPV6;
}
