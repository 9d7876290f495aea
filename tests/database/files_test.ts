import assert from "node:assert/strict";
import { databaseOptions } from "../../src/database/config.ts";
import { prepareFile } from "../../src/database/files.ts";
import { failureOf } from "../support/database.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

for (
  const path of ["trop.db", "a/trop.db", "a/b/trop.db", "a/.//b/c//trop.db", "a/../c/trop.db"]
) {
  Deno.test(`prepareFile() creates ${path} and what is missing above it`, () => {
    using home = temporaryDirectory();
    Deno.mkdirSync(`${home.path}/a`);
    const full = `${home.path}/${path}`;
    prepareFile(databaseOptions(full));
    assert.equal(Deno.statSync(full).size, 0);
    // Whoever comes second takes it as it is.
    prepareFile(databaseOptions(full));
  });
}

Deno.test("prepareFile() says of a directory that is a link to nowhere what it is", () => {
  using home = temporaryDirectory();
  Deno.symlinkSync("nowhere", `${home.path}/data`);
  const failure = failureOf(() => prepareFile(databaseOptions(`${home.path}/data/trop.db`)));
  assert(failure.code === "cannot-open-database");
  assert.equal(failure.path, `${home.path}/data`);
  assert.equal(failure.reason, "it is a link to what does not exist, not a directory");
});
