import assert from "node:assert/strict";
import { DEFAULT_RANGE, isPort, MAX_PORT, parsePort, toPort } from "../../src/domain/port.ts";
import { TropError } from "../../src/errors.ts";

for (
  const [value, expected] of [
    [1, true],
    [1023, true],
    [MAX_PORT, true],
    [0, false],
    [-1, false],
    [MAX_PORT + 1, false],
    [8080.5, false],
    [NaN, false],
    [Infinity, false],
  ] as const
) {
  Deno.test(`isPort(${value})`, () => assert.equal(isPort(value), expected));
}

Deno.test("toPort() takes a port and blames the field that holds none", () => {
  assert.equal(toPort(8080), 8080);
  assert.throws(() => toPort(0, "ports.min"), (error) => {
    assert(error instanceof TropError && error.failure.code === "validation");
    return error.failure.field === "ports.min";
  });
});

for (const [text, port] of [["1", 1], ["+65535", 65535], ["0008080", 8080]] as const) {
  Deno.test(`parsePort() takes ${JSON.stringify(text)}`, () => assert.equal(parsePort(text), port));
}

for (
  const [text, reason] of [
    ["0", "port 0"],
    ["+000", "port 0"],
    ["65536", "too large"],
    ["9".repeat(400), "too large"],
    ["", "not a number"],
    ["+", "not a number"],
    ["-1", "not a number"],
    ["++1", "not a number"],
    ["80 ", "not a number"],
    ["80\n", "not a number"],
    ["8_080", "not a number"],
    ["0x50", "not a number"],
    ["8e3", "not a number"],
    ["80.0", "not a number"],
    ["٨٠", "not a number"],
  ] as const
) {
  Deno.test(`parsePort() refuses ${JSON.stringify(text.slice(0, 9))} (${reason})`, () => {
    assert.throws(() => parsePort(text, "--min"), (error) => {
      assert(error instanceof TropError && error.failure.code === "invalid-arguments");
      const { message } = error.failure;
      assert(message.includes("--min") && message.includes(JSON.stringify(text)), message);
      return message.includes(reason);
    });
  });
}

Deno.test("the built-in range is 5000 to 7000", () => {
  assert.deepEqual(DEFAULT_RANGE, { min: 5000, max: 7000 });
});
