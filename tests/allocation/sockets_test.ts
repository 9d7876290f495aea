/**
 * What is found at a port that a real socket holds.
 *
 * @module
 */

import assert from "node:assert/strict";

import { Occupancy } from "../../src/allocation/occupancy.ts";
import { DEFAULT_POLICY, type Probe } from "../../src/allocation/probes.ts";
import { toPort } from "../../src/domain/port.ts";
import { openRawSocket, type RawSocketOptions } from "./raw_socket.ts";

const EVERYWHERE = { ...DEFAULT_POLICY, checkAllInterfaces: true };

/** What holds a port, and which probes collide with it. */
interface Row {
  readonly holder: string;
  readonly socket: RawSocketOptions;
  readonly hits: readonly string[];
  /** What the system's tables show of it, if not all. */
  readonly survey?: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    holder: "a listener on 127.0.0.1",
    socket: { protocol: "tcp", address: "127.0.0.1" },
    hits: ["tcp 127.0.0.1", "tcp 0.0.0.0"],
  },
  {
    holder: "a listener on 0.0.0.0",
    socket: { protocol: "tcp", address: "0.0.0.0" },
    hits: ["tcp 127.0.0.1", "tcp 0.0.0.0"],
  },
  {
    holder: "a listener on 0.0.0.0 with address reuse",
    socket: { protocol: "tcp", address: "0.0.0.0", reuseAddress: true },
    hits: ["tcp 127.0.0.1", "tcp 0.0.0.0"],
  },
  {
    holder: "a dual-stack listener on ::",
    socket: { protocol: "tcp", address: "::", reuseAddress: true },
    hits: ["tcp 127.0.0.1", "tcp 0.0.0.0", "tcp ::1", "tcp ::"],
  },
  {
    holder: "a listener on :: that is restricted to IPv6",
    socket: { protocol: "tcp", address: "::", ipv6Only: true },
    hits: ["tcp ::1", "tcp ::"],
  },
  {
    holder: "a listener on ::1",
    socket: { protocol: "tcp", address: "::1" },
    hits: ["tcp ::1", "tcp ::"],
  },
  {
    holder: "an IPv6 listener on a mapped IPv4 address",
    socket: { protocol: "tcp", address: "::ffff:127.0.0.1" },
    hits: ["tcp 127.0.0.1", "tcp 0.0.0.0"],
  },
  {
    holder: "an IPv6 listener on the mapped IPv4 wildcard",
    socket: { protocol: "tcp", address: "::ffff:0.0.0.0" },
    hits: ["tcp 127.0.0.1", "tcp 0.0.0.0"],
  },
  {
    holder: "a listener on another address only",
    socket: { protocol: "tcp", address: "127.0.0.2" },
    hits: ["tcp 0.0.0.0"],
  },
  {
    holder: "a TCP socket that is bound and does not listen",
    socket: { protocol: "tcp", address: "127.0.0.1", listening: false },
    // Nothing tells that it was not an IPv6 socket which kept `::` from being bound.
    hits: ["tcp 127.0.0.1", "tcp 0.0.0.0", "tcp ::"],
    survey: [],
  },
  {
    holder: "a TCP socket that is bound with address reuse and does not listen",
    socket: { protocol: "tcp", address: "127.0.0.1", reuseAddress: true, listening: false },
    hits: [],
  },
  {
    holder: "a UDP socket on 127.0.0.1",
    socket: { protocol: "udp", address: "127.0.0.1" },
    hits: ["udp 127.0.0.1", "udp 0.0.0.0"],
  },
  {
    holder: "a UDP socket with address reuse on 0.0.0.0",
    socket: { protocol: "udp", address: "0.0.0.0", reuseAddress: true },
    hits: ["udp 127.0.0.1", "udp 0.0.0.0"],
  },
  {
    holder: "a dual-stack UDP socket on ::",
    socket: { protocol: "udp", address: "::" },
    hits: ["udp 127.0.0.1", "udp 0.0.0.0", "udp ::1", "udp ::"],
  },
  {
    holder: "a UDP socket on :: that is restricted to IPv6",
    socket: { protocol: "udp", address: "::", ipv6Only: true },
    hits: ["udp ::1", "udp ::"],
  },
];

/** Sockets with special options need Linux's C library, and other systems have other rules. */
function linuxTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name: `(Linux only) ${name}`, ignore: Deno.build.os !== "linux", fn });
}

for (const { holder, socket, hits, survey = hits } of ROWS) {
  linuxTest(`at ${holder} the probes find ${hits.join(", ") || "nothing"}`, () => {
    using held = openRawSocket(socket);
    assert.deepEqual(inspected(held.port), hits);
    assert.deepEqual(surveyed(held.port), survey);
    const isOnLoopback = hits.some((hit) => /127\.0\.0\.1|::1/.test(hit));
    assert.equal(checked(held.port), isOnLoopback ? "occupied" : "free");
  });
}

linuxTest("a stopped server's connection in TIME_WAIT does not take the port", async () => {
  const port = await leaveTimeWait();
  assert.match(Deno.readTextFileSync("/proc/net/tcp"), inState(port, "06"));
  assert.deepEqual(inspected(port), []);
  assert.deepEqual(surveyed(port), []);
  assert.equal(checked(port), "free");
});

linuxTest("the own end of a connection takes its port", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using connection = await Deno.connect({ ...listener.addr, transport: "tcp" });
  const { port } = connection.localAddr;
  const hits = ["tcp 127.0.0.1", "tcp 0.0.0.0"];
  assert.deepEqual(inspected(port), hits);
  assert.deepEqual(surveyed(port), hits);
  assert.equal(checked(port), "occupied");
});

linuxTest("a socket of a protocol or family that is skipped does not count", () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = toPort(listener.addr.port);
  for (const skipped of [{ skipTcp: true }, { skipIpv4: true }, { skip: true }]) {
    const occupancy = new Occupancy({ ...EVERYWHERE, ...skipped });
    assert.deepEqual(occupancy.inspect(port), { kind: "free" });
    assert.deepEqual(occupancy.check(port), { kind: "free" });
  }
});

Deno.test("the same Occupancy finds a port taken, and free when its holder is gone", () => {
  const occupancy = new Occupancy(DEFAULT_POLICY);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = toPort(listener.addr.port);
  assert.equal(occupancy.inspect(port).kind, "occupied");
  listener.close();
  assert.equal(occupancy.inspect(port).kind, "free");
});

function inspected(port: number): string[] {
  const findings = new Occupancy(EVERYWHERE).inspect(toPort(port));
  return findings.kind === "occupied" ? findings.hits.map(describe) : [];
}

function surveyed(port: number): string[] {
  const range = { min: toPort(port), max: toPort(port) };
  return [...new Occupancy(EVERYWHERE).survey(range)].flatMap(([, findings]) =>
    findings.kind === "occupied" ? findings.hits.map(describe) : []
  );
}

function checked(port: number): string {
  return new Occupancy(DEFAULT_POLICY).check(toPort(port)).kind;
}

function describe({ protocol, address }: Probe): string {
  return `${protocol} ${address}`;
}

/** The port of a server that closed a connection first and then stopped. */
async function leaveTimeWait(): Promise<number> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [client, accepted] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  accepted.close();
  assert.equal(await client.read(new Uint8Array(1)), null);
  client.close();
  return port;
}

/** A line of `/proc/net/tcp`. */
function inState(port: number, state: string): RegExp {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return new RegExp(` 0100007F:${hex} [0-9A-F:]+ ${state} `);
}
