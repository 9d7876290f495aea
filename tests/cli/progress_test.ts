import assert from "node:assert/strict";
import { run } from "../../src/cli/app.ts";
import { Output, type Verbosity } from "../../src/cli/output.ts";
import { Progress } from "../../src/cli/progress.ts";
import { databaseOptions } from "../../src/database/config.ts";
import { openDatabase } from "../../src/database/connection.ts";
import { FakeHost } from "../support/host.ts";
import { databaseOf, homeStoring } from "../support/stored.ts";

/** A host whose clock goes on by a second each time that somebody looks at it. */
function hurried(world: ConstructorParameters<typeof FakeHost>[0]): FakeHost {
  let seconds = 0;
  return Object.assign(new FakeHost(world), { now: () => seconds++ });
}

/** Takes five steps, a second each. @returns What was written. */
function fiveSteps(host: FakeHost, verbosity: Verbosity): string {
  {
    using progress = new Progress(host, new Output(host, verbosity), (count) => `${count} of 5`);
    for (let step = 0; step < 5; step++) progress.step();
  }
  assert.equal(host.written.stdout, "");
  return host.written.stderr;
}

Deno.test("a terminal is told how far it is, from the second second on, and nothing stays", () => {
  const shown = [2, 3, 4, 5].map((count) => `\r${count} of 5\x1b[K`).join("");
  assert.equal(fiveSteps(hurried({ terminal: true }), "normal"), `${shown}\r\x1b[K`);
});

Deno.test("work that is soon done shows nothing", () => {
  assert.equal(fiveSteps(new FakeHost({ terminal: true }), "normal"), "");
});

for (
  const [why, world, verbosity] of [
    ["where nobody looks", { terminal: false }, "normal"],
    ["with --quiet", { terminal: true }, "quiet"],
    ["on a terminal that cannot go back", { terminal: true, env: { TERM: "dumb" } }, "normal"],
  ] as const
) {
  Deno.test(`nothing is shown ${why}`, () => {
    assert.equal(fiveSteps(hurried(world), verbosity), "");
  });
}

Deno.test("a terminal is told that a lock is waited for, and the failure stands alone", async () => {
  await using home = await homeStoring([]);
  using other = openDatabase(databaseOptions(databaseOf(home)));
  other.prepare("BEGIN IMMEDIATE").run();
  const world = { terminal: true, cwd: home.directory, env: { HOME: home.directory } };
  for (const [args, waits] of [["2", true], ["2 --quiet", false], ["1", false]] as const) {
    const host = new FakeHost(world);
    assert.equal(await run(["prune", "--busy-timeout", ...args.split(" ")], host), 2);
    const waiting = "\rWaiting for another process that has the database locked\x1b[K\r\x1b[K";
    const error = "Error: database lock timeout while starting an immediate database transaction " +
      `after ${args[0]}s\n`;
    assert.equal(host.written.stderr, (waits ? waiting : "") + error);
  }
});

for (
  const [args, line] of [
    [["scan", "--min", "6000", "--max", "6010"], "Looked at 2 of 11 ports"],
    [["prune", "--dry-run"], "Looked at 2 directories"],
    [["autoclean"], "Looked at 2 directories"],
  ] as const
) {
  Deno.test(`\`trop ${args.join(" ")}\` says how far it is`, async () => {
    await using home = await homeStoring([{ path: "a" }, { path: "b" }, { path: "c" }]);
    const host = hurried({ terminal: true, cwd: home.directory, env: { HOME: home.directory } });
    assert.equal(await run(args, host), 0);
    assert(host.written.stderr.includes(`\r${line}\x1b[K`), host.written.stderr);
  });
}
