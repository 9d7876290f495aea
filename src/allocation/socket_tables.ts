/**
 * Linux's own tables of its sockets, read once for any number of ports.
 *
 * They do not show a TCP socket that is bound and neither listens nor is connected; only a bind
 * meets that one.
 *
 * @module
 */

import { isAbsent, openSocket } from "./bind.ts";
import { type Family, LOOPBACK, type Protocol } from "./probes.ts";
import type { Reach, Socket } from "./socket.ts";

/** One socket of the tables. */
export interface TableSocket extends Socket {
  /** Who made it. */
  readonly uid: number;
  /** What links it to the processes that hold it; `"0"` when none does. */
  readonly inode: string;
}

/** The sockets of this network namespace, by port. */
export class SocketTables {
  readonly #byPort = new Map<number, TableSocket[]>();
  readonly #complete: ReadonlySet<Protocol>;

  /** @param complete The protocols whose sockets are all there. */
  constructor(sockets: Iterable<TableSocket>, complete: Iterable<Protocol>) {
    this.#complete = new Set(complete);
    for (const socket of sockets) {
      const others = this.#byPort.get(socket.port);
      if (others === undefined) this.#byPort.set(socket.port, [socket]);
      else others.push(socket);
    }
  }

  /** The sockets on `port`, of whatever protocol, family and state. */
  at(port: number): readonly TableSocket[] {
    return this.#byPort.get(port) ?? [];
  }

  /** Whether a port without sockets of `protocol` in the tables truly has none. */
  isComplete(protocol: Protocol): boolean {
    return this.#complete.has(protocol);
  }
}

/** Where the tables are; reading them takes all of the run time's permissions. */
const TABLES: readonly { file: string; protocol: Protocol; family: Family }[] = [
  { file: "/proc/net/tcp", protocol: "tcp", family: "ipv4" },
  { file: "/proc/net/tcp6", protocol: "tcp", family: "ipv6" },
  { file: "/proc/net/udp", protocol: "udp", family: "ipv4" },
  { file: "/proc/net/udp6", protocol: "udp", family: "ipv6" },
];

/** One snapshot of the tables; `undefined` where the system has none or they may not be read. */
export function readSocketTables(
  readFile: (path: string) => string = Deno.readTextFileSync,
): SocketTables | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const sockets: TableSocket[] = [];
  const complete = new Set<Protocol>(["tcp", "udp"]);
  for (const { file, protocol, family } of TABLES) {
    const { text, marker } = readMarked(() => readFile(file), protocol, family);
    const found = parseSocketTable(text, protocol, family);
    const others = found.filter(({ port, reach, listening }) =>
      port !== marker || reach !== "loopback" || !listening
    );
    if (marker !== "none" && others.length === found.length) complete.delete(protocol);
    sockets.push(...others);
  }
  return complete.size === 0 ? undefined : new SocketTables(sockets, complete);
}

/**
 * Reads a table while a socket of our own is open, whose port has to be in there: systems that
 * imitate Linux, such as WSL 1 and gVisor, have some of the files and leave them empty.
 */
function readMarked(read: () => string, protocol: Protocol, family: Family) {
  let text = "";
  let marker: number | "none" | "unknown" = "unknown";
  try {
    using socket = openSocket(protocol, LOOPBACK[family], 0);
    marker = socket.port;
    text = read();
  } catch (error) {
    // What the system does not have is in no table, and there may be no table for it.
    if (marker === "unknown" && isAbsent(error)) marker = "none";
  }
  return { text, marker };
}

/** Reads one table; a line that has another form is left out. */
export function parseSocketTable(text: string, protocol: Protocol, family: Family): TableSocket[] {
  return text.split("\n").slice(1).flatMap((line) => {
    const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/);
    const [address, port] = local?.split(":") ?? [];
    if (address === undefined || port === undefined || inode === undefined) return [];
    return [{
      protocol,
      ...parseAddress(address, family),
      port: parseInt(port, 16),
      listening: protocol === "udp" || state === LISTEN,
      uid: Number(uid),
      inode,
    }];
  });
}

const LISTEN = "0A";

/**
 * The addresses that matter, as the kernel writes them: words of 32 bits in hexadecimal, each in
 * the machine's byte order, which is little-endian wherever the run time runs.
 */
const REACH: ReadonlyMap<string, Reach> = new Map([
  ["00000000", "wildcard"],
  ["0100007F", "loopback"],
  ["0".repeat(32), "wildcard"],
  ["00000000000000000000000001000000", "loopback"],
]);

/** How an IPv6 address that stands for an IPv4 one begins. */
const MAPPED = "0000000000000000FFFF0000";

function parseAddress(address: string, family: Family): Pick<Socket, "family" | "reach"> {
  if (address.startsWith(MAPPED)) return parseAddress(address.slice(MAPPED.length), "ipv4");
  return { family, reach: REACH.get(address) ?? "other" };
}
