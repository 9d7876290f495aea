/**
 * What a `trop reserve` does that finds its reservation, counted: times would be noisy. Whoever
 * needs more of something raises its number here, and says why in the commit.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { repeatReserve } from "../../src/cli/fast_path.ts";
import { IS_FFI, WATCHES_BUILT_IN } from "../support/flavour.ts";
import { FakeHost } from "../support/host.ts";
import type { Home } from "../support/program.ts";
import { statementsDuring } from "../support/statements.ts";
import { homeStoring } from "../support/stored.ts";
import { hasStrace } from "../support/strace.ts";

const MOST_MODULES = 27;
const MOST_MODULES_WITH_FILE = 44;
const MOST_STATEMENTS = 10;
const MOST_SYSTEM_CALLS = 107;
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

Deno.test(`one with a simple trop.yaml evaluates at most ${MOST_MODULES_WITH_FILE}, and not the YAML package`, async () => {
  await using home = await homeStoring([{}], { "trop.yaml": "ports: { min: 5000 }\n" });
  const modules = await modulesOfReserve(home);
  assert(modules.some((url) => url.endsWith("/yaml_simple.ts")));
  assert(modules.every((url) => !url.includes("/yaml/")), modules.join("\n"));
  assert(
    modules.length <= MOST_MODULES_WITH_FILE,
    `${modules.length} modules:\n${modules.sort().join("\n")}`,
  );
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
  const now = Math.floor(Date.now() / 1000);
  const host = new FakeHost({ cwd: home.directory, env: { HOME: home.directory }, now });
  const statements = await statementsDuring(() => repeatReserve(host));
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
