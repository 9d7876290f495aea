import assert from "node:assert/strict";
import { basename } from "node:path";

import { openSocket } from "../../src/allocation/bind.ts";
import { findOwners, ownerStatus } from "../../src/allocation/listeners.ts";
import { listByLsof } from "../../src/allocation/listeners_lsof.ts";
import { DEFAULT_POLICY, enabledProbes, type Probe } from "../../src/allocation/probes.ts";
import { runTool } from "../../src/allocation/run_tool.ts";
import type { HeldSocket, Owner } from "../../src/allocation/socket.ts";

const [TCP4, , TCP6] = enabledProbes(DEFAULT_POLICY) as [Probe, Probe, Probe];
const isLinux = Deno.build.os === "linux";

Deno.test("findOwners() finds this very process, on whatever system", () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [found] = findOwners([{ port: listener.addr.port, probe: TCP4 }]);
  assert.equal(found?.owner.processId, Deno.pid);
  assert.ok(found.owner.processName);
});

Deno.test({
  name: "(Linux only) findOwners() knows name, user and directory of a process",
  ignore: !isLinux,
  fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const hit = { port: listener.addr.port, probe: TCP4 };
    const owner = {
      processId: Deno.pid,
      processName: Deno.readTextFileSync("/proc/self/comm").trim(),
      user: runTool("id", ["-un"]).trim(),
      directory: Deno.cwd(),
    };
    assert.deepEqual(findOwners([hit]), [{ ...hit, owner }]);
    assert.equal(ownerStatus(owner), "available");
  },
});

Deno.test({
  name: "(Linux only) findOwners() names the program where Node.js names its main thread",
  ignore: !isLinux,
  fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const name = Deno.readTextFileSync("/proc/self/comm");
    try {
      Deno.writeTextFileSync("/proc/self/comm", "MainThread");
      const [found] = findOwners([{ port: listener.addr.port, probe: TCP4 }]);
      assert.equal(found?.owner.processName, basename(Deno.execPath()));
    } finally {
      Deno.writeTextFileSync("/proc/self/comm", name);
    }
  },
});

Deno.test({
  name: "(Linux only) an IPv4 hit finds the dual-stack IPv6 listener that caused it (D23)",
  ignore: !isLinux,
  fn() {
    using listener = Deno.listen({ hostname: "::", port: 0 });
    const { port } = listener.addr;
    const found = findOwners([{ port, probe: TCP4 }, { port, probe: TCP6 }]);
    assert.deepEqual(found.map(({ owner }) => owner.processId), [Deno.pid, Deno.pid]);
  },
});

const hasLsof = runTool("lsof", ["-p", `${Deno.pid}`]) !== "";
Deno.test({
  name: `lsof tells about this very process${hasLsof ? "" : " (ignored: there is no lsof)"}`,
  ignore: !hasLsof,
  fn() {
    using tcp = Deno.listen({ hostname: "::", port: 0 });
    using udp = openSocket("udp", "127.0.0.1", 0);
    const ports = new Set([tcp.addr.port, udp.port]);
    const found = listByLsof(ports);
    assert.deepEqual(new Set(found.map(({ port }) => port)), ports);
    for (const { listening, owner } of found) {
      assert.ok(listening);
      assert.equal(owner.processId, Deno.pid);
      assert.equal(owner.directory, Deno.cwd());
    }
  },
});

Deno.test("findOwners() asks nobody when there is nothing to find", () => {
  assert.deepEqual(findOwners([], () => assert.fail()), []);
});

Deno.test("findOwners() asks once, for all ports", () => {
  const asked: number[][] = [];
  const hits = [5000, 5001, 5000].map((port) => ({ port, probe: TCP4 }));
  findOwners(hits, (ports) => {
    asked.push([...ports]);
    return [];
  });
  assert.deepEqual(asked, [[5000, 5001]]);
});

const LISTENER: HeldSocket = {
  protocol: "tcp",
  family: "ipv4",
  reach: "loopback",
  port: 5000,
  listening: true,
  owner: owned(10),
};

/** Who is named of several that hold the port. */
const CHOICES: readonly {
  readonly title: string;
  readonly sockets: readonly Partial<HeldSocket>[];
  readonly processId: number | null;
}[] = [
  { title: "nobody when nobody is known", sockets: [], processId: null },
  { title: "nobody for another port", sockets: [{ port: 5001 }], processId: null },
  { title: "nobody for another protocol", sockets: [{ protocol: "udp" }], processId: null },
  { title: "nobody for another address", sockets: [{ reach: "other" }], processId: null },
  { title: "the one on the wildcard address", sockets: [{ reach: "wildcard" }], processId: 10 },
  {
    title: "the smallest id of several",
    sockets: [{ owner: owned(30) }, { owner: owned(9) }, { owner: owned(100) }],
    processId: 9,
  },
  {
    title: "a process that is known before one that is not",
    sockets: [{ owner: owned(null) }, { owner: owned(30) }, { owner: owned(null) }],
    processId: 30,
  },
  {
    title: "the listener before a connection of a smaller id",
    sockets: [{ owner: owned(5), listening: false }, { owner: owned(20) }],
    processId: 20,
  },
  {
    title: "an IPv4 listener before an IPv6 one that may be restricted",
    sockets: [{ owner: owned(5), family: "ipv6", reach: "wildcard" }, { owner: owned(20) }],
    processId: 20,
  },
  {
    title: "an IPv6 listener before a connection",
    sockets: [
      { owner: owned(5), listening: false },
      { owner: owned(20), family: "ipv6", reach: "wildcard" },
    ],
    processId: 20,
  },
  {
    title: "a connection when there is no listener",
    sockets: [{ owner: owned(5), listening: false }],
    processId: 5,
  },
];

for (const { title, sockets, processId } of CHOICES) {
  Deno.test(`findOwners() names ${title}`, () => {
    const [found] = findOwners(
      [{ port: 5000, probe: TCP4 }],
      () => sockets.map((socket) => ({ ...LISTENER, ...socket })),
    );
    assert.equal(found?.owner.processId, processId);
  });
}

Deno.test("ownerStatus() does not count the directory", () => {
  const full = owned(1);
  assert.equal(ownerStatus(full), "available");
  assert.equal(ownerStatus({ ...full, directory: null }), "available");
  assert.equal(ownerStatus({ ...full, user: null }), "partial");
  assert.equal(ownerStatus({ ...full, processId: null, processName: null }), "partial");
  assert.equal(
    ownerStatus({ processId: null, processName: null, user: null, directory: "/" }),
    "unavailable",
  );
});

function owned(processId: number | null): Owner {
  return { processId, processName: "node", user: "dev", directory: "/home/dev/shop" };
}
