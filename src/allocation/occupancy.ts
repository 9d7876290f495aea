/**
 * Whether something on this machine uses a port, whoever reserved it.
 *
 * @module
 */

import type { Port } from "../domain/port.ts";
import type { Failure } from "../errors.ts";
import { bind, type ProbeResult } from "./bind.ts";
import { enabledProbes, type OccupancyPolicy, type Probe } from "./probes.ts";
import { isPerhapsIpv6Only, readSocketTables, type SocketTables } from "./socket_tables.ts";

/** What a probe could not find out. */
export type ProbeFailure = Extract<Failure, { code: "probe-failed" }>;

/** Whether a port is in use. */
export type Verdict =
  | { readonly kind: "free" }
  | { readonly kind: "occupied" }
  | { readonly kind: "uncertain"; readonly failure: ProbeFailure };

/** How the machine is asked; a test asks another one. */
export interface Sockets {
  bind(probe: Probe, port: Port): ProbeResult;
  /** One snapshot of the system's socket tables, where it has some that may be read. */
  tables(): SocketTables | undefined;
}

/** This machine. */
export const systemSockets: Sockets = { bind, tables: readSocketTables };

/** Answers for the ports of one command, on one view of the machine. */
export class Occupancy {
  readonly #sockets: Sockets;
  #probes: readonly Probe[];
  /** Read when it pays: one candidate is bound in a tenth of the time. */
  #tables: SocketTables | undefined | "unread" = "unread";

  constructor(policy: OccupancyPolicy, sockets: Sockets = systemSockets) {
    this.#sockets = sockets;
    this.#probes = enabledProbes(policy);
  }

  /** Whether any probe is made at all; without one every port counts as free. */
  get isChecked(): boolean {
    return this.#probes.length > 0;
  }

  /**
   * Whether `port` is in use: one probe that finds it taken decides. A port that is free was bound
   * a moment ago.
   */
  check(port: Port): Verdict {
    if (this.#tables !== "unread" && this.#isTaken(port, this.#tables)) return { kind: "occupied" };
    let failure: ProbeFailure | undefined;
    for (const probe of this.#probes) {
      const result = this.#bind(probe, port);
      if (result.kind === "occupied") {
        if (this.#tables === "unread") this.#tables = this.#sockets.tables();
        return result;
      }
      if (result.kind === "uncertain") failure ??= probeFailure(probe, port, result.reason);
    }
    return failure === undefined ? { kind: "free" } : { kind: "uncertain", failure };
  }

  #isTaken(port: Port, tables: SocketTables | undefined): boolean {
    return this.#probes.some((probe) =>
      tables?.holders(probe, port).some((holder) =>
        probe.family === "ipv6" || !isPerhapsIpv6Only(holder)
      )
    );
  }

  #bind(probe: Probe, port: Port): ProbeResult {
    const result = this.#sockets.bind(probe, port);
    if (result.kind === "absent") {
      // What this host does not have it will not have for the next port either.
      this.#probes = this.#probes.filter((other) =>
        other.family !== probe.family || other.protocol !== probe.protocol ||
        other.scope !== probe.scope
      );
    }
    return result;
  }
}

function probeFailure(probe: Probe, port: Port, reason: string): ProbeFailure {
  return { code: "probe-failed", port, ...probe, reason };
}
