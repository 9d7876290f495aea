import assert from "node:assert/strict";
import { run } from "../../src/cli/app.ts";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import { ClosedOutput } from "../../src/cli/host.ts";
import { VERSION } from "../../src/version.ts";
import { FakeHost } from "../support/host.ts";
import { trop } from "../support/program.ts";
import { homeStoring } from "../support/stored.ts";

const ROOT_HELP = /^Manage ephemeral port reservations\n\nUsage: trop \[OPTIONS\] <COMMAND>\n/;
const COMMAND_HELP = /^Print the directory that holds the database\n\nUsage: trop show-d/;
const ROOT_ERROR = /^error: .*\n\nUsage: trop \[OPTIONS\] <COMMAND>\n\nFor more, try 'trop --help'/;
const DETAILS =
  /^trop [0-9.]+\ncommit: .+\nruntime: Deno [0-9.]+\nsqlite: 3[0-9.]+\ntarget: [a-z0-9_-]+\n$/;

Deno.test("the version is the one in deno.json", async () => {
  const text = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  assert.equal(/^ {2}"version": "(.*)",$/m.exec(text)?.[1], VERSION);
});

for (
  const [args, expectation] of [
    [["--help"], { stdout: ROOT_HELP }],
    [["-h"], { stdout: ROOT_HELP }],
    [["help"], { stdout: ROOT_HELP }],
    [["--verbose", "--data-dir", "x", "--help"], { stdout: ROOT_HELP }],
    [["help", "show-data-dir"], { stdout: COMMAND_HELP }],
    [["show-data-dir", "--help"], { stdout: COMMAND_HELP }],
    [["show-data-dir", "--bogus", "-h"], { stdout: COMMAND_HELP }],
    [["--version"], { stdout: `trop ${VERSION}\n` }],
    [["-V"], { stdout: `trop ${VERSION}\n` }],
    [["--quiet", "--version"], { stdout: `trop ${VERSION}\n` }],
    [["--version", "--verbose"], { stdout: DETAILS }],
    [["--verbose", "-V"], { stdout: DETAILS }],
    [[], { status: 2, stderr: ROOT_HELP }],
    [["--quiet"], { status: 2, stderr: ROOT_ERROR }],
    [["bogus"], { status: 2, stderr: ROOT_ERROR }],
    [["help", "bogus"], { status: 2, stderr: ROOT_ERROR }],
    [["help", "show-data-dir", "surplus"], { status: 2, stderr: ROOT_ERROR }],
    [["--bogus"], { status: 2, stderr: ROOT_ERROR }],
    [["show-data-dir", "--version"], {
      status: 2,
      stderr: "error: unknown option '--version'\n\nUsage: trop show-data-dir [OPTIONS]\n\n" +
        "For more, try 'trop show-data-dir --help'.\n",
    }],
  ] as const
) {
  Deno.test(`\`trop ${args.join(" ")}\` ends with ${JSON.stringify(expectation)}`, async () => {
    await using home = await trop.home();
    await home.run(args, expectation);
  });
}

Deno.test("a missing command is answered with all there are", async () => {
  const host = new FakeHost({ env: { TROP_DATA_DIR: "/srv" } });
  assert.equal(await run(["--quiet"], host), 2);
  for (const name of COMMAND_NAMES) assert(host.written.stderr.includes(name), name);
});

Deno.test("the data directory comes from option, variable, HOME, USERPROFILE (D04, defect 16)", async () => {
  await using home = await trop.home();
  const all = { TROP_DATA_DIR: "env dir", USERPROFILE: "/profile" };
  const show = ["show-data-dir"];
  await home.run([...show, "--data-dir", "./x/"], { env: all, stdout: "./x/\n" });
  await home.run(["--data-dir=~/x", ...show], { env: all, stdout: "~/x\n" });
  await home.run(show, { env: all, stdout: "env dir\n" });
  await home.run(show, { stdout: `${home.path(".trop")}\n` });
  await home.run(show, { env: { ...all, TROP_DATA_DIR: undefined, HOME: "" }, stdout: /profile/ });
  for (const args of [show, ["list"], ["reserve"], ["assert-data-dir"], ["init"]]) {
    for (const HOME of [undefined, ""]) {
      await home.run(args, {
        env: { HOME },
        status: 7,
        stderr: /^Error: Configuration error: .*TROP_DATA_DIR.*--data-dir.*\n$/,
      });
    }
  }
  await home.run(show, {
    env: { TROP_DATA_DIR: "" },
    status: 2,
    stderr: /^error: invalid value '' for the variable TROP_DATA_DIR: /,
  });
  assert(!await home.exists(".trop"), "nothing is created");
});

