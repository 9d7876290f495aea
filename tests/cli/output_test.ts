import assert from "node:assert/strict";
import { chooseVerbosity, Output } from "../../src/cli/output.ts";
import { FakeHost } from "../support/host.ts";

for (
  const [verbosity, stderr] of [
    ["quiet", ""],
    ["normal", "Released a\\tb\nWarning: nothing left\n"],
    ["verbose", "Released a\\tb\nWarning: nothing left\nlooked at 3 rows\n"],
  ] as const
) {
  Deno.test(`a ${verbosity} command says ${JSON.stringify(stderr)} besides its product`, () => {
    const host = new FakeHost();
    const output = new Output(host, verbosity);
    output.product("5000\t\n");
    output.status("Released a\tb");
    output.warn("nothing left");
    output.detail("looked at 3 rows");
    assert.deepEqual(host.written, { stdout: "5000\t\n", stderr });
  });
}

for (
  const [quiet, verbose, logMode, expected] of [
    [false, false, undefined, "normal"],
    [true, false, undefined, "quiet"],
    [false, true, undefined, "verbose"],
    [true, true, undefined, "quiet"],
    [false, false, "Quiet", "quiet"],
    [false, false, "VERBOSE", "verbose"],
    [false, false, "normal", "normal"],
    [false, false, "loud", "normal"],
    [false, false, "", "normal"],
    [false, true, "quiet", "verbose"],
    [true, false, "verbose", "quiet"],
  ] as const
) {
  const flags = { quiet, verbose };
  Deno.test(`chooseVerbosity(${JSON.stringify(flags)}, ${logMode}) is ${expected}`, () => {
    assert.equal(chooseVerbosity(flags, logMode), expected);
  });
}
