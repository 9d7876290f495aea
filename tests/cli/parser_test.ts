import assert from "node:assert/strict";
import { choice, defineCommand, flag, integer, path, text } from "../../src/cli/grammar/command.ts";
import {
  missingCommand,
  parseCommand,
  parseRoot,
  unknownCommand,
} from "../../src/cli/grammar/parser.ts";
import { TropError } from "../../src/errors.ts";

/** A command with an option of every kind. */
const example = defineCommand({
  name: "example",
  group: "inspect",
  summary: "Show what the parser can do",
  options: {
    path: path({ summary: "Directory", valueName: "PATH", env: "TROP_PATH" }),
    tag: text({ summary: "Tag", valueName: "TAG", configEnv: "TROP_TAG" }),
    project: text({ summary: "Project", valueName: "PROJECT", conflictsWith: ["clearProject"] }),
    clearProject: flag({ summary: "No project" }),
    days: integer({ summary: "Days", valueName: "DAYS", max: 65535 }),
    format: choice({ summary: "Format", valueName: "FORMAT", values: ["json", "csv"] }),
    style: choice({
      summary: "Style",
      valueName: "STYLE",
      values: ["plain", "bold"],
      ignoreCase: true,
    }),
    check: flag({ summary: "Check" }),
    skipTcp: flag({ summary: "Skip", requires: "check" }),
    dryRun: flag({ summary: "Only look" }),
  },
  positionals: {
    file: path({ summary: "File", valueName: "FILE" }),
    port: integer({ summary: "Port", valueName: "PORT", max: 65535 }),
  },
  run() {},
});

const NOTHING = {
  options: {
    path: undefined,
    tag: undefined,
    project: undefined,
    clearProject: false,
    days: undefined,
    format: undefined,
    style: undefined,
    check: false,
    skipTcp: false,
    dryRun: false,
  },
  positionals: { file: undefined, port: undefined },
  trailing: [],
  globals: {
    verbose: false,
    quiet: false,
    dataDir: undefined,
    busyTimeout: undefined,
    disableAutoinit: false,
  },
};

/** Parses what would stand behind `trop` on a command line that uses `example`. */
function parse(line: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const root = parseRoot(line);
  assert(root.kind === "command" && root.name === "example", `${root.kind} is no example`);
  return parseCommand(example, root, (name) => env[name]);
}

function given(line: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const parsed = parse(line, env);
  assert(parsed.kind === "run", "it asks for help");
  return parsed;
}

function assertRejects(line: readonly string[], message: string, env = {}) {
  assert.throws(() => parse(line, env), (error) => {
    assert(error instanceof TropError);
    assert.deepEqual(error.failure, { code: "usage", message });
    return true;
  });
}

Deno.test("an empty command line gives every option the value of its absence", () => {
  assert.deepEqual(given(["example"]), { kind: "run", ...NOTHING });
});

for (
  const [line, options] of [
    ["--tag a", { tag: "a" }],
    ["--tag=a", { tag: "a" }],
    ["--tag=", { tag: "" }],
    ["--tag=a=b", { tag: "a=b" }],
    ["--tag -", { tag: "-" }],
    ["--tag=--dry-run", { tag: "--dry-run" }],
    ["--days +07", { days: 7 }],
    ["--days 0", { days: 0 }],
    ["--days=65535", { days: 65535 }],
    ["--format csv", { format: "csv" }],
    ["--style BOLD", { style: "bold" }],
    ["--dry-run", { dryRun: true }],
    ["--dry-run --path /x", { dryRun: true, path: "/x" }],
    ["--check --skip-tcp", { check: true, skipTcp: true }],
    ["--skip-tcp --check", { check: true, skipTcp: true }],
  ] as const
) {
  Deno.test(`\`${line}\` gives ${JSON.stringify(options)}`, () => {
    assert.deepEqual(given(["example", ...line.split(" ")]), {
      kind: "run",
      ...NOTHING,
      options: { ...NOTHING.options, ...options },
    });
  });
}