Deno.test("TROP_LOG_MODE says how much is said, unless a flag does (D01, defect 2)", async () => {
  await using home = await trop.home();
  const env = { TROP_LOG_MODE: "Quiet" };
  await home.run(["release"], { stderr: /^No reservation found/ });
  await home.run(["release"], { env });
  await home.run(["release", "--verbose"], { env, stderr: /^No reservation found/ });
});

Deno.test("nobody hears that standard output was closed early (defect 1)", async () => {
  await using home = await homeStoring([{ project: "shop" }]);
  // The reader is gone before the program begins.
  const script = 'mkfifo pipe; : <pipe & exec 3>pipe; wait; rm pipe; "$@" >&3; echo $?';
  for (const args of ["--help", "reserve", "list", "list-projects", "show-path", "config"]) {
    await home.run([args], { script, stdout: "0\n" });
  }
});

Deno.test("the same bad name is refused the same way everywhere (D02)", async () => {
  await using home = await trop.home({ "trop.yaml": "reservations: {services: {web: {}}}\n" });
  for (const command of ["reserve", "release", "assert-reservation", "url", "run"]) {
    for (const tag of ["", " \t"]) {
      const words = command === "run" ? ["--", "true"] : [];
      await home.run([command, `--tag=${tag}`, ...words], {
        status: command === "run" ? 125 : 4,
        stderr: /^Error: Invalid arguments: Cannot read --tag: Cannot be empty/,
      });
    }
  }
  const task = "x".repeat(256);
  const tooLong = /validation error for 'task'.*: Cannot exceed 255 characters/;
  await home.run(["reserve", "--task", task], { status: 7, stderr: tooLong });
  await home.run(["autoreserve", "--task", task], { status: 6, stderr: tooLong });
  await home.run(["reserve-group", "trop.yaml", "--task", task], { status: 6, stderr: tooLong });
});

/** Commands that have something to say on standard error, and say it there alone with --quiet. */
const CHATTY = [
  "release",
  "prune",
  "expire",
  "autoclean --dry-run",
  "autoreserve --format json",
  "reserve-group trop.yaml --format json",
  "reserve --port 1 --tag other",
  "migrate --from old --to new --recursive --dry-run",
  "scan --min 6001 --max 6001 --skip-tcp --skip-udp",
  "completions bash",
];

Deno.test("--quiet silences all that is no error, in every command (defect 3)", async () => {
  await using home = await trop.home({ "trop.yaml": "reservations: {services: {web: {}}}\n" });
  for (const args of CHATTY) {
    const words = args.split(" ");
    const { stdout } = await home.run(words, { stdout: /^/, stderr: /./ });
    await home.run([...words, "--quiet"], { stdout });
  }
  await home.run(["assert-port", "1", "--quiet"], { status: 1, stderr: /^Error: / });
});

Deno.test("--verbose says on standard error what a command did not use (defect 3)", async () => {
  await using home = await trop.home({
    "trop.yaml": "",
    "shop/.git/HEAD": "ref: refs/heads/main\n",
  });
  await Deno.mkdir(home.path("shop/.git/objects"));
  await Deno.mkdir(home.path("shop/.git/refs"));
  await home.run(["list", "--format", "json"], { cwd: "shop", stdout: "[]\n" });
  await home.run(["list", "--format", "json", "--verbose"], {
    cwd: "shop",
    stdout: "[]\n",
    stderr: /trop\.yaml is not used: it lies outside of the checkout/,
  });
});

Deno.test("show-data-dir asks for no directory (defect 4)", async () => {
  const host = new FakeHost({ env: { HOME: "/home/dev" } });
  Object.assign(host, { cwd: () => assert.fail("asked for the current directory") });
  assert.equal(await run(["show-data-dir"], host), 0);
});

Deno.test("a closed standard error does not stop a command", async () => {
  await using home = await trop.home();
  const script = '{ sleep 0.2; "$@" 2>&1 >/dev/null; echo $? >status; } | exec true; cat status';
  await home.run(["bogus"], { script, stdout: "2\n" });
});

