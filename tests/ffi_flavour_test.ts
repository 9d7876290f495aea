import assert from "node:assert/strict";
import { parse } from "yaml";

interface Config {
  readonly imports: Readonly<Record<string, string>>;
  readonly compilerOptions: unknown;
  readonly unstable: unknown;
}

/** Every YAML parser reads JSON with comments in these two, once the comments are its own. */
function readConfig(name: string): Config {
  const text = Deno.readTextFileSync(new URL(`../${name}`, import.meta.url));
  return parse(text.replace(/^(\s*)\/\//gm, "$1#"));
}

Deno.test("deno.ffi.json differs from deno.json in its driver alone", () => {
  const usual = readConfig("deno.json");
  const ffi = readConfig("deno.ffi.json");
  assert.deepEqual(ffi.compilerOptions, usual.compilerOptions);
  assert.deepEqual(ffi.unstable, usual.unstable);
  assert.deepEqual(ffi.imports, {
    ...usual.imports,
    "./src/database/driver.ts": "./src/database/driver_ffi.ts",
    "@db/sqlite": "jsr:@db/sqlite@0.13.0",
  });
});
