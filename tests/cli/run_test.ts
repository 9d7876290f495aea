import assert from "node:assert/strict";
import { Conversation } from "../support/conversation.ts";
import { rawConnection } from "../support/database.ts";
import { git, makeRepository } from "../support/git.ts";
import {
  BLIND,
  type Circumstances,
  type Expectation,
  file,
  type Home,
  OPEN,
  trop,
} from "../support/program.ts";
import { databaseOf } from "../support/stored.ts";

const GROUP = "reservations: { services: { web: { env: WEB_PORT }, api: { offset: 1 } } }\n";

/** Prints the variables that `trop run` may set. */
const SHOW = 'for n in PORT HTTP WEB_PORT API TROP_OWNER; do eval "echo $n=\\${$n-unset}"; done';

function makeHome(): Promise<Home> {
  return trop.home({
    "shop/trop.yaml": GROUP,
    "shop/deep": {},
    single: {
      plain: file("#!/bin/sh\n", 0o644),
      "no-interpreter": file("#!/no/such/interpreter\n", 0o755),
      "no-shebang": file("exit 3\n", 0o755),
      bin: {
        unusable: file("#!/bin/sh\n", 0o644),
        local: file("#!/bin/sh\nexit 8\n", 0o755),
        folder: {},
      },
    },
  });
}

for (
  const [status, words] of [
    [0, ["true"]],
    [7, ["sh", "-c", "exit 7"]],
    [255, ["sh", "-c", "exit 255"]],
    [137, ["sh", "-c", "kill -KILL $$"]],
    [143, ["sh", "-c", "kill -TERM $$"]],
    [3, ["./no-shebang"]],
    [126, ["./plain"]],
    [126, ["."]],
    [126, ["unusable"]],
    [127, ["./missing"]],
    [127, ["missing"]],
    [127, [""]],
    [127, ["./no-interpreter"]],
  ] as const
) {
  Deno.test(`run ends as env does, with ${status}, for ${JSON.stringify(words)}`, async () => {
    await using home = await makeHome();
    const cwd = home.path("single");
    const PATH = `${cwd}/bin:${Deno.env.get("PATH")}`;
    const env = new Deno.Command("env", { args: [...words], cwd, env: { PATH }, stderr: "null" });
    // A shell tells of a signal as trop does; env itself dies of it.
    assert.equal((await env.output()).code, status);
    await home.run(["run", "--", ...words], {
      cwd,
      env: { ...BLIND, PATH },
      status,
      stderr: status === 126 || status === 127
        ? new RegExp(`^Error: cannot run '${words[0].replaceAll(".", "\\.")}': .*\n$`)
        : "",
    });
  });
}

for (
  const [PATH, program, status] of [
    [undefined, "true", 0],
    [undefined, "local", 127],
    ["bin", "local", 8],
    ["", "no-shebang", 3],
    ["/nowhere:", "no-shebang", 3],
    ["/nowhere:bin", "local", 8],
    ["bin", "folder", 126],
    ["bin", "unusable", 126],
    ["bin", "true", 127],
    // Deno has a `node` of its own to offer where there is none.
    ["bin", "node", 127],
  ] as const
) {
  const where = PATH === undefined ? "without a PATH" : `in ${PATH}`;
  Deno.test(`run looks for ${program} ${where} as env does, and ends with ${status}`, async () => {
    await using home = await makeHome();
    const cwd = home.path("single");
    const env = PATH === undefined ? {} : { PATH };
    const command = new Deno.Command("/usr/bin/env", {
      args: [program],
      cwd,
      env,
      clearEnv: true,
      stderr: "null",
    });
    assert.equal((await command.output()).code, status);
    const args = ["--", program];
    const stderr = status < 126 ? "" : /^Error: cannot run '/;
    await home.run(["run", ...args], { cwd, env: { ...BLIND, PATH }, status, stderr });
    await home.run(["run", "--dry-run", "--quiet", ...args], {
      cwd,
      env: { ...BLIND, PATH },
      status: status < 126 ? 0 : status,
      stderr,
    });
  });
}

Deno.test("run leaves a PATH without node as it is", async () => {
  await using home = await makeHome();
  const words = ["/bin/sh", "-c", "echo $PATH ${DENO_NODE_SHIM_ACTIVE-unset}"];
  await home.run(["run", "--", ...words], {
    cwd: "single",
    env: { ...BLIND, PATH: "/nowhere" },
    stdout: "/nowhere unset\n",
  });
});

