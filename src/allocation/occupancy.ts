/**
 * Whether something on this machine uses a port, whoever reserved it.
 *
 * @module
 */

import type { OccupancyPolicy } from "../config/effective.ts";
import type { Port, PortRange } from "../domain/port.ts";
import type { ProbeFailure } from "../errors.ts";
import { bind, IS_BLIND, type ProbeResult } from "./bind.ts";
import { accept, type Endpoint } from "./connect.ts";
import { enabledProbes, LOOPBACK, type Probe } from "./probes.ts";
import { type Collision, collision } from "./socket.ts";
import { readSocketTables, type SocketTables } from "./socket_tables.ts";

/** Whether a port is in use. */
export type Verdict =
  | { readonly kind: "free" }
  | { readonly kind: "occupied" }
  | { readonly kind: "uncertain"; readonly failure: ProbeFailure };

/** All that is found out about a port; an occupied one no longer cares what failed besides. */
export type Findings =
  | { readonly kind: "free" }
  | { readonly kind: "occupied"; readonly hits: readonly Probe[] }
  | { readonly kind: "uncertain"; readonly failures: readonly [ProbeFailure, ...ProbeFailure[]] };

/** How the machine is asked; a test asks another one. */
export interface Sockets {
  bind(probe: Probe, port: Port): ProbeResult;
  /** One snapshot of the system's socket tables, where it has some that may be read. */
  tables(): SocketTables | undefined;
  /** Where somebody accepts TCP connections; missing where binding shows all of them. */
  readonly accept?: (endpoints: readonly Endpoint[]) => readonly boolean[];
  /** Whether the run time cannot open sockets for UDP. */
  readonly lacksUdp?: boolean;
}

/** This machine. */
export const systemSockets: Sockets = {
  bind,
  tables: () => readSocketTables(),
  lacksUdp: Deno.listenDatagram === undefined,
  ...(IS_BLIND && { accept }),
};

const FREE = { kind: "free" } as const;
const OCCUPIED = { kind: "occupied" } as const;

/** What one probe says about one port. */
interface Answer {
  readonly port: Port;
  readonly probe: Probe;
  readonly result: ProbeResult;
}

/** Answers for the ports of one command, on one view of the machine. */
export class Occupancy {
  /** Whether any probe is made at all; without one every port counts as free. */
  readonly isChecked: boolean;
  /** Whether UDP was to be looked at and cannot be. */
  readonly lacksUdp: boolean;
  readonly #sockets: Sockets;
  /** Without those that this host turned out not to have. */
  #probes: readonly Probe[];
  /** Read when it pays: that takes as long as binding a hundred ports. */
  #tables: SocketTables | undefined | "unread" = "unread";

  constructor(policy: OccupancyPolicy, sockets: Sockets = systemSockets) {
    this.#sockets = sockets;
    const wanted = enabledProbes(policy);
    this.#probes = sockets.lacksUdp ? wanted.filter(({ protocol }) => protocol === "tcp") : wanted;
    this.lacksUdp = this.#probes.length < wanted.length;
    this.isChecked = this.#probes.length > 0;
  }

