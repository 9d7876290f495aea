import assert from "node:assert/strict";
import { allocateGroup } from "../../src/allocation/group_allocator.ts";
import type { Port } from "../../src/domain/port.ts";

Deno.test("in a crowded range no port is met twice and none is probed in vain", () => {
  const asked = { reserved: 0, probed: 0 };
  const members = Array.from({ length: 100 }, (_, index) => {
    return { tag: `t${index}`, offset: index * 3, preferred: undefined };
  });
  const allocation = allocateGroup({
    range: { min: 1 as Port, max: 65535 as Port },
    // Every other port, so that each base meets a reserved one at its second service.
    isReserved: (port) => {
      asked.reserved++;
      return port % 2 === 0 && port < 60000;
    },
    isExcluded: () => false,
    isUnsafe: () => false,
    check: () => {
      asked.probed++;
      return { kind: "free" };
    },
  }, members);
  assert(allocation.kind === "allocated");
  assert.equal(allocation.ports.get("t0"), 59997);
  assert.equal(asked.probed, members.length);
  // Two questions for each of the reserved ports, and one for each that is given.
  assert(asked.reserved <= 2 * 30_000 + members.length, `${asked.reserved} questions`);
});