for (
  const [why, args, stderr, env = {}] of [
    ["a wrong option", ["--bogus"], /^error: unknown option '--bogus'/],
    ["a missing program", [], /^error: the argument '-- <COMMAND>\.\.\.' is missing/],
    ["a wrong variable", ["--env", "1A"], /^Error: Invalid arguments: Cannot take this name/],
    ["a wrong configuration", [], /^Error: Configuration error: /, { TROP_PORT_MIN: "x" }],
    ["a blank tag", ["--tag", " "], /^Error: Invalid arguments: Cannot read --tag/],
    ["an unrelated path", ["--path", "/elsewhere"], /^Error: path relationship violation: /],
    ["no database", ["--disable-autoinit"], /^Error: Data directory not found/],
    ["no port", [], /^Error: port range 5000-5000 exhausted/, {
      TROP_PORT_MAX: "5000",
      TROP_EXCLUDED_PORTS: "5000",
    }],
  ] as readonly (readonly [string, readonly string[], RegExp, Record<string, string>?])[]
) {
  Deno.test(`run ends with 125 and starts nothing for ${why}, dry or not (D39)`, async () => {
    await using home = await makeHome();
    const program = why === "a missing program" ? [] : ["--", "touch", "started"];
    for (const flags of [["--dry-run"], []]) {
      await home.run(["run", ...flags, ...args, ...program], {
        cwd: "single",
        env: { ...BLIND, ...env },
        status: 125,
        stderr,
      });
    }
    assert(!await home.exists("single/started"));
  });
}

Deno.test("run ends with 125 and the line that scripts know when the lock is taken", async () => {
  await using home = await makeHome();
  await home.run(["reserve"], { cwd: "single", env: BLIND, stdout: "5000\n" });
  using other = rawConnection(databaseOf(home));
  other.exec("BEGIN IMMEDIATE");
  for (const args of [[], ["--quiet"]]) {
    await home.run(["run", ...args, "--busy-timeout", "0", "--", "touch", "started"], {
      cwd: "single",
      status: 125,
      stderr: "Error: database lock timeout while starting an immediate database transaction " +
        "after 0s\n",
    });
  }
  assert(!await home.exists("single/started"));
});

type Variables = Readonly<Record<string, string>>;

/** What `SHOW` prints. */
function shown(home: Home, variables: Variables): string {
  const names = ["PORT", "HTTP", "WEB_PORT", "API", "TROP_OWNER"];
  return names.map((name) => `${name}=${variables[name] ?? "unset"}\n`).join("")
    .replace("HOME", home.directory);
}

for (
  const [title, args, cwd, env, variables] of [
    ["PORT for a directory", [], "single", {}, { PORT: "5000", TROP_OWNER: "HOME/single" }],
    ["another name for it", ["--env", "HTTP"], "single", {}, {
      HTTP: "5000",
      TROP_OWNER: "HOME/single",
    }],
    ["PORT for a tag", ["--tag", "x"], "single", {}, { PORT: "5000", TROP_OWNER: "HOME/single" }],
    ["the names of a group", [], "shop/deep", {}, {
      WEB_PORT: "5000",
      API: "5001",
      TROP_OWNER: "HOME/shop",
    }],
    ["PORT for a service", ["--tag", "api"], "shop", {}, {
      PORT: "5001",
      WEB_PORT: "5000",
      API: "5001",
      TROP_OWNER: "HOME/shop",
    }],
    ["another name for a service", ["--tag", "api", "--env", "HTTP"], "shop", {}, {
      HTTP: "5001",
      WEB_PORT: "5000",
      API: "5001",
      TROP_OWNER: "HOME/shop",
    }],
    ["PORT for a path, whatever the group", ["--path", "deep"], "shop", {}, {
      PORT: "5000",
      TROP_OWNER: "HOME/shop/deep",
    }],
    [
      "PORT in place of the one of the parent",
      [],
      "single",
      { PORT: "9999", TROP_OWNER: "/other" },
      { PORT: "5000", TROP_OWNER: "HOME/single" },
    ],
    [
      "no PORT of another owner beside a group",
      [],
      "shop",
      { PORT: "9999", TROP_OWNER: "/other" },
      { WEB_PORT: "5000", API: "5001", TROP_OWNER: "HOME/shop" },
    ],
    [
      "a PORT of nobody beside a group",
      [],
      "shop",
      { PORT: "9999" },
      { PORT: "9999", WEB_PORT: "5000", API: "5001", TROP_OWNER: "HOME/shop" },
    ],
    [
      "what is set already, with --keep-env",
      ["--keep-env", "--tag", "api"],
      "shop",
      { PORT: "9999", API: "", TROP_OWNER: "/other" },
      { PORT: "9999", WEB_PORT: "5000", API: "", TROP_OWNER: "/other" },
    ],
    [
      "no owner of what is not the directory's, with --keep-env",
      ["--keep-env"],
      "single",
      { PORT: "9999" },
      { PORT: "9999" },
    ],
  ] as readonly (readonly [string, readonly string[], string, Variables, Variables])[]
) {
  Deno.test(`run gives the program ${title}`, async () => {
    await using home = await makeHome();
    await home.run(["run", ...args, "--", "sh", "-c", SHOW], {
      cwd,
      env: { ...BLIND, ...env },
      stdout: shown(home, variables),
    });
  });
}

