import assert from "node:assert/strict";

import { parsePasswd } from "../../src/allocation/listeners_proc.ts";

Deno.test("parsePasswd() reads names by number, the first of several, and nothing else", () => {
  const text = [
    "root:x:0:0:root:/root:/bin/bash",
    "toor:x:0:0:another root:/root:/bin/sh",
    "# a comment: with: colons",
    "+::::::",
    "",
    "dev:x:1000:1000::/home/dev:/bin/sh",
    ":x:7:7::/:/bin/false",
  ].join("\n");
  assert.deepEqual([...parsePasswd(text)], [[0, "root"], [1000, "dev"]]);
});
