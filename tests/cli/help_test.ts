import assert from "node:assert/strict";
import { loadAllCommands } from "../../src/cli/commands.ts";
import {
  choice,
  type Command,
  commandUsage,
  defineCommand,
  flag,
  optionLabel,
  path,
  text,
} from "../../src/cli/grammar/command.ts";
import { commandHelp, type HelpOptions, rootHelp } from "../../src/cli/grammar/help.ts";
import { allTitles } from "../../src/cli/grammar/titles.ts";

const PLAIN: HelpOptions = { env: () => undefined, styled: false };

const example = defineCommand({
  name: "example",
  group: "clean up",
  summary: "Show what the help can do",
  description: ["One paragraph.", "Another one."],
  options: {
    path: path({ summary: "Directory", valueName: "PATH", env: "TROP_PATH", default: "here" }),
    format: choice({ summary: "Format", valueName: "FORMAT", values: ["json", "csv"] }),
    projectThatHasAVeryLongName: text({
      summary: "Project, which is explained at such length that it takes another line",
      valueName: "PROJECT",
      configEnv: "TROP_PROJECT",
    }),
    dryRun: flag({ summary: "Only look" }),
  },
  positionals: { file: path({ summary: "File to read", valueName: "FILE", required: true }) },
  examples: [{ command: "trop example a.yaml", effect: "Read a.yaml" }],
  run() {},
});

Deno.test("commandHelp() shows all that a record holds", () => {
  assert.equal(
    commandHelp(example, PLAIN),
    `Show what the help can do

Usage: trop example [OPTIONS] <FILE>

One paragraph.

Another one.

Arguments:
  <FILE>                      File to read

Options:
  --path <PATH>               Directory [default: here] [env: TROP_PATH]
  --format <FORMAT>           Format [possible values: json, csv]
  --project-that-has-a-very-long-name <PROJECT>
                              Project, which is explained at such length that it
                              takes another line [env: TROP_PROJECT]
  --dry-run                   Only look

Global options:
  --verbose                   Say more on standard error
  --quiet                     Say nothing but errors on standard error
  --data-dir <PATH>           Directory that holds the database
                              [default: ~/.trop] [env: TROP_DATA_DIR]
  --busy-timeout <SECONDS>    Longest wait for a locked database; 0 does not
                              wait [default: 5] [env: TROP_BUSY_TIMEOUT]
  --disable-autoinit          Fail rather than create a missing database
                              [env: TROP_DISABLE_AUTOINIT]
  -h, --help                  Print help

Examples:
  trop example a.yaml  Read a.yaml
`,
  );
});

Deno.test("commandHelp() shows what follows the options of a command that runs another", () => {
  const trailing = { valueName: "COMMAND", summary: "The program and its arguments" };
  const help = commandHelp({ ...example, positionals: {}, trailing } as Command, PLAIN);
  assert(help.includes("\n\nUsage: trop example [OPTIONS] -- <COMMAND>...\n\n"), help);
  assert(help.includes("\n  -- <COMMAND>...             The program and its arguments\n"), help);
});

Deno.test("help shows the current value of a variable, and lets it not drive the terminal", () => {
  const values: Record<string, string> = { TROP_PATH: "/a\u001b[2J", TROP_PROJECT: "" };
  const help = commandHelp(example, { env: (name) => values[name], styled: false });
  assert(help.includes("[env: TROP_PATH=/a\\u{1b}[2J]"));
  assert(help.includes("[env: TROP_PROJECT=]"));
});

Deno.test("only the headings of a styled help are bold", () => {
  const styled = commandHelp(example, { ...PLAIN, styled: true });
  assert(styled.includes("\x1b[1mUsage:\x1b[0m trop example"));
  assert(styled.includes("\x1b[1mOptions:\x1b[0m\n"));
  const plain = styled.replaceAll("\x1b[1m", "").replaceAll("\x1b[0m", "");
  assert.equal(plain, commandHelp(example, PLAIN));
});

Deno.test("rootHelp() lists the commands by their groups, and no empty group", () => {
  const other = {
    ...example,
    name: "other",
    group: "reserve",
    summary: "Do other things",
  } as const;
  const help = rootHelp([example, other] as Command[], PLAIN);
  const begin =
    "Reserve:\n  other           Do other things\n\nClean up:\n  example         Show what the help can do";
  assert(help.includes(begin), help);
  assert(!help.includes("Inspect:"));
});

Deno.test("rootHelp() says what trop is for, how it is used and how it ends", () => {
  const help = rootHelp([example], PLAIN);
  assert(
    help.startsWith("Manage ephemeral port reservations\n\nUsage: trop [OPTIONS] <COMMAND>\n"),
  );
  for (const part of ["help [COMMAND]", "-V, --version", "TROP_LOG_MODE", "  7  The conf"]) {
    assert(help.includes(part), part);
  }
});

const commands = await loadAllCommands();

Deno.test("rootHelp() lists every command", () => {
  const help = rootHelp(allTitles(), PLAIN);
  for (const { name } of commands) assert.match(help, new RegExp(`^  ${name}  +[A-Z]`, "m"));
  assertFits(help);
});

for (const command of commands) {
  Deno.test(`the help of ${command.name} begins with its summary and shows every option`, () => {
    const help = commandHelp(command, PLAIN);
    assert(help.startsWith(`${command.summary}\n\nUsage: ${commandUsage(command)}\n`));
    for (const [key, option] of Object.entries(command.options)) {
      assert(help.includes(`\n  ${optionLabel(key, option)}`), key);
    }
    assertFits(help);
  });
}

function assertFits(help: string) {
  for (const line of help.split("\n")) assert(line.length <= 80, line);
}

Deno.test("the root help names the variables that no help of a command does", () => {
  const help = rootHelp([], PLAIN);
  for (const name of ["TROP_EXCLUDED_PORTS", "TROP_PORT_MAX_OFFSET", "TROP_DISCOVERY"]) {
    assert.match(help, new RegExp(`^  ${name} +[A-Z]`, "m"));
  }
  assert(!help.includes("TROP_PORT_MIN"));
  assertFits(help);
});

Deno.test("help says which option another one needs", () => {
  const options = {
    look: flag({ summary: "Look" }),
    far: flag({ summary: "Far", requires: "look" }),
  };
  const help = commandHelp({ ...example, options } as Command, PLAIN);
  assert(help.includes("Far [only with --look]\n"), help);
});

Deno.test("help says what exit codes mean", () => {
  const help = commandHelp({ ...example, exitCodes: [["1", "It is not so"]] }, PLAIN);
  assert(help.includes("\nExit codes:\n  1  It is not so\n"), help);
});