Deno.test("run gives the program its words without a shell, and fills in ports", async () => {
  await using home = await makeHome();
  const words = ["a b", "$HOME", "*", "", "'\"\\\n", "--port={port}", "{port:api}/{port:web}"];
  const untouched = ["${port}", "{{port}}", "{ports}", "{port", "port}"];
  await home.run(["run", "--tag", "web", "--", "printf", "<%s>", ...words, ...untouched], {
    cwd: "shop",
    env: BLIND,
    stdout:
      "<a b><$HOME><*><><'\"\\\n><--port=5000><5001/5000><${port}><{{port}}><{ports}><{port>" +
      "<port}>",
  });
});

for (
  const [args, message] of [
    [
      ["--", "x", "{port}"],
      "no port for {port}, want one of {port:api}, {port:web}; " +
      "--tag chooses the service that {port} stands for",
    ],
    [
      ["--tag", "web", "--", "x{port:db}"],
      "no port for {port:db}, want one of {port:api}, " +
      "{port:web}, {port}",
    ],
    [["--tag", "db", "--", "x"], "the group has no service 'db', want one of api, web"],
    [
      ["--env", "A", "--", "x"],
      "--env names the variable of one port, so choose a service with " +
      "--tag",
    ],
  ] as const
) {
  Deno.test(`run reserves nothing when ${message}`, async () => {
    await using home = await makeHome();
    const wanted = { status: 125, stderr: `Error: Invalid arguments: ${message}\n` };
    await home.run(["run", ...args], { cwd: "shop", env: BLIND, ...wanted });
    await home.run(["list", "--format", "json"], { stdout: "[]\n" });
  });
}

Deno.test("run hands its standard input and both outputs to the program", async () => {
  await using home = await makeHome();
  await home.run(["run", "--", "sh", "-c", "cat; echo oops >&2"], {
    cwd: "single",
    env: BLIND,
    stdin: "a line\n",
    stdout: "a line\n",
    stderr: "oops\n",
  });
});

Deno.test("run gives the program an empty standard input when its own is closed", async () => {
  await using home = await makeHome();
  await home.run(["run", "--", "sh", "-c", "cat && echo end"], {
    cwd: "single",
    env: BLIND,
    script: 'exec "$@" <&-',
    stdout: "end\n",
  });
});

Deno.test("run has closed the database when the program starts", async () => {
  await using home = await makeHome();
  // The last connection that is closed takes the log with it.
  await home.run(["run", "--", "ls", home.path(".trop")], {
    cwd: "single",
    env: BLIND,
    stdout: "trop.db\n",
  });
});

Deno.test("run says in a dry run what it would run, and whether it could", async () => {
  await using home = await makeHome();
  const { directory } = home;
  const dryRun = (cwd: string, words: readonly string[], wanted: Expectation) =>
    home.run(["run", "--dry-run", "--tag", "web", "--", ...words], { cwd, env: BLIND, ...wanted });
  await dryRun("shop", ["sh", "-c", "it's {port}", "\u001b[2J"], {
    stderr: `Dry run - would perform the following actions:
  1. Reserve port 5001 for ${directory}/shop:api
  2. Reserve port 5000 for ${directory}/shop:web
  3. Run API=5001 WEB_PORT=5000 PORT=5000 TROP_OWNER=${directory}/shop sh -c 'it'\\''s 5000' '\\u{1b}[2J'
`,
  });
  await dryRun("single", ["missing"], { status: 127, stderr: /^Error: cannot run 'missing'/ });
  await dryRun("single", ["./plain"], { status: 126, stderr: /^Error: cannot run '\.\/plain'/ });
  assert(!await home.exists(".trop"));
});

