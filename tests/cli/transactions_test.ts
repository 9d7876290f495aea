/**
 * What a command changes, and in how many transactions, on a database that is there already.
 */

import assert from "node:assert/strict";
import { run } from "../../src/cli/app.ts";
import { IS_FFI, WATCHES_BUILT_IN } from "../support/flavour.ts";
import { FakeHost } from "../support/host.ts";
import { statementsDuring } from "../support/statements.ts";
import { homeStoring } from "../support/stored.ts";

const WRITING: readonly (readonly [args: string, changes: readonly string[]])[] = [
  ["reserve --skip-occupancy-check", ["INSERT"]],
  ["release --path /gone --force", ["DELETE"]],
  ["prune", ["DELETE"]],
  ["expire", []],
  ["autoclean", ["DELETE"]],
  // The last one makes room for the new row.
  ["migrate --from /gone --to /other", ["DELETE", "DELETE", "INSERT"]],
];

const INIT = "init --overwrite";

const READING = [
  "list",
  "list-projects",
  "assert-reservation --path /gone",
  "assert-port 5000",
  "env --path /gone",
  "url --path /gone",
  "assert-data-dir --validate",
  "exclude 6000 --global",
  ...[...WRITING.map(([args]) => args), INIT].map((args) => `${args} --dry-run`),
];

const ignore = IS_FFI;

for (const [args, changes] of WRITING) {
  Deno.test(
    `\`trop ${args}\` writes in one transaction${WATCHES_BUILT_IN}`,
    { ignore },
    async () => {
      assert.deepEqual(await statementsOf(args), ["BEGIN IMMEDIATE", ...changes, "COMMIT"]);
    },
  );
}

Deno.test(`\`trop ${INIT}\` writes in one transaction${WATCHES_BUILT_IN}`, { ignore }, async () => {
  const begins = (await statementsOf(INIT)).filter((sql) => sql.startsWith("BEGIN "));
  assert.deepEqual(begins, ["BEGIN IMMEDIATE"]);
});

for (const args of READING) {
  Deno.test(`\`trop ${args}\` writes nothing${WATCHES_BUILT_IN}`, { ignore }, async () => {
    assert.deepEqual(await statementsOf(args), []);
  });
}

/** What changes something, or begins or ends such changes, while `trop args` runs. */
async function statementsOf(args: string): Promise<string[]> {
  await using home = await homeStoring([{ path: "/gone" }]);
  const host = new FakeHost({
    cwd: home.directory,
    env: { HOME: home.directory },
    now: Math.floor(Date.now() / 1000),
  });
  const statements = await statementsDuring(async () => {
    assert.equal(await run(args.split(" "), host), 0, host.written.stderr);
  }, ["run"]);
  const first = statements.findIndex((sql) => !/^(PRAGMA|BEGIN$|COMMIT$)/.test(sql));
  return first === -1 ? [] : statements.slice(first)
    .map((sql) => /^BEGIN|COMMIT/.test(sql) ? sql : sql.split(" ")[0]!);
}
