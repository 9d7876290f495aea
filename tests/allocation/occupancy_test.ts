/**
 * The rules by which probes and tables are combined, against machines that are made up: each holds
 * some sockets, and the model says by brute force what collides with what.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";

import type { ProbeResult } from "../../src/allocation/bind.ts";
import { Occupancy, type Sockets } from "../../src/allocation/occupancy.ts";
import { DEFAULT_POLICY, enabledProbes, type Probe } from "../../src/allocation/probes.ts";
import type { OccupancyPolicy } from "../../src/config/effective.ts";
import { SocketTables, type TableSocket } from "../../src/allocation/socket_tables.ts";
import { type Port, toPort } from "../../src/domain/port.ts";

/** A socket of a made-up machine, with all that the kernel knows about it. */
interface Held {
  readonly protocol: "tcp" | "udp";
  readonly address:
    | "127.0.0.1"
    | "127.0.0.2"
    | "0.0.0.0"
    | "::1"
    | "fe80::1"
    | "::"
    | "::ffff:127.0.0.1";
  readonly port: number;
  readonly ipv6Only: boolean;
  /** A connection may let go of its port for whoever reuses the address. */
  readonly state: "listening" | "connected" | "reusable";
}

interface Machine {
  readonly held: readonly Held[];
  readonly tables: "complete" | "only tcp" | "none";
  readonly hasIpv6: boolean;
  /** Whether this user may bind nothing. */
  readonly isDenied: boolean;
}

/** Few enough that sockets meet. */
const PORTS = [toPort(1), toPort(2), toPort(3)] as const;

const HELD: fc.Arbitrary<Held> = fc.record({
  protocol: fc.constantFrom("tcp", "udp"),
  address: fc.constantFrom(
    "127.0.0.1",
    "127.0.0.2",
    "0.0.0.0",
    "::1",
    "fe80::1",
    "::",
    "::ffff:127.0.0.1",
  ),
  port: fc.constantFrom(...PORTS),
  ipv6Only: fc.boolean(),
  state: fc.constantFrom("listening", "connected", "reusable"),
});

const MACHINE: fc.Arbitrary<Machine> = fc.record({
  held: fc.array(HELD, { maxLength: 4 }),
  tables: fc.constantFrom("complete", "only tcp", "none"),
  hasIpv6: fc.boolean(),
  isDenied: fc.boolean(),
}).map((machine) => ({
  ...machine,
  held: machine.held.filter(({ address }) => machine.hasIpv6 || !isIpv6(address)),
}));

const POLICY: fc.Arbitrary<OccupancyPolicy> = fc.record({
  skip: fc.constant(false),
  skipTcp: fc.boolean(),
  skipUdp: fc.boolean(),
  skipIpv4: fc.boolean(),
  skipIpv6: fc.boolean(),
  checkAllInterfaces: fc.boolean(),
});

/** Whether a socket bound to `address`, restricted to IPv6 if that is its family, would collide. */
function stands(held: Held, probe: Probe): boolean {
  if (held.protocol !== probe.protocol) return false;
  if (held.protocol === "tcp" && held.state === "reusable") return false;
  const overlaps = (a: string, b: string, any: string) => a === b || a === any || b === any;
  const ipv4 = held.address.replace("::ffff:", "");
  if (!isIpv6(ipv4)) {
    return probe.family === "ipv4" && overlaps(ipv4, probe.address, "0.0.0.0");
  }
  if (probe.family === "ipv6") return overlaps(held.address, probe.address, "::");
  return held.address === "::" && !held.ipv6Only;
}

function isIpv6(address: string): boolean {
  return address.includes(":");
}

/** A machine as the run time shows it: `::` cannot be bound for IPv6 alone. */
function socketsOf({ held, tables, hasIpv6, isDenied }: Machine): Sockets {
  return {
    bind(probe: Probe, port: Port): ProbeResult {
      if (probe.family === "ipv6" && !hasIpv6) return { kind: "absent" };
      if (isDenied) return { kind: "uncertain", reason: "denied" };
      const probes = probe.address === "::" ? [probe, ipv4Wildcard(probe)] : [probe];
      const isTaken = held.some((other) =>
        other.port === port && probes.some((probe) => stands(other, probe))
      );
      return { kind: isTaken ? "occupied" : "free" };
    },
    tables() {
      if (tables === "none") return undefined;
      return new SocketTables(
        held.filter(({ protocol }) => tables === "complete" || protocol === "tcp").map(toEntry),
        tables === "complete" ? ["tcp", "udp"] : ["tcp"],
      );
    },
  };
}

