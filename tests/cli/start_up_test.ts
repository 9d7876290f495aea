/**
 * What a `trop reserve` does that finds its reservation, counted: times would be noisy. Whoever
 * needs more of something raises its number here, and says why in the commit.
 */

import assert from "node:assert/strict";
import { StatementSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { run } from "../../src/cli/app.ts";
import { IS_FFI, WATCHES_BUILT_IN } from "../support/flavour.ts";
import { FakeHost } from "../support/host.ts";
import type { Home } from "../support/program.ts";
import { homeStoring } from "../support/stored.ts";
import { hasStrace } from "../support/strace.ts";

const MOST_MODULES = 77;
const MOST_STATEMENTS = 16;
const MOST_SYSTEM_CALLS = 110;
/** Of them those that wait for the disk: for a new log, its directory, and the checkpoint. */
const MOST_WAITS = 4;

Deno.test(`a reserve evaluates at most ${MOST_MODULES} modules, and none for YAML`, async () => {
  await using home = await homeStoring([{}]);
  const modules = await modulesOfReserve(home);
  assert(modules.every((url) => !url.includes("yaml")), modules.join("\n"));
  assert(
    modules.length <= MOST_MODULES,
    `${modules.length} modules:\n${modules.sort().join("\n")}`,
  );
});

Deno.test("a reserve with a simple trop.yaml does without the YAML package", async () => {
  await using home = await homeStoring([{}], { "trop.yaml": "ports: { min: 5000 }\n" });
  const modules = await modulesOfReserve(home);
  assert(modules.some((url) => url.endsWith("/yaml_simple.ts")));
  assert(modules.every((url) => !url.includes("/yaml/")), modules.join("\n"));
});

/** The modules that are evaluated when a home's own port is found. */
async function modulesOfReserve(home: Home): Promise<string[]> {
  const coverage = home.path("coverage");
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  const flags = ["--quiet", "--no-prompt", "--allow-all", `--coverage=${coverage}`];
  const program = [Deno.execPath(), "run", ...flags, main];
  await home.run(["reserve"], { program, stdout: "5000\n" });
  return Array.from(Deno.readDirSync(coverage), ({ name }) => {
    return JSON.parse(Deno.readTextFileSync(`${coverage}/${name}`)).url;
  });
}

Deno.test(`a reserve runs at most ${MOST_STATEMENTS} SQL statements${WATCHES_BUILT_IN}`, {
  ignore: IS_FFI,
}, async () => {
  await using home = await homeStoring([{}]);
  const statements = (await statementsOf(["reserve"], home.directory))
    // How often it is set depends on whether a lock or the disk took a millisecond.
    .filter((sql) => !sql.startsWith("PRAGMA busy_timeout ="));
  const list = statements.join("\n");
  assert(statements.includes("BEGIN IMMEDIATE"), list);
  assert(statements.length <= MOST_STATEMENTS, `${statements.length} statements:\n${list}`);
});

Deno.test({
  name: `a reserve makes at most ${MOST_SYSTEM_CALLS} system calls about its files` +
    (hasStrace ? "" : " (ignored: there is no strace)"),
  ignore: !hasStrace,
  fn: async () => {
    // Within the second of the last use, less would be written.
    await using home = await homeStoring([{ lastUsedAt: 1_772_356_500 }]);
    const script = 'exec strace -f -qq -y -esignal=none -o"$HOME/trace" "$@"';
    await home.run(["reserve"], { script, stdout: "5000\n" });
    // A call that another thread interrupts fills two lines, and only the second one has what
    // getcwd answers.
    const calls = (await home.read("trace"))
      .replaceAll(/AT_FDCWD<.*?>|execve.*|.*resumed>.*|.*getcwd.*/g, "")
      .split("\n").filter((line) => line.includes(home.directory));
    const list = calls.join("\n");
    assert(calls.length <= MOST_SYSTEM_CALLS, `${calls.length} calls:\n${list}`);
    assert(calls.filter((line) => line.includes("fsync(")).length <= MOST_WAITS, list);
  },
});

/** Every statement that runs while `trop args` does. */
async function statementsOf(args: readonly string[], home: string): Promise<readonly string[]> {
  const host = new FakeHost({ cwd: home, env: { HOME: home }, now: Math.floor(Date.now() / 1000) });
  const statements: string[] = [];
  const { get, all, run: runStatement, iterate } = StatementSync.prototype;
  const watched = (method: typeof get | typeof all | typeof runStatement | typeof iterate) =>
    function (this: StatementSync, ...parameters: never[]) {
      statements.push(this.sourceSQL);
      return Reflect.apply(method, this, parameters);
    };
  const original = { get, all, run: runStatement, iterate };
  Object.assign(StatementSync.prototype, {
    get: watched(get),
    all: watched(all),
    run: watched(runStatement),
    iterate: watched(iterate),
  });
  try {
    assert.equal(await run(args, host), 0, host.written.stderr);
  } finally {
    Object.assign(StatementSync.prototype, original);
  }
  return statements;
}