for (
  const [line, positionals] of [
    [["a.yaml"], { file: "a.yaml" }],
    [["a.yaml", "80"], { file: "a.yaml", port: 80 }],
    [["a.yaml", "--dry-run", "80"], { file: "a.yaml", port: 80 }],
    [["--", "-a"], { file: "-a" }],
    [["-", "--", "+80"], { file: "-", port: 80 }],
    [["--", "--help"], { file: "--help" }],
  ] as const
) {
  Deno.test(`\`${line.join(" ")}\` gives ${JSON.stringify(positionals)}`, () => {
    const { positionals: actual } = given(["example", ...line]);
    assert.deepEqual(actual, { ...NOTHING.positionals, ...positionals });
  });
}

for (
  const [line, globals] of [
    [["--quiet", "example"], { quiet: true }],
    [["example", "--quiet"], { quiet: true }],
    [["--quiet", "example", "--quiet"], { quiet: true }],
    [["--quiet", "example", "--verbose"], { quiet: true, verbose: true }],
    [["--data-dir", "a", "example"], { dataDir: "a" }],
    [["--data-dir", "a", "example", "--data-dir=b"], { dataDir: "b" }],
    [["--data-dir", "example", "example"], { dataDir: "example" }],
    [["--busy-timeout=4294967295", "example"], { busyTimeout: 4294967295 }],
    [["example", "--disable-autoinit"], { disableAutoinit: true }],
  ] as const
) {
  Deno.test(`\`${line.join(" ")}\` gives ${JSON.stringify(globals)}`, () => {
    assert.deepEqual(given(line).globals, { ...NOTHING.globals, ...globals });
  });
}

for (
  const [line, message] of [
    [["--tag"], "'--tag <TAG>' lacks its value"],
    [
      ["--tag", "-1"],
      "'--tag <TAG>' lacks its value; one that begins with '-' is given as --tag=…",
    ],
    [
      ["--tag", "--dry-run"],
      "'--tag <TAG>' lacks its value; one that begins with '-' is given as --tag=…",
    ],
    [["--tag", "a", "--tag=b"], "'--tag <TAG>' cannot be given twice"],
    [["--dry-run", "--dry-run"], "'--dry-run' cannot be given twice"],
    [["--quiet", "--quiet"], "'--quiet' cannot be given twice"],
    [["--dry-run=true"], "'--dry-run' takes no value"],
    [["--dry-run="], "'--dry-run' takes no value"],
    [["--path", ""], "invalid value '' for '--path <PATH>': a path cannot be empty"],
    [["--path="], "invalid value '' for '--path <PATH>': a path cannot be empty"],
    [["--data-dir="], "invalid value '' for '--data-dir <PATH>': a path cannot be empty"],
    [[""], "invalid value '' for '<FILE>': a path cannot be empty"],
    [["--days", "x"], "invalid value 'x' for '--days <DAYS>': want a whole number from 0 to 65535"],
    [["--days="], "invalid value '' for '--days <DAYS>': want a whole number from 0 to 65535"],
    [
      ["--days=-1"],
      "invalid value '-1' for '--days <DAYS>': want a whole number from 0 to 65535",
    ],
    [
      ["--days", "65536"],
      "invalid value '65536' for '--days <DAYS>': want a whole number from 0 to 65535",
    ],
    [
      ["--days", "1.0"],
      "invalid value '1.0' for '--days <DAYS>': want a whole number from 0 to 65535",
    ],
    [
      ["--days", "٣"],
      "invalid value '٣' for '--days <DAYS>': want a whole number from 0 to 65535",
    ],
    [
      ["--busy-timeout", "4294967296"],
      "invalid value '4294967296' for '--busy-timeout <SECONDS>': " +
      "want a whole number from 0 to 4294967295",
    ],
    [["--format="], "invalid value '' for '--format <FORMAT>': want one of json, csv"],
    [["--format", "JSON"], "invalid value 'JSON' for '--format <FORMAT>': want one of json, csv"],
    [["--form", "json"], "unknown option '--form', did you mean '--format'?"],
    [["--dryrun"], "unknown option '--dryrun', did you mean '--dry-run'?"],
    [["--dryRun"], "unknown option '--dryRun', did you mean '--dry-run'?"],
    [["--dry_run"], "unknown option '--dry_run', did you mean '--dry-run'?"],
    [["--no-quiet"], "unknown option '--no-quiet'"],
    [["--version"], "unknown option '--version'"],
    [["-V"], "unknown option '-V'"],
    [["-q"], "unknown option '-q'"],
    [["-1"], "unknown option '-1'"],
    [["--x\u001b[2J\n"], "unknown option '--x\\u{1b}[2J\\n'"],
    [["a", "80", "c"], "unexpected argument 'c'"],
    [["a", "80", "--", "--dry-run"], "unexpected argument '--dry-run'"],
    [
      ["--clear-project", "--project", "x"],
      "'--project <PROJECT>' cannot be used with '--clear-project'",
    ],
    [["--skip-tcp"], "'--skip-tcp' can only be used together with '--check'"],
  ] as const
) {
  Deno.test(`\`${line.join(" ")}\` is refused: ${message}`, () => {
    assertRejects(["example", ...line], message);
  });
}