function ipv4Wildcard(probe: Probe): Probe {
  return { ...probe, family: "ipv4", address: "0.0.0.0" };
}

/** What the tables show: not whether a socket is restricted to IPv6, nor whether it lets go. */
function toEntry({ protocol, address, port, state }: Held): TableSocket {
  const plain = address.replace("::ffff:", "");
  const family = isIpv6(plain) ? "ipv6" : "ipv4";
  const reach = ["0.0.0.0", "::"].includes(plain)
    ? "wildcard"
    : ["127.0.0.1", "::1"].includes(plain)
    ? "loopback"
    : "other";
  const listening = protocol === "udp" || state === "listening";
  return { protocol, family, reach, port, listening, uid: 0, inode: "0" };
}

/** What there is to find at `port`, by brute force. */
function expected(machine: Machine, policy: OccupancyPolicy, port: Port): unknown {
  const probes = enabledProbes(policy).filter(({ family }) => {
    return machine.hasIpv6 || family === "ipv4";
  });
  const held = machine.held.filter((other) => other.port === port);
  const hits = probes.filter((probe) =>
    held.some((other) =>
      stands(other, probe) && (!machine.isDenied || shows(machine, other, probe))
    )
  );
  if (hits.length > 0) return { kind: "occupied", hits };
  if (!machine.isDenied || probes.length === 0) return { kind: "free" };
  const failures = probes.map((probe) => ({
    code: "probe-failed",
    port,
    ...probe,
    reason: "denied",
  }));
  return { kind: "uncertain", failures };
}

/** Whether the tables alone prove that `held` collides with `probe`. */
function shows({ tables }: Machine, held: Held, probe: Probe): boolean {
  const { family, listening } = toEntry(held);
  const isThere = tables === "complete" || tables === "only tcp" && held.protocol === "tcp";
  return isThere && listening && family === probe.family;
}

/**
 * Only tables tell that `::` could not be bound because of IPv4 alone, and even they do not when
 * there is a connection of IPv6 besides, which may have let go of the port or not.
 */
function isDecidable({ tables, held }: Machine, { checkAllInterfaces }: OccupancyPolicy): boolean {
  if (!checkAllInterfaces) return true;
  return tables === "complete" &&
    held.every((other) => other.state !== "reusable" || toEntry(other).family === "ipv4");
}

Deno.test("inspect() finds what a brute-force model finds", () => {
  fc.assert(
    fc.property(MACHINE, POLICY, (machine, policy) => {
      fc.pre(isDecidable(machine, policy));
      const occupancy = new Occupancy(policy, socketsOf(machine));
      for (const port of PORTS) {
        assert.deepEqual(occupancy.inspect(port), expected(machine, policy, port));
      }
    }),
    { numRuns: 3000 },
  );
});

Deno.test("survey() finds what a brute-force model finds", () => {
  fc.assert(
    fc.property(MACHINE, POLICY, (machine, policy) => {
      fc.pre(isDecidable(machine, policy));
      // What tables show does not have to be bound.
      fc.pre(!machine.isDenied || machine.tables === "none");
      const occupancy = new Occupancy(policy, socketsOf(machine));
      const findings = PORTS.map((port) => [port, expected(machine, policy, port)] as const);
      assert.deepEqual(
        [...occupancy.survey({ min: PORTS[0], max: PORTS[2] })],
        findings.filter(([, found]) => (found as { kind: string }).kind !== "free"),
      );
    }),
    { numRuns: 3000 },
  );
});

