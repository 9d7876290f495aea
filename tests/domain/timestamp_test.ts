import assert from "node:assert/strict";
import {
  formatTimestamp,
  isTimestamp,
  MAX_TIMESTAMP,
  systemClock,
} from "../../src/domain/timestamp.ts";

for (
  const [value, expected] of [
    [0, true],
    [MAX_TIMESTAMP, true],
    [-1, false],
    [MAX_TIMESTAMP + 1, false],
    [1.5, false],
    [NaN, false],
    [Infinity, false],
  ] as const
) {
  Deno.test(`isTimestamp(${value})`, () => assert.equal(isTimestamp(value), expected));
}

for (
  const [seconds, shown] of [
    [0, "1970-01-01 00:00:00"],
    [951_868_799, "2000-02-29 23:59:59"],
    [1_772_356_500, "2026-03-01 09:15:00"],
    [253_402_300_799, "9999-12-31 23:59:59"],
    [253_402_300_800, "+10000-01-01 00:00:00"],
    [MAX_TIMESTAMP, "+262142-12-31 23:59:59"],
  ] as const
) {
  Deno.test(`formatTimestamp(${seconds}) is ${shown}`, () => {
    assert.equal(formatTimestamp(seconds), shown);
  });
}

Deno.test("systemClock() gives whole seconds of the present", () => {
  const before = Math.floor(Date.now() / 1000);
  const now = systemClock();
  assert(isTimestamp(now));
  assert(before <= now && now <= before + 60);
});
