/** Completion scripts, driven in the shells that they are for. */

import assert from "node:assert/strict";
import { run } from "../../src/cli/app.ts";
import { fileHash, rawConnection, rawRow, writeV1 } from "../support/database.ts";
import { FakeHost } from "../support/host.ts";
import { type Circumstances, type Expectation, trop } from "../support/program.ts";
import { databaseOf, homeStoring } from "../support/stored.ts";
import { hasProgram, TYPING_SHELLS, Typist } from "../support/typing.ts";

/** Tags that a shell takes for something else unless they are quoted, and one that fits no line. */
const TAGS = ["api", "a:b", "my tag", "it's", "$(touch pwned)", "x\ny"];

const store = () =>
  homeStoring([
    ...TAGS.map((tag) => ({ tag })),
    { path: "other", tag: "elsewhere", project: "blog" },
    { path: "/gone/dir" },
  ], {
    "some dir": {},
    "group/trop.yaml": "reservations: {services: {web: {}}}\n",
  });

const ANCHORS = {
  bash: /^_trop\(\) \{[^]*^complete -F _trop trop$/m,
  elvish: /^set edit:completion:arg-completer\[trop\] = /m,
  fish: /^complete -c trop -n /m,
  powershell: /^Register-ArgumentCompleter -Native -CommandName 'trop' /,
  zsh: /^#compdef trop\n/,
};

for (const [shell, anchor] of Object.entries(ANCHORS)) {
  Deno.test(`completions ${shell} prints a script for trop itself (defect 26)`, async () => {
    await using home = await trop.home();
    const { stdout } = await home.run(["completions", shell], {
      stdout: anchor,
      stderr: /^# Completion of trop for .*\n(?:# .*\n)+\n$/,
    });
    assert(!stdout.includes("trop-cli"));
    assert.match(stdout, /[^\n]\n$/);
    await home.run(["completions", shell, "--quiet"], { stdout });
    assert(!await home.exists(".trop"), "nothing is created");
  });
}

Deno.test("completions asks for neither a directory nor a database (defect 4)", async () => {
  const host = new FakeHost();
  Object.assign(host, { cwd: () => assert.fail("asked for the current directory") });
  assert.equal(await run(["completions", "zsh", "--quiet"], host), 0);
  assert.match(host.written.stdout, ANCHORS.zsh);
});

for (const args of ["", " tcsh", " Bash", " bash zsh"]) {
  Deno.test(`\`trop completions${args}\` is a usage error`, async () => {
    await using home = await trop.home();
    await home.run(`completions${args}`.split(" "), { status: 2, stderr: /^error: / });
  });
}

const HERE = "$(touch pwned)\tport 5004\na:b\tport 5001\napi\tport 5000\nit's\tport 5003\n" +
  "my tag\tport 5002\n";
const THERE = "elsewhere\tport 5006\n";

/** What `trop __complete` prints in the home directory. */
const LOOKUPS: readonly (readonly [args: string, stdout: string])[] = [
  ["tags -- trop release", HERE],
  ["tags -- trop release --path other --tag", THERE],
  ["tags -- trop release --path=other --tag", THERE],
  ["tags -- trop --data-dir nowhere release", ""],
  ["tags -- trop --data-dir ~/.trop release --path ~/other", THERE],
  ["tags -- trop release --path ~nobody", ""],
  ["tags -- trop release --path", HERE],
  ["tags -- trop release --recursive", HERE + THERE],
  ["services -- trop run", HERE],
  ["all-tags -- trop", "$(touch pwned)\na:b\napi\nit's\nmy tag\nelsewhere\n"],
  ["projects -- trop", "blog\n"],
  [
    "ports -- trop",
    "5000\tHOME:api\n5001\tHOME:a:b\n5002\tHOME:my tag\n5003\tHOME:it's\n" +
    "5004\tHOME:$(touch pwned)\n5005\tHOME:x\\ny\n5006\tHOME/other:elsewhere\n5007\t/gone/dir\n",
  ],
];

Deno.test("completion scripts are told what is stored", async () => {
  await using home = await store();
  const ask = (args: string, wanted: Circumstances & Expectation) =>
    home.run(["__complete", ...args.split(" ")], wanted);
  for (const [args, stdout] of LOOKUPS) {
    await ask(args, { stdout: stdout.replaceAll("HOME", home.directory) });
  }
  const { stdout } = await ask("paths -- trop", { stdout: /^/ });
  const paths = ["/gone/dir", home.directory, home.path("other")];
  assert.deepEqual(stdout.trimEnd().split("\n").toSorted(), paths.toSorted());
  await ask("services -- trop", { cwd: "group", stdout: "web\tservice\n" });
  await ask("tags -- trop", { env: { TROP_PATH: "other" }, stdout: THERE });
});

Deno.test("whoever completes hears of no failure and leaves no trace", async () => {
  await using home = await trop.home({
    empty: { "trop.db": "" },
    broken: { "trop.db": "x".repeat(4096), "config.yaml": "[" },
    old: {},
  });
  writeV1(home.path("old/trop.db"), { rows: [rawRow()] });
  const state = () =>
    ["empty", "broken", "old"].map((directory) => [
      fileHash(home.path(`${directory}/trop.db`)),
      Array.from(Deno.readDirSync(home.path(directory)), ({ name }) => name),
    ]);
  const before = state();
  for (const directory of ["missing", "empty", "broken", "old"]) {
    for (const kind of ["tags", "services", "ports"]) {
      await home.run(["__complete", kind, "--", "trop", "--data-dir", directory]);
    }
  }
  assert.deepEqual(state(), before);
  assert(!await home.exists("missing"));
});

Deno.test("whoever completes waits for nobody, and leaves the log of others alone", async () => {
  await using home = await store();
  const names = () => Array.from(Deno.readDirSync(home.path(".trop")), ({ name }) => name);
  const ask = ["__complete", "projects", "--", "trop"];
  await home.run(ask, { stdout: "blog\n" });
  assert.deepEqual(names(), ["trop.db"]);
  using other = rawConnection(databaseOf(home));
  other.exec("UPDATE reservations SET project = 'shop' WHERE project = 'blog'");
  other.exec("BEGIN IMMEDIATE; UPDATE reservations SET project = 'unborn'");
  const before = names().toSorted();
  await home.run(ask, { stdout: "shop\n" });
  assert.deepEqual(names().toSorted(), before);
});

/** A test that needs a program which not every machine has. */
function testWith(program: string, name: string, fn: () => Promise<void>): void {
  const ignore = !hasProgram(program);
  const note = ignore ? ` (ignored: no ${program} on this machine)` : "";
  Deno.test({ name: name + note, ignore, fn });
}

testWith("shellcheck", "shellcheck finds nothing to say about the script for bash", async () => {
  await using home = await trop.home();
  const script = '"$@" | shellcheck -s bash -';
  await home.run(["completions", "bash", "--quiet"], { script });
});

/** What is typed, and the words that are there behind the Tab key. */
const TYPED: readonly (readonly [line: string, ...words: string[]])[] = [
  ["trop rel", "trop", "release"],
  ["trop help rel", "trop", "help", "release"],
  ["trop release --t", "trop", "release", "--tag"],
  ["trop release --tag ap", "trop", "release", "--tag", "api"],
  ["trop release --tag=ap", "trop", "release", "--tag=api"],
  ["trop release --tag a:", "trop", "release", "--tag", "a:b"],
  ["trop release --tag my", "trop", "release", "--tag", "my tag"],
  ["trop release --tag 'my", "trop", "release", "--tag", "my tag"],
  ["trop release --tag it", "trop", "release", "--tag", "it's"],
  ["trop release --tag '$", "trop", "release", "--tag", "$(touch pwned)"],
  ["trop release --path other --tag ", "trop", "release", "--path", "other", "--tag", "elsewhere"],
  ["trop --data-dir .trop rel", "trop", "--data-dir", ".trop", "release"],
  ["trop --data-dir=no release --tag a", "trop", "--data-dir=no", "release", "--tag", "a"],
  ["trop list --format j", "trop", "list", "--format", "json"],
  ["trop list --filter-project ", "trop", "list", "--filter-project", "blog"],
  ["trop port-info 5007", "trop", "port-info", "5007"],
  ["trop completions po", "trop", "completions", "powershell"],
  ["trop release --quiet --q", "trop", "release", "--quiet", "--q"],
  ["trop migrate --from /g", "trop", "migrate", "--from", "/gone/dir"],
  ["trop run -- ca", "trop", "run", "--", "ca"],
  ["trop run -- setpri", "trop", "run", "--", "setpriv"],
];

for (const [name, shell] of Object.entries(TYPING_SHELLS)) {
  testWith(name, `${name} completes what is typed, values that are stored too`, async () => {
    await using home = await store();
    await using typist = await Typist.start(home, shell);
    for (const [line, ...words] of TYPED) assert.deepEqual(await typist.complete(line), words);
    await typist.list("trop release --tag ", /api[^]*my/);
    assert(!await home.exists("pwned"));
  });
}

testWith("zsh", "zsh does not complete an option that another one excludes", async () => {
  await using home = await store();
  await using typist = await Typist.start(home, TYPING_SHELLS.zsh);
  for (
    const [line, last] of [["--clear-pr", "--clear-project"], [
      "--project x --clear-pr",
      "--clear-pr",
    ]]
  ) {
    assert.equal((await typist.complete(`trop reserve ${line}`)).at(-1), last);
  }
});

/** What is typed, and all that fish proposes for its last word. */
const FISH: readonly (readonly [line: string, ...proposed: string[]])[] = [
  ["trop rel", "release\tRelease the ports reserved for a directory"],
  ["trop help rel", "release"],
  ["trop release --t", "--tag\tRelease only the reservation with this tag"],
  ["trop release --tag a", "a:b\tport 5001", "api\tport 5000"],
  ["trop release --tag=my", "--tag=my tag\tport 5002"],
  ["trop release --path other --tag ", "elsewhere\tport 5006"],
  ["trop --data-dir .trop rel", "release\tRelease the ports reserved for a directory"],
  ["trop --data-dir s", "some dir/\tDirectory"],
  ["trop list --format j", "json\tHow to print them"],
  ["trop port-info 5007", "5007\t/gone/dir"],
  ["trop port-info 5007 ", ""],
  ["trop validate group/", "group/trop.yaml"],
  ["trop migrate --from /gone", "/gone/dir\tPath that has the reservations"],
  ["trop run --pat", "--path\tDirectory to reserve for, whatever group is in force"],
  ["trop run -- trop --data", "--data-dir\tDirectory that holds the database"],
  ["trop run -- trop --pat", ""],
];

testWith("fish", "fish completes what is typed, values that are stored too", async () => {
  await using home = await store();
  const PATH = await home.install();
  const ask = FISH.map(([line]) => `complete -C "${line}"; echo =`).join("; ");
  const { stdout } = await home.run([], {
    script: `exec fish --no-config -c 'trop completions fish --quiet | source; ${ask}'`,
    env: { PATH },
    stdout: /^/,
  });
  const proposed = stdout.split("=\n").slice(0, -1).map((text) => text.trimEnd().split("\n"));
  assert.deepEqual(proposed, FISH.map(([_, ...wanted]) => wanted));
  assert(!await home.exists("pwned"));
});

/** What is typed, in elvish's words, and what it proposes for the last one of them. */
const ELVISH: readonly (readonly [line: string, proposed: RegExp])[] = [
  ["trop rel", / release \S.* help $/],
  ["trop help ''", / release .* help $/],
  ["trop release --t", / --tag .* --help $/],
  ["trop release --tag ''", /^ \$\(touch pwned\) a:b api it's my tag $/],
  ["trop release --tag=", /^ --tag=\$\(touch pwned\) --tag=a:b --tag=api /],
  ["trop release --path other --tag ''", /^ elsewhere $/],
  ["trop list --format j", /^ table json csv tsv $/],
  ["trop validate g", / group\/ /],
  ["trop migrate --from g", / \/gone\/dir .* group\/ /],
  ["trop run -- setpr", / setpriv /],
  ["trop run -- trop help ''", / release .* help $/],
];

testWith("elvish", "elvish proposes what fits, values that are stored too", async () => {
  await using home = await store();
  const PATH = await home.install();
  // Only an interactive elvish has an editor; this one leaves before it reads a key.
  const ask = ELVISH.map(([line]) => `ask ${line}`).join("\n");
  await home.write({
    "rc.elv": `
fn ask {|@words|
  print "=\\n "
  $edit:completion:arg-completer[trop] $@words | each {|candidate|
    print (if (eq (kind-of $candidate) string) { put $candidate } else { put $candidate[stem] })' '
  }
  print "\\n"
}
try {
  eval (trop completions elvish --quiet | slurp)
  ${ask}
} finally { exit }`,
  });
  const { stdout } = await home.run([], {
    script: "exec setsid -w script -qfec 'elvish -rc rc.elv' /dev/null",
    // Without a place for its files elvish starts no daemon.
    env: { PATH, TERM: "dumb", XDG_STATE_HOME: "/dev/null", XDG_RUNTIME_DIR: "/dev/null" },
    stdout: /^/,
  });
  const [, ...answers] = stdout.replaceAll("\r", "").split("=\n");
  for (const [index, [line, proposed]] of ELVISH.entries()) {
    assert.match(answers[index]?.replaceAll("\n", "") ?? "", proposed, line);
  }
  assert(!await home.exists("pwned"));
});

testWith("pwsh", "PowerShell proposes what fits, values that are stored too", async () => {
  await using home = await store();
  const PATH = await home.install();
  for (
    const [line, proposed] of [
      ["trop rel", "release\n"],
      ["trop release --t", "--tag\n"],
      ["trop release --tag a", "a:b\napi\n"],
      ["trop release --tag=my", "'--tag=my tag'\n"],
    ] as const
  ) {
    const ask = "trop completions powershell --quiet | Out-String | Invoke-Expression; " +
      `(TabExpansion2 "${line}" ${line.length}).CompletionMatches.CompletionText`;
    const script = `exec pwsh -NoProfile -Command '${ask.replaceAll("'", "'\\''")}'`;
    await home.run([], { script, env: { PATH }, stdout: proposed });
  }
});
