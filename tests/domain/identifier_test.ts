import assert from "node:assert/strict";
import { parseIdentifier, parseTag } from "../../src/domain/identifier.ts";
import { TropError } from "../../src/errors.ts";

/** Asserts that `parse` blames `field`, in words that match `message`. */
function assertRefused(parse: () => string, field: string, message: RegExp): void {
  assert.throws(parse, (error) => {
    assert(error instanceof TropError && error.failure.code === "validation");
    assert.equal(error.failure.field, field);
    assert.match(error.failure.message, message);
    return true;
  });
}

for (
  const [text, tag] of [
    ["web", "web"],
    [" \u0085web api\n", "web api"],
    ["\ufeffweb", "\ufeffweb"],
    ["größe\t\x1b:/", "größe\t\x1b:/"],
    ["x".repeat(100_000), "x".repeat(100_000)],
  ] as const
) {
  Deno.test(`parseTag() takes ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.equal(parseTag(text), tag);
  });
}

for (
  const [text, message] of [
    ["", /^Cannot be empty or only whitespace$/],
    [" \t\u3000", /^Cannot be empty or only whitespace$/],
    ["a\0", /^Cannot contain null bytes/],
    ["\ud800", /broken Unicode/],
  ] as const
) {
  Deno.test(`parseTag() refuses ${JSON.stringify(text)}`, () => {
    assertRefused(() => parseTag(text), "tag", message);
  });
}

for (
  const [text, identifier] of [
    [" shop ", "shop"],
    ["x".repeat(255), "x".repeat(255)],
    [` ${"ü".repeat(127)} `, "ü".repeat(127)],
    ["feature/größe", "feature/größe"],
  ] as const
) {
  Deno.test(`parseIdentifier() takes ${JSON.stringify(text.slice(0, 20))} (${text.length})`, () => {
    assert.equal(parseIdentifier("project", text), identifier);
  });
}

for (
  const [text, message] of [
    ["", /^Cannot be empty or only whitespace$/],
    ["\u00a0", /^Cannot be empty or only whitespace$/],
    ["a\0b", /^Cannot contain null bytes$/],
    ["\udfff", /broken Unicode/],
    ["x".repeat(256), /^Cannot exceed 255 characters$/],
    ["ü".repeat(128), /^Cannot exceed 255 characters$/],
  ] as const
) {
  Deno.test(`parseIdentifier() refuses ${JSON.stringify(text.slice(0, 9))} (${message})`, () => {
    assertRefused(() => parseIdentifier("task", text), "task", message);
  });
}