  /**
   * Whether `port` is in use: one probe that finds it taken decides. A port that is free was bound
   * a moment ago.
   */
  check(port: Port): Verdict {
    const isListed = (probe: Probe) => this.#lookUp(probe, port) === "certain";
    if (this.#tables !== "unread" && this.#probes.some(isListed)) return OCCUPIED;
    let failure: ProbeFailure | undefined;
    for (const probe of this.#probes) {
      const result = this.#bind(probe, port);
      if (result.kind === "occupied") {
        this.#readTables(); // most often a neighbour is taken too
        return result;
      }
      if (result.kind === "uncertain") failure ??= probeFailure(probe, port, result.reason);
    }
    if (failure !== undefined) return { kind: "uncertain", failure };
    return this.#ask([port], () => FREE).length > 0 ? OCCUPIED : FREE;
  }

  /** What every probe finds at `port`, by binding it. */
  inspect(port: Port): Findings {
    const answers = this.#ask([port], (probe) => {
      const result = this.#bind(probe, port);
      // Without the right to bind it one may still see who did.
      return result.kind === "uncertain" && this.#lookUp(probe, port) === "certain"
        ? OCCUPIED
        : result;
    });
    return toFindings(answers);
  }

  /**
   * The ports of `range` that are not free, ascending. The system's tables answer for all of them
   * at once where there are such tables, and what they leave open is settled by binding. They do
   * show quite everything that {@linkcode inspect} finds: see their module.
   *
   * @param onPort Told of every port before it is looked at, which takes its time without tables.
   */
  *survey(
    { min, max }: PortRange,
    onPort: (port: Port) => void = () => {},
  ): Generator<readonly [Port, Exclude<Findings, { kind: "free" }>]> {
    const tables = this.#readTables();
    const ports = portsFrom(min, max).map((port) => {
      onPort(port);
      return port;
    });
    const answers = this.#ask(ports, (probe, port) => {
      const found = this.#lookUp(probe, port);
      if (found === "certain") return OCCUPIED;
      const isSettled = found === "none" && tables?.isComplete(probe.protocol);
      return isSettled ? FREE : this.#bind(probe, port);
    });
    for (const [port, found] of Map.groupBy(answers, ({ port }) => port)) {
      const findings = toFindings(found);
      if (findings.kind !== "free") yield [port, findings];
    }
  }

  /** What the probes find at `ports`, in their order, but for what is free. */
  #ask(ports: Iterable<Port>, ask: (probe: Probe, port: Port) => ProbeResult): readonly Answer[] {
    const answers: Answer[] = [];
    for (const port of ports) {
      for (const probe of this.#probes) {
        const result = ask(probe, port);
        if (result.kind !== "free" || this.#isDoubtful(probe)) {
          answers.push({ port, probe, result });
        }
      }
    }
    return this.#settle(answers);
  }

  /** Whether something may use a port though `probe` could bind it. */
  #isDoubtful({ protocol }: Probe): boolean {
    return this.#sockets.accept !== undefined && protocol === "tcp";
  }

  /** Finds out which of the ports that could be bound are taken all the same; the others go. */
  #settle(answers: readonly Answer[]): readonly Answer[] {
    const doubtful = answers.filter(({ result }) => result.kind === "free");
    if (doubtful.length === 0) return answers;
    const endpoints = doubtful.map(({ port, probe }) => ({
      hostname: LOOPBACK[probe.family],
      port,
    }));
    const accepted = this.#sockets.accept?.(endpoints) ?? [];
    const taken = new Set(doubtful.filter((_, index) => accepted[index]));
    return answers.flatMap((answer) => {
      if (taken.has(answer)) return { ...answer, result: OCCUPIED };
      return answer.result.kind === "free" ? [] : answer;
    });
  }

  #readTables(): SocketTables | undefined {
    if (this.#tables === "unread") this.#tables = this.#sockets.tables();
    return this.#tables;
  }

  /** Whether the tables hold a socket that `probe` collides with. */
  #lookUp(probe: Probe, port: Port): Collision {
    const found = this.#readTables()?.at(port).map((socket) => collision(probe, socket)) ?? [];
    return (["certain", "possible"] as const).find((kind) => found.includes(kind)) ?? "none";
  }

  #bind(probe: Probe, port: Port): ProbeResult {
    const result = this.#sockets.bind(probe, port);
    // What this host does not have it will not have for the next port either.
    if (result.kind === "absent") this.#probes = this.#probes.filter((other) => other !== probe);
    return result.kind === "occupied" && this.#isOnlyIpv4(probe, port) ? { kind: "free" } : result;
  }

  /** Binding `::` collides with IPv4 too; the tables tell whether that is all there is. */
  #isOnlyIpv4({ protocol, family, scope }: Probe, port: Port): boolean {
    if (family === "ipv4" || scope === "localhost") return false;
    const others = this.#readTables()?.at(port).filter((other) => other.protocol === protocol);
    return others !== undefined && others.length > 0 &&
      others.every(({ family }) => family === "ipv4");
  }
}

function* portsFrom(min: Port, max: Port): Generator<Port> {
  // Past the last one there is no port, but nobody gets to see it.
  for (let port = min; port <= max; port = port + 1 as Port) yield port;
}

/** What `answers`, all about one port, come to. */
function toFindings(answers: readonly Answer[]): Findings {
  const hits: Probe[] = [];
  const failures: ProbeFailure[] = [];
  for (const { port, probe, result } of answers) {
    if (result.kind === "occupied") hits.push(probe);
    if (result.kind === "uncertain") failures.push(probeFailure(probe, port, result.reason));
  }
  if (hits.length > 0) return { kind: "occupied", hits };
  const [first, ...others] = failures;
  return first ? { kind: "uncertain", failures: [first, ...others] } : FREE;
}

function probeFailure(probe: Probe, port: Port, reason: string): ProbeFailure {
  return { code: "probe-failed", port, ...probe, reason };
}