Deno.test({
  name: "a standard output that takes nothing is an I/O error",
  // Only Linux has the device that is always full.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using home = await trop.home();
    await home.run(["show-data-dir"], {
      script: '"$@" >/dev/full',
      status: 5,
      stderr: /^Error: I\/O error: cannot write to standard output: No space left.*\n$/,
    });
  },
});

Deno.test("a slow reader gets all of a long output", async () => {
  await using home = await trop.home();
  const args = ["show-data-dir", "--data-dir", "x".repeat(120_000)];
  await home.run(args, { script: '"$@" | { sleep 0.2; wc -c; }', stdout: /^ *120001\n$/ });
});

for (
  const [world, bold, why] of [
    [{ terminal: true }, true, "for a terminal"],
    [{ terminal: false }, false, "for a file"],
    [{ terminal: true, env: { NO_COLOR: "1" } }, false, "with NO_COLOR"],
  ] as const
) {
  Deno.test(`help has ${bold ? "bold" : "plain"} headings ${why}`, async () => {
    for (const [args, stream] of [[["--help"], "stdout"], [[], "stderr"]] as const) {
      const host = new FakeHost(world);
      await run(args, host);
      assert.equal(host.written[stream].includes("\x1b["), bold);
    }
  });
}

Deno.test("run() takes a closed output for the end, not for a failure", async () => {
  const host = new FakeHost({ env: { HOME: "/home/dev" } });
  host.stdout.write = () => {
    throw new ClosedOutput();
  };
  assert.equal(await run(["show-data-dir"], host), 0);
  assert.deepEqual(host.written, { stdout: "", stderr: "" });
});

Deno.test("run() reports a defect, with its stack when TROP_DEBUG is set", async () => {
  for (const [env, lines] of [[{}, /^.*\n$/], [{ TROP_DEBUG: "1" }, /\n +at /]] as const) {
    const host = new FakeHost({ env: { HOME: "/home/dev", ...env } });
    host.stdout.write = () => {
      throw new RangeError("oops");
    };
    assert.equal(await run(["show-data-dir"], host), 6);
    assert.match(host.written.stderr, /^Error: internal error: oops; /);
    assert.match(host.written.stderr, lines);
  }
});

/** Its run time breaks off over such arguments, with status 101 and before trop begins. */
const isExecutable = Deno.env.get("TROP_UNDER_TEST")?.endsWith(".js") === false;

// Nothing is done in the name of U+FFFD, which is what the run time makes of other bytes.
for (
  const [script, status, stderr] of [
    ['"$@" reserve --path "$BAD"', 6, /^Error: invalid path .*: it is not valid UTF-8.*\n$/],
    ['TROP_PATH="$BAD" "$@" reserve', 6, /^Error: invalid path in the variable TROP_PATH: .*\n$/],
    ['TROP_DATA_DIR="$BAD" "$@" list', 6, /^Error: invalid path in the variable TROP_DATA_DIR: /],
    ['"$@" init --data-dir "$BAD"', 6, /^Error: invalid path .*: it is not valid UTF-8\n$/],
    ['"$@" reserve --tag "$BAD"', 2, /^error: invalid value .* for '--tag <TAG>': .*UTF-8\n/],
    [
      'mkdir "$BAD" && cd "$BAD" && "$@" list',
      6,
      /^Error: invalid path of the current directory: /,
    ],
    // These have no use for what cannot be read.
    ['TROP_PORT_MIN="$BAD" "$@" list-projects', 0, ""],
    ['TROP_PATH="$BAD" "$@" list-projects', 0, ""],
    ['TROP_DATA_DIR="$BAD" "$@" help >/dev/null', 0, ""],
    ['mkdir "$BAD" && cd "$BAD" && "$@" show-data-dir >/dev/null', 0, ""],
    // A person may have chosen this name.
    ['"$@" reserve --path "\ufffd" --dry-run --quiet', 0, ""],
  ] as const
) {
  Deno.test({
    name: `not UTF-8: ${script}`,
    ignore: Deno.build.os !== "linux" || isExecutable && /"\$@" .*"\$BAD"/.test(script),
    async fn() {
      await using home = await trop.home();
      const result = { script: `BAD=$(printf 'b\\377d'); ${script}`, status, stderr };
      await home.run([], result);
      assert(!await home.exists("b\ufffdd"));
    },
  });
}
