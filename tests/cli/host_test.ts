import assert from "node:assert/strict";
import { systemHost, writeAll } from "../../src/cli/host.ts";

Deno.test("writeAll() goes on until a stream has taken everything", () => {
  const taken: number[] = [];
  const stream = {
    writeSync(bytes: Uint8Array): number {
      const piece = bytes.subarray(0, 3);
      taken.push(...piece);
      return piece.length;
    },
  };
  writeAll(stream, "größe 你好\n");
  assert.equal(new TextDecoder().decode(new Uint8Array(taken)), "größe 你好\n");
});

Deno.test("the system's host reads variables and tells the directory and the time", () => {
  Deno.env.set("TROP_TEST_VARIABLE", "x");
  assert.equal(systemHost.env("TROP_TEST_VARIABLE"), "x");
  Deno.env.delete("TROP_TEST_VARIABLE");
  assert.equal(systemHost.env("TROP_TEST_VARIABLE"), undefined);
  assert.equal(systemHost.cwd(), Deno.cwd());
  const now = Date.now() / 1000;
  assert(Math.abs(systemHost.now() - now) < 5);
});