/** A machine whose binds fail for the very same address only, as those of BSD systems do. */
function blindSocketsOf(machine: Machine): Sockets {
  const isHeldAt = (protocol: string, address: string, port: number) =>
    machine.held.some((held) =>
      held.protocol === protocol && held.address === address && held.port === port
    );
  const accepts = (hostname: string, port: number) => {
    const probe = { protocol: "tcp", family: isIpv6(hostname) ? "ipv6" : "ipv4" } as const;
    return machine.held.some((held) =>
      held.port === port && stands(held, { ...probe, scope: "localhost", address: hostname })
    );
  };
  return {
    bind: ({ protocol, address, family }, port) => {
      if (protocol === "udp") return socketsOf(machine).bind(enabled(protocol, family), port);
      return { kind: isHeldAt(protocol, address, port) ? "occupied" : "free" };
    },
    tables: () => undefined,
    accept: (endpoints) => endpoints.map(({ hostname, port }) => accepts(hostname, port)),
  };
}

function enabled(protocol: string, family: string): Probe {
  const [probe] = enabledProbes(DEFAULT_POLICY).filter((probe) => {
    return probe.protocol === protocol && probe.family === family;
  });
  assert(probe);
  return probe;
}

Deno.test("where binds are blind, connecting finds every server that can be reached", () => {
  fc.assert(
    fc.property(fc.array(HELD, { maxLength: 4 }), (sockets) => {
      const held = sockets.map((socket) => ({ ...socket, state: "listening" } as const));
      const machine = { held, tables: "none", hasIpv6: true, isDenied: false } as const;
      const occupancy = new Occupancy(DEFAULT_POLICY, blindSocketsOf(machine));
      const findings = PORTS.map((port) => expected(machine, DEFAULT_POLICY, port));
      assert.deepEqual(PORTS.map((port) => occupancy.inspect(port)), findings);
      assert.deepEqual(
        PORTS.map((port) => occupancy.check(port).kind),
        findings.map((found) => (found as { kind: string }).kind),
      );
      assert.deepEqual(
        [...occupancy.survey({ min: PORTS[0], max: PORTS[2] })],
        PORTS.map((port, index) => [port, findings[index]] as const)
          .filter(([, found]) => (found as { kind: string }).kind !== "free"),
      );
    }),
    { numRuns: 1000 },
  );
});

Deno.test("check() says what a brute-force model says, in whatever order it is asked", () => {
  fc.assert(
    fc.property(MACHINE, POLICY, fc.array(fc.constantFrom(...PORTS)), (machine, policy, asked) => {
      fc.pre(isDecidable(machine, policy));
      fc.pre(!machine.isDenied || machine.tables === "none");
      const occupancy = new Occupancy(policy, socketsOf(machine));
      for (const port of asked) {
        const { kind } = expected(machine, policy, port) as { kind: string };
        assert.equal(occupancy.check(port).kind, kind);
      }
    }),
    { numRuns: 3000 },
  );
});

for (
  const [results, verdict] of [
    [["free", "free", "free", "free"], "free"],
    [["occupied", "free", "free", "free"], "occupied"],
    [["occupied", "uncertain", "uncertain", "uncertain"], "occupied"],
    [["uncertain", "uncertain", "uncertain", "occupied"], "occupied"],
    [["free", "free", "uncertain", "absent"], "uncertain"],
    [["free", "free", "absent", "absent"], "free"],
    [["absent", "absent", "absent", "absent"], "free"],
  ] as const
) {
  Deno.test(`a port whose probes are ${results.join(", ")} is ${verdict} (D20)`, () => {
    const probes = enabledProbes(DEFAULT_POLICY);
    const asked: Probe[] = [];
    const occupancy = new Occupancy(DEFAULT_POLICY, {
      bind(probe) {
        asked.push(probe);
        const kind = results[probes.indexOf(probe)] ?? "free";
        return kind === "uncertain" ? { kind, reason: "denied" } : { kind };
      },
      tables: () => undefined,
    });
    assert.equal(occupancy.inspect(PORTS[0]).kind, verdict);
    assert.equal(occupancy.check(PORTS[1]).kind, verdict);
    // What the host does not have it is not asked for again.
    const isPresent = (_: Probe, index: number) => results[index] !== "absent";
    const rest = asked.slice(probes.length);
    assert.deepEqual(rest, probes.filter(isPresent).slice(0, rest.length));
    assert.equal(rest.length > 0, results.some((result) => result !== "absent"));
  });
}
