// How long it takes to find the ports in use: by the system's tables, which Linux has, and by binding
// every port for every probe, which is what all other systems need.

import { bind } from "../src/allocation/bind.ts";
import { findOwners } from "../src/allocation/listeners.ts";
import { Occupancy, type Sockets, systemSockets } from "../src/allocation/occupancy.ts";
import { DEFAULT_POLICY, enabledProbes } from "../src/allocation/probes.ts";
import { toPort } from "../src/domain/port.ts";

const BINDS: Sockets = { bind, tables: () => undefined };

// Binding all ports takes seconds; three runs tell the ratio.
survey("scan of 2,001 ports", 5000, 7000, { tables: 50, binds: 10 });
survey("scan of 65,535 ports", 1, 65535, { tables: 20, binds: 3 });

function survey(
  group: string,
  min: number,
  max: number,
  runs: { readonly tables: number; readonly binds: number },
): void {
  const range = { min: toPort(min), max: toPort(max) };
  const variant = (name: string, sockets: Sockets, n: number, baseline: boolean) =>
    Deno.bench({
      name,
      group,
      baseline,
      n,
      warmup: 1,
      fn: () => void [...new Occupancy(DEFAULT_POLICY, sockets).survey(range)],
    });
  variant("by the system's tables", systemSockets, runs.tables, true);
  variant("by binding each port", BINDS, runs.binds, false);
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const taken = toPort(listener.addr.port);
const [probe] = enabledProbes(DEFAULT_POLICY);

Deno.bench({
  name: "in use",
  group: "one port",
  fn: () => void new Occupancy(DEFAULT_POLICY, BINDS).check(taken),
});

Deno.bench({
  name: "its owner",
  group: "one port",
  fn: () => void findOwners(probe ? [{ port: taken, probe }] : []),
});