/** Talks to a program of the shell that `trop run` runs. */
function converse(home: Home, program: string, circumstances: Circumstances): Conversation {
  const words = ["run", "--", "sh", "-c", program];
  return new Conversation(home.start(words, { cwd: "single", env: BLIND, ...circumstances }));
}

/** Runs `"$@"` away from the terminal of whoever runs the tests. */
const AWAY = 'exec setsid "$@"';

/**
 * A program that says which signals it gets, until it gets the last one. It also ends with trop,
 * which is all that a test kills when it fails.
 */
const LISTENER = `
for s in HUP INT QUIT USR1 USR2 ALRM CONT TSTP WINCH; do trap "echo $s" $s; done
trap 'echo TERM; exit 9' TERM
echo ready
while kill -0 $PPID 2>/dev/null; do sleep 0.02; done`;

Deno.test("run hands on the signals that it gets, and ends as the program does", async () => {
  await using home = await makeHome();
  await using run = converse(home, LISTENER, { script: AWAY });
  await run.hear(/^ready\n/);
  for (const signal of ["HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "WINCH"] as const) {
    run.process.kill(`SIG${signal}`);
    await run.hear(new RegExp(`^${signal}\n`));
  }
  run.process.kill("SIGTERM");
  assert.deepEqual(await run.end(), { status: 9, stdout: "TERM\n", stderr: "" });
});

Deno.test("run hands on a signal that comes as soon as the program begins", async () => {
  await using home = await makeHome();
  const program =
    "trap 'exit 7' TERM; kill -TERM $PPID; while kill -0 $PPID 2>/dev/null; do sleep 0.02; done";
  const wanted = { cwd: "single", env: BLIND, status: 7 };
  await home.run(["run", "--", "sh", "-c", program], wanted);
});

Deno.test("run stays with a program that ignores a signal", async () => {
  await using home = await makeHome();
  const program = "trap '' TERM; echo ready; read x; exit 4";
  await using run = converse(home, program, { stdin: OPEN });
  await run.hear(/^ready\n/);
  run.process.kill("SIGTERM");
  await run.say("\n");
  assert.deepEqual(await run.end(), { status: 4, stdout: "", stderr: "" });
});

Deno.test({
  name: "run stops and goes on together with the program",
  // Only there the state of a process can be read from a file.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using home = await makeHome();
    await using run = converse(home, LISTENER, { script: AWAY });
    await run.hear(/^ready\n/);
    run.process.kill("SIGTSTP");
    await run.hear(/^TSTP\n/);
    const stat = `/proc/${run.process.pid}/stat`;
    while (!/\) T /.test(await Deno.readTextFile(stat))) await new Promise((r) => setTimeout(r, 5));
    run.process.kill("SIGCONT");
    await run.hear(/^CONT\n/);
    run.process.kill("SIGTERM");
    assert.equal((await run.end()).status, 9);
  },
});

Deno.test({
  name: "run leaves a signal that is ignored, as by nohup, ignored for the program",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using home = await makeHome();
    const program = "kill -HUP $$; kill -INT $$; echo ready; read x; exit 4";
    const script = `trap '' HUP INT; ${AWAY}`;
    await using run = converse(home, program, { stdin: OPEN, script });
    await run.hear(/^ready\n/);
    run.process.kill("SIGHUP");
    run.process.kill("SIGINT");
    await run.say("\n");
    assert.deepEqual(await run.end(), { status: 4, stdout: "", stderr: "" });
  },
});

/** Runs `"$@"` in a terminal of its own, whose keys are standard input. */
const IN_TERMINAL = `exec script -qec "exec $(printf "'%s' " "$@")" /dev/null`;