for (
  const [line, message] of [
    [["--quiet", "--quiet", "example"], "'--quiet' cannot be given twice"],
    [["--quiet=1", "example"], "'--quiet' takes no value"],
    [["--tag", "x", "example"], "unknown option '--tag'"],
    [["--", "example"], "unknown option '--'"],
    [["--data-dir"], "'--data-dir <PATH>' lacks its value"],
  ] as const
) {
  Deno.test(`\`trop ${line.join(" ")}\` is refused: ${message}`, () => {
    assertRejects(line, message);
  });
}

Deno.test("a variable stands in for an option that is not given", () => {
  const env = { TROP_PATH: "/env", TROP_DATA_DIR: "-d", TROP_TAG: "not for the parser" };
  const { options, globals } = given(["example"], env);
  assert.deepEqual(options, { ...NOTHING.options, path: "/env" });
  assert.deepEqual(globals, { ...NOTHING.globals, dataDir: "-d" });
  assert.equal(given(["example", "--path", "/x"], env).options.path, "/x");
});

Deno.test("an empty variable is refused like an empty path, unless the option is given", () => {
  const problem = "a path cannot be empty";
  assertRejects(["example"], `invalid value '' for the variable TROP_PATH: ${problem}`, {
    TROP_PATH: "",
  });
  assertRejects(["example"], `invalid value '' for the variable TROP_DATA_DIR: ${problem}`, {
    TROP_DATA_DIR: "",
  });
  assert.equal(parse(["--data-dir", "x", "example"], { TROP_DATA_DIR: "" }).kind, "run");
});

const strict = defineCommand({
  name: "strict",
  group: "inspect",
  summary: "Need everything",
  options: { from: path({ summary: "", valueName: "PATH", required: true }) },
  positionals: { port: integer({ summary: "", valueName: "PORT", required: true, max: 65535 }) },
  run() {},
});

for (
  const [rest, message] of [
    [["80"], "'--from <PATH>' is missing"],
    [["--from", "/a"], "the argument '<PORT>' is missing"],
    [["--from", "/a", "x"], "invalid value 'x' for '<PORT>': want a whole number from 0 to 65535"],
  ] as const
) {
  Deno.test(`a command that needs more refuses \`${rest.join(" ")}\`: ${message}`, () => {
    const tail = { before: new Map(), rest };
    assert.throws(() => parseCommand(strict, tail, () => undefined), (error) => {
      assert(error instanceof TropError);
      assert.deepEqual(error.failure, { code: "usage", message });
      return true;
    });
  });
}

