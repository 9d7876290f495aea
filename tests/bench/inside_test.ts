import assert from "node:assert/strict";
import { type Bench, fitGrowth, WORST_EXPONENT } from "../../bench/inside.ts";

/** Benchmarks at four sizes. */
function benches(time: (size: number) => number): Bench[] {
  return [10, 1_000, 10_000, 60_000].map((size) => {
    return { group: "work", name: `${size} rows`, min: time(size), p75: 2 * time(size) };
  });
}

const FIXED = 1e6;

for (
  const [what, time, exponent] of [
    ["linear", (n) => 50 * n, 1],
    ["linear beside a fixed cost", (n) => FIXED + 50 * n, 1],
    ["n log n", (n) => FIXED + 50 * n * Math.log(n), 1.11],
    ["quadratic", (n) => FIXED + n * n, 2],
  ] satisfies [string, (n: number) => number, number][]
) {
  Deno.test(`fitGrowth() finds that a time is ${what}`, () => {
    const growth = fitGrowth(benches(time));
    assert(growth && Math.abs(growth.exponent - exponent) < 0.02, JSON.stringify(growth));
    assert.equal(growth.exponent > WORST_EXPONENT, exponent === 2);
    assert.equal(growth.to, 60_000);
  });
}

Deno.test("fitGrowth() finds no growth where the size does not count", () => {
  assert.equal(fitGrowth(benches((n) => FIXED + n)), undefined);
});

Deno.test("fitGrowth() leaves out what is compared with a size", () => {
  const [first] = benches((n) => n);
  assert.equal(fitGrowth([{ ...first!, name: "10 rows, with LIKE" }]), undefined);
});
