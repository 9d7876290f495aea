import assert from "node:assert/strict";
import { COMMAND_NAMES, loadAllCommands, loadCommand } from "../../src/cli/commands.ts";
import {
  choice,
  commandUsage,
  defineCommand,
  flag,
  type Given,
  integer,
  optionName,
  path,
  text,
  type Value,
} from "../../src/cli/grammar/command.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/grammar/command.ts";
import { allTitles } from "../../src/cli/grammar/titles.ts";

/** Compiles only when `A` and `B` are the same type. */
function same<A, B>(
  ..._proof: (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? []
    : ["the types differ"]
): void {}

const options = {
  dryRun: flag({ summary: "" }),
  tag: text({ summary: "", valueName: "TAG" }),
  from: path({ summary: "", valueName: "PATH", required: true }),
  days: integer({ summary: "", valueName: "DAYS", max: 9 }),
  format: choice({ summary: "", valueName: "FORMAT", values: ["json", "csv"] }),
};

Deno.test("run() gets the types of the options and positionals declared beside it", () => {
  const command = defineCommand({
    name: "example",
    group: "inspect",
    summary: "",
    options,
    positionals: {
      file: path({ summary: "", valueName: "FILE", required: true }),
      port: integer({ summary: "", valueName: "PORT", max: 65535 }),
    },
    run({ options, positionals, globals }) {
      same<typeof options, {
        readonly dryRun: boolean;
        readonly tag: string | undefined;
        readonly from: string;
        readonly days: number | undefined;
        readonly format: "json" | "csv" | undefined;
      }>();
      same<typeof positionals, { readonly file: string; readonly port: number | undefined }>();
      same<typeof globals.dataDir, string | undefined>();
      same<typeof globals.quiet, boolean>();
      // @ts-expect-error: the command declares no such option
      options.nope;
    },
  });
  assert.equal(commandUsage(command), "trop example [OPTIONS] --from <PATH> <FILE> [PORT]");
});

Deno.test("a command without options or positionals offers none", () => {
  const command = defineCommand({
    name: "bare",
    group: "inspect",
    summary: "",
    run({ options, positionals }) {
      same<keyof typeof options, never>();
      same<keyof typeof positionals, never>();
    },
  });
  assert.deepEqual([command.options, command.positionals, command.examples], [{}, {}, []]);
});

Deno.test("the types of two options differ when one is required", () => {
  type Both = Given<{ a: Value<string, true>; b: Value<string, false> }>;
  same<Both, { readonly a: string; readonly b: string | undefined }>();
  // @ts-expect-error: `same` tells types apart
  same<Both, { readonly a: string; readonly b: string }>();
});

Deno.test("optionName() spells a key in kebab case", () => {
  assert.equal(optionName("dryRun"), "--dry-run");
  assert.equal(optionName("skipIpv4"), "--skip-ipv4");
});

Deno.test("every command is found under its own name", async () => {
  const commands = await loadAllCommands();
  assert.deepEqual(commands.map(({ name }) => name), COMMAND_NAMES);
  assert.equal(await loadCommand("constructor"), undefined);
});

Deno.test("every command is listed with its own title, and in the same order", async () => {
  const titles = (await loadAllCommands())
    .map(({ name, group, summary }) => ({ name, group, summary }));
  assert.deepEqual(allTitles(), titles);
});

for (const command of await loadAllCommands()) {
  Deno.test(`the record of ${command.name} refers to its own options only`, () => {
    const keys = Object.keys(command.options);
    for (const [key, { conflictsWith = [], requires }] of Object.entries(command.options)) {
      assert(!(key in GLOBAL_OPTIONS), `${key} is a global option`);
      for (const other of conflictsWith) assert(keys.includes(other), `${key}: ${other}`);
      assert(requires === undefined || keys.includes(requires), `${key}: ${requires}`);
    }
  });

  Deno.test(`the positionals of ${command.name} that can be left out come last`, () => {
    const required = Object.values(command.positionals).map((operand) => operand.required);
    assert(!required.join().includes("false,true"));
  });

  Deno.test(`the record of ${command.name} reads well in the help`, () => {
    assert.match(command.summary, /^[A-Z].{0,57}[^.]$/, "a line of the root help");
    for (const [code, meaning] of command.exitCodes) {
      assert.match(code, /^(\d+|128\+n|other)$/);
      assert.match(meaning, /^[A-Za-z].*[^.]$/);
    }
  });

  Deno.test(`the record of ${command.name} has two or three examples of it`, () => {
    const lines = command.examples.map(({ command }) => command);
    for (const line of lines) assert(line.includes(`trop ${command.name}`), line);
    assert([2, 3].includes(lines.length), `${lines.length}`);
  });
}
