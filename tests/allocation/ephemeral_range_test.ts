import assert from "node:assert/strict";

import { ephemeralPart } from "../../src/allocation/ephemeral_range.ts";

const SYSTEM = () => "32768\t60999\n";

for (
  const [min, max, part] of [
    [5000, 7000, undefined],
    [5000, 32767, undefined],
    [61000, 65535, undefined],
    [5000, 32768, { min: 32768, max: 32768 }],
    [40000, 40010, { min: 40000, max: 40010 }],
    [60999, 65535, { min: 60999, max: 60999 }],
    [1, 65535, { min: 32768, max: 60999 }],
  ] as const
) {
  Deno.test(`of ${min}-${max} the system gives out ${part ? `${part.min}-${part.max}` : "none"}`, () => {
    assert.deepEqual(ephemeralPart({ min, max }, SYSTEM), part);
  });
}

for (const text of ["", "nonsense", "1\t2\t3\n"]) {
  Deno.test(`ephemeralPart() knows nothing when the system says ${JSON.stringify(text)}`, () => {
    assert.equal(ephemeralPart({ min: 1, max: 65535 }, () => text), undefined);
  });
}

Deno.test("ephemeralPart() knows nothing where it may not read or there is no file", () => {
  const denied = () => {
    throw new Deno.errors.NotCapable();
  };
  assert.equal(ephemeralPart({ min: 1, max: 65535 }, denied), undefined);
});

Deno.test({
  name: "(Linux only) ephemeralPart() reads the system's own range",
  ignore: Deno.build.os !== "linux",
  fn() {
    const [min, max] = Deno.readTextFileSync("/proc/sys/net/ipv4/ip_local_port_range").split(/\s+/)
      .map(Number);
    assert.deepEqual(ephemeralPart({ min: 1, max: 65535 }), { min, max });
  },
});
