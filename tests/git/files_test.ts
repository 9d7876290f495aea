import assert from "node:assert/strict";
import { nativePaths } from "../../src/domain/path.ts";
import { readSmallFile } from "../../src/git/files.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

Deno.test("readSmallFile() reads up to 8 KiB, exactly as they are", () => {
  using temporary = temporaryDirectory();
  const path = nativePaths.join(temporary.path, "file");
  for (const text of ["\ufeffa\r\n", "x".repeat(8192)]) {
    Deno.writeTextFileSync(path, text);
    assert.equal(readSmallFile(path), text);
  }
});

Deno.test("readSmallFile() refuses what is larger, empty, missing, a directory or not UTF-8", () => {
  using temporary = temporaryDirectory();
  const at = (name: string) => nativePaths.join(temporary.path, name);
  Deno.writeTextFileSync(at("large"), "x".repeat(8193));
  Deno.writeTextFileSync(at("empty"), "");
  Deno.writeFileSync(at("latin"), new Uint8Array([0x61, 0xff]));
  for (const name of ["large", "empty", "latin", "missing", "."]) {
    assert.equal(readSmallFile(at(name)), undefined, name);
  }
});
