/** Every command and option is found wherever somebody may look for it. */

import assert from "node:assert/strict";
import { loadAllCommands } from "../../src/cli/commands.ts";
import { commandUsage, optionName } from "../../src/cli/grammar/command.ts";
import { trop } from "../support/program.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

const SHELLS = ["bash", "elvish", "fish", "powershell", "zsh"];

const home = await trop.home();
const printed = async (...args: string[]) => (await home.run(args, { stdout: /^/ })).stdout;
const rootHelp = await printed("--help");
const scripts = await Promise.all(SHELLS.map(async (shell) => {
  return [shell, await printed("completions", shell, "--quiet")] as const;
}));
const page = read("docs/cli.md");
const manual = read("man/trop.1").replaceAll("\\-", "-");
await home[Symbol.asyncDispose]();

for (const command of await loadAllCommands()) {
  const { name, summary, options, examples } = command;
  const names = Object.keys(options).map(optionName);

  Deno.test(`help shows what ${name} does, how it is used, and examples`, async () => {
    await using home = await trop.home();
    assert.match(rootHelp, new RegExp(`^  ${name} +${summary}$`, "m"));
    const { stdout } = await home.run([name, "--help"], { stdout: /\n\nExamples:\n/ });
    assert(stdout.startsWith(`${summary}\n\nUsage: ${commandUsage(command)}\n`));
    for (const option of names) assert.match(stdout, new RegExp(`^  ${option}\\b`, "m"));
    for (const { command } of examples) assert(stdout.includes(`\n  ${command}`), command);
  });

  Deno.test(`completions, manual and docs/cli.md know ${name} and its options`, () => {
    for (const [shell, script] of scripts) {
      for (const word of [name, ...names]) {
        const typed = shell === "fish" ? word.replace(/^--/, "-l ") : word;
        assert(new RegExp(`(?<!\\w)${typed}(?!\\w)`).test(script), `${shell}: ${word}`);
      }
    }
    assert(manual.includes(`.BR trop-${name} (1)`));
    const own = read(`man/trop-${name}.1`).replaceAll("\\-", "-");
    assert(own.includes(`trop-${name} - `));
    const section = page.split("\n## ").find((section) => section.startsWith(`trop ${name}\n`));
    assert(section !== undefined && page.includes(`(#trop-${name})`));
    for (const option of names) {
      assert(own.includes(`\n\\fB${option}`), option);
      assert(section.includes(`\n| \`${option}`), option);
    }
  });
}

Deno.test("what is hidden is in no list", () => {
  assert(!rootHelp.includes("__complete") && !page.includes("__complete"));
  for (const [shell, script] of scripts) {
    const calls = script.replaceAll("trop __complete", "");
    assert(!calls.includes("__complete"), shell);
  }
});
