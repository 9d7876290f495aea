import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("the package for JSR holds the program and nothing else", async () => {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const words = new TextDecoder().decode(stderr);
  assert(success, words);
  const files = Array.from(words.matchAll(/^ +file:\/\/(.*) \(.*\)$/gm), ([, path = ""]) => {
    return path.slice(ROOT.length);
  });
  const sources = files.filter((file) => file.startsWith("src/"));
  assert(sources.includes("src/cli/app.ts"));
  assert(!sources.includes("src/database/driver_ffi.ts"));
  const others = files.filter((file) => !sources.includes(file));
  assert.deepEqual(others, ["CHANGELOG.md", "LICENSE", "README.md", "deno.json", "main.ts"]);
});