for (
  const [key, program, output, status] of [
    // The program ends by the signal.
    ["\x03", "echo ready; exec sleep 60", /^\^C/, 130],
    ["\x1c", "echo ready; exec sleep 60", /^\^\\/, 131],
    // The program goes on for a while: it gets the signal once, from the terminal.
    [
      "\x03",
      'trap "echo INT" INT; echo ready; for i in 1 2 3 4 5; do sleep 0.1; done; exit 5',
      /^\^CINT\r\n$/,
      5,
    ],
  ] as const
) {
  const name = key === "\x03" ? "Ctrl-C" : "Ctrl-\\";
  Deno.test({
    name: `${name} in a terminal reaches \`${program}\` once, and run ends with ${status}`,
    // The options of script(1) are those of util-linux.
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using home = await makeHome();
      await using run = converse(home, program, { stdin: OPEN, script: IN_TERMINAL });
      await run.hear(/ready\r\n/);
      await run.say(key);
      const { status: actual, stdout } = await run.end();
      assert.match(stdout, output);
      assert.equal(actual, status);
    },
  });
}

Deno.test({
  name: "Ctrl-Z in a shell stops run and the program, and fg lets both go on",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using home = await makeHome();
    await home.install();
    await using shell = new Conversation(home.start([], {
      cwd: "single",
      env: { ...BLIND, TERM: "dumb", PATH: `${home.path("bin")}:${Deno.env.get("PATH")}` },
      stdin: OPEN,
      script: "exec script -qec 'exec bash --norc --noprofile -i' /dev/null",
    }));
    const program = "trap 'echo W''OKEN' CONT; trap 'exit 9' INT; echo re''ady; " +
      "while kill -0 $PPID 2>/dev/null; do sleep 0.02; done";
    await shell.say(`trop run -- sh -c "${program}"\n`);
    await shell.hear(/ready/);
    await shell.say("\x1a");
    await shell.hear(/Stopped/);
    await shell.say("fg\n");
    await shell.hear(/WOKEN/);
    await shell.say("\x03");
    await shell.hear(/\^C/);
    await shell.say("echo status=$?\n");
    await shell.hear(/status=9/);
    await shell.say("exit\n");
    assert.equal((await shell.end()).status, 0);
  },
});

Deno.test("the program of run has the terminal", async () => {
  await using home = await makeHome();
  const words = ["sh", "-c", "test -t 0 && test -t 1 && test -t 2 && echo yes"];
  await home.run(["run", "--", ...words], {
    cwd: "single",
    env: BLIND,
    script: IN_TERMINAL,
    stdout: "yes\r\n",
  });
});

const SERVER = `import { createServer } from "node:http";
const server = createServer((_, response) => response.end(process.cwd() + " " + process.env.PORT));
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("on " + server.address().port));
`;

const hasNode = new Deno.Command("sh", { args: ["-c", "command -v node"] }).outputSync().success;

Deno.test({
  name: "a server in each of two worktrees answers on a port of its own" +
    (hasNode ? "" : " (ignored: no node on this machine)"),
  ignore: !hasNode,
  async fn() {
    await using home = await trop.home();
    makeRepository(home.path("shop"));
    await home.write({ "shop/server.mjs": SERVER });
    git(home.path("shop"), "add", "server.mjs");
    git(home.path("shop"), "commit", "--quiet", "--message", "server");
    git(home.path("shop"), "worktree", "add", "--quiet", "../fix-42", "-b", "fix-42");
    const start = (cwd: string, env = {}) => {
      return new Conversation(home.start(["run", "--", "node", "server.mjs"], { cwd, env }));
    };
    await using main = start("shop");
    const [, port = ""] = await main.hear(/^on (\d+)\n/);
    // As if it were started from a shell in the other one.
    await using fix = start("fix-42", { PORT: port, TROP_OWNER: home.path("shop") });
    const [, fixPort = ""] = await fix.hear(/^on (\d+)\n/);
    assert.notEqual(port, fixPort);
    for (const [directory, at] of [["shop", port], ["fix-42", fixPort]] as const) {
      const answer = await fetch(`http://127.0.0.1:${at}/`);
      assert.equal(await answer.text(), `${home.path(directory)} ${at}`);
      await home.run(["reserve"], { cwd: directory, stdout: `${at}\n` });
    }
    await home.run(["list", "--format", "csv"], {
      stdout: new RegExp(
        `\\n${fixPort},.*/fix-42,,shop,fix-42,.*\\n${port},.*/shop,,shop,main,.*\\n$`,
      ),
    });
    for (const run of [main, fix]) {
      run.process.kill("SIGTERM");
      assert.deepEqual(await run.end(), { status: 143, stdout: "", stderr: "" });
    }
  },
});