const wrapper = defineCommand({
  name: "wrapper",
  group: "reserve",
  summary: "Run another program",
  options: { tag: text({ summary: "", valueName: "TAG" }) },
  positionals: { file: path({ summary: "", valueName: "FILE" }) },
  trailing: { summary: "The program", valueName: "COMMAND" },
  run() {},
});

function parseWrapper(...rest: readonly string[]) {
  return parseCommand(wrapper, { before: new Map(), rest }, () => undefined);
}

Deno.test("what stands behind `--` is left to a command that runs another program", () => {
  const parsed = parseWrapper("a", "--tag", "b", "--", "-x", "--tag", "--help", "--", "");
  assert(parsed.kind === "run");
  assert.deepEqual(parsed.positionals, { file: "a" });
  assert.deepEqual(parsed.options, { tag: "b" });
  assert.deepEqual(parsed.trailing, ["-x", "--tag", "--help", "--", ""]);
  assert.equal(parseWrapper("--help", "--", "x").kind, "help");
});

for (
  const [rest, message] of [
    [[], "the argument '-- <COMMAND>...' is missing"],
    [["--"], "the argument '-- <COMMAND>...' is missing"],
    [["node", "server.mjs"], "the argument '-- <COMMAND>...' is missing"],
    [["a", "b", "--", "node"], "unexpected argument 'b'"],
  ] as const
) {
  Deno.test(`a command that runs another program refuses \`${rest.join(" ")}\`: ${message}`, () => {
    assert.throws(() => parseWrapper(...rest), (error) => {
      assert(error instanceof TropError);
      assert.deepEqual(error.failure, { code: "usage", message });
      return true;
    });
  });
}

for (
  const [line, kind] of [
    [[], "no-command"],
    [["--quiet"], "no-command"],
    [["--data-dir", "example"], "no-command"],
    [["help"], "help"],
    [["help", "help"], "help"],
    [["help", "--help"], "help"],
    [["help", "--quiet"], "help"],
    [["--verbose", "--help"], "help"],
    [["--data-dir", "x", "-h", "example"], "help"],
    [["--quiet", "--version"], "version"],
    [["-V", "--bogus"], "version"],
  ] as const
) {
  Deno.test(`\`trop ${line.join(" ")}\` is ${kind}`, () => {
    assert.equal(parseRoot(line).kind, kind);
  });
}

for (
  const line of [
    ["help", "example"],
    ["help", "example", "--quiet"],
    ["help", "--data-dir", "x", "example"],
    ["example", "--help"],
    ["example", "-h", "--bogus"],
    ["example", "--bogus", "--tag", "--help"],
    ["--quiet", "example", "--quiet", "--quiet", "-h"],
  ]
) {
  Deno.test(`\`trop ${line.join(" ")}\` asks for the help of the command`, () => {
    assert.equal(parse(line, { TROP_DATA_DIR: "" }).kind, "help");
  });
}

for (
  const [name, message] of [
    ["relaese", "unknown command 'relaese', did you mean 'release'?"],
    ["lst", "unknown command 'lst', did you mean 'list'?"],
    ["ilst", "unknown command 'ilst', did you mean 'list'?"],
    ["Reserve", "unknown command 'Reserve', did you mean 'reserve'?"],
    ["start", "unknown command 'start'"],
    ["", "unknown command ''"],
    ["\u202e", "unknown command '\\u{202e}'"],
    ["reserve".repeat(100_000), `unknown command '${"reserve".repeat(100_000)}'`],
  ] as const
) {
  Deno.test(`unknownCommand() says: ${message.slice(0, 60)}`, () => {
    const known = ["reserve", "release", "list", "help"];
    assert.deepEqual(unknownCommand(name, known).failure, { code: "usage", message });
  });
}

Deno.test("missingCommand() names the commands", () => {
  const { failure } = missingCommand(["reserve", "list"]);
  const message = "a command is missing, want one of: reserve, list";
  assert.deepEqual(failure, { code: "usage", message });
});
