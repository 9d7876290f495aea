import assert from "node:assert/strict";

import { accept } from "../../src/allocation/connect.ts";
import { Occupancy } from "../../src/allocation/occupancy.ts";
import { DEFAULT_POLICY, LOOPBACK } from "../../src/allocation/probes.ts";
import { toPort } from "../../src/domain/port.ts";

Deno.test("accept() finds the servers that can be reached, and nobody else", () => {
  using ipv4 = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using everywhere = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  gone.close();
  const endpoints = [ipv4, everywhere, gone].flatMap(({ addr }) => {
    return [LOOPBACK.ipv4, LOOPBACK.ipv6].map((hostname) => ({
      hostname,
      port: toPort(addr.port),
    }));
  });
  assert.deepEqual(accept(endpoints), [true, false, true, false, false, false]);
});

Deno.test("accept() answers for more endpoints than a process may have connections", () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const endpoints = Array.from({ length: 3000 }, (_, index) => {
    return { hostname: "127.0.0.1", port: toPort(index === 2999 ? port : 1 + index % 7) };
  });
  const answers = accept(endpoints);
  assert.equal(answers.length, 3000);
  assert.equal(answers.at(-1), true);
});

Deno.test("a server that no bind shows is found by connecting to it", () => {
  const blind = { bind: () => ({ kind: "free" } as const), tables: () => undefined, accept };
  const occupancy = new Occupancy(DEFAULT_POLICY, blind);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = toPort(listener.addr.port);
  const hit = { protocol: "tcp", family: "ipv4", scope: "localhost", address: "127.0.0.1" };
  assert.deepEqual(occupancy.check(port), { kind: "occupied" });
  assert.deepEqual(occupancy.inspect(port), { kind: "occupied", hits: [hit] });
  listener.close();
  assert.deepEqual(occupancy.check(port), { kind: "free" });
});
