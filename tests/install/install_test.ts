import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SHARE_ARCHIVE } from "../../scripts/share_archive.ts";
import { type Entry, file, type Home, type Result, trop } from "../support/program.ts";
import {
  type Asset,
  bytesOf,
  makeRelease,
  PROGRAM,
  ReleaseServer,
  SHARE_FILES,
  standIn,
  withSums,
} from "../support/releases.ts";

const INSTALLER = fileURLToPath(new URL("../../install.sh", import.meta.url));

// Shells, downloaders and system calls as Linux has them. tests/executable/installers.ts runs the
// installers of all systems.
const test = Deno.build.os === "linux" ? Deno.test : Deno.test.ignore;

/** The shells that it has to run in. */
const SHELLS = [["dash"], ["bash"], ["busybox", "sh"]] as const;

/** Does something with all of them at once. */
async function inEveryShell(use: (shell: readonly string[]) => Promise<void>): Promise<void> {
  await Promise.all(SHELLS.map(use));
}

const VERSION = "9.8.7";
const SUMS = "SHA256SUMS";

interface Options {
  readonly args?: readonly string[];
  readonly shell?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The user and group to run it as; the caller's otherwise. */
  readonly uid?: number | undefined;
  /** What the shell is to read in place of the installer. */
  readonly stdin?: string;
}

/** Runs the installer, or a script that a shell finds on its standard input. */
function install(home: Home, options: Options): Promise<Result> {
  const { args = [], shell = ["sh"], env = {}, uid, stdin } = options;
  const words = [...shell, ...(stdin === undefined ? [INSTALLER] : ["-s", "--"])];
  const circumstances = {
    program: [...asUser(uid), ...words],
    env,
    ...(stdin === undefined ? {} : { stdin }),
  };
  return home.start(args, circumstances).result();
}

/** What a command begins with that runs as another user. */
function asUser(uid: number | undefined): readonly string[] {
  if (uid === undefined) return [];
  return ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
}

/** Every file and directory below a directory, sorted. */
async function listing(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    found.push(isDirectory ? `${name}/` : name);
    if (isDirectory) {
      found.push(...(await listing(`${directory}/${name}`)).map((below) => `${name}/${below}`));
    }
  }
  return found.sort();
}

/** The names in a directory, sorted. */
async function names(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
}

/** Only the files of {@linkcode listing}. */
async function files(directory: string): Promise<string[]> {
  return (await listing(directory)).filter((path) => !path.endsWith("/"));
}

/** A directory of programs for `PATH`: shell scripts, by name. */
function programs(bodies: Readonly<Record<string, string>>): Record<string, Entry> {
  return Object.fromEntries(
    Object.entries(bodies).map(([name, body]) => [name, file(`#!/bin/sh\n${body}\n`, 0o755)]),
  );
}

/** The programs of this machine with these names and no others, and some made up. */
function only(names: readonly string[], made: Readonly<Record<string, string>>) {
  const real = names.map((name) => [name, `exec ${which(name)} "$@"`] as const);
  return programs({ ...Object.fromEntries(real), ...made });
}

function which(name: string): string {
  for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(`${directory}/${name}`).isFile) return `${directory}/${name}`;
    } catch {
      // Not in this one.
    }
  }
  throw new Error(`there is no ${name} on this machine's PATH`);
}

/** Serves one release. */
async function serve(change: Readonly<Record<string, Asset>> = {}): Promise<ReleaseServer> {
  return new ReleaseServer({ [VERSION]: { ...(await makeRelease(VERSION)), ...change } });
}

for (const shell of SHELLS) {
  test(`the installer puts program, completions and manual in place (${shell.join(" ")})`, async () => {
    await using home = await trop.home();
    await using server = await serve();
    const args = ["--dir", "prefix/bin", "--server", server.url];
    const { status, stdout, stderr } = await install(home, { shell, args });
    const bin = home.path("prefix/bin");
    assert.equal(stderr, "");
    assert.equal(
      stdout,
      `Installed trop ${VERSION}: ${bin}/trop\n` +
        `Installed completions for bash, zsh and fish, and the manual: ${
          home.path("prefix/share")
        }\n` +
        `${bin} is not on your PATH. A line for ~/.profile or your shell's own file:\n` +
        `  export PATH="${bin}:$PATH"\n`,
    );
    assert.equal(status, 0);
    assert.deepEqual(await files(home.path("prefix")), ["bin/trop", ...SHARE_FILES]);
    assert.equal(await home.read("prefix/bin/trop"), standIn(VERSION));
    assert.equal((await Deno.stat(`${bin}/trop`)).mode! & 0o7777, 0o755);
    assert.equal((await Deno.stat(home.path(`prefix/${SHARE_FILES[0]}`))).mode! & 0o7777, 0o644);
    assert.deepEqual(
      server.requests,
      [SUMS, PROGRAM, SHARE_ARCHIVE].map((name) => {
        return `/latest/download/${name}`;
      }),
    );
    assert.deepEqual(await names(home.directory), ["prefix"]);
  });

  test(`the installer runs from a pipe (${shell.join(" ")})`, async () => {
    await using home = await trop.home();
    await using server = await serve();
    const { status, stderr } = await install(home, {
      shell,
      stdin: await Deno.readTextFile(INSTALLER),
      args: ["--dir", home.path("bin"), "--server", server.url],
    });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.deepEqual(await files(home.directory), ["bin/trop", ...SHARE_FILES]);
  });

  test(`the installer does nothing when a pipe brings a part of it (${shell.join(" ")})`, async () => {
    await using home = await trop.home();
    await using server = await serve();
    const args = ["--dir", home.path("bin"), "--server", server.url];
    const script = await Deno.readTextFile(INSTALLER);
    const whole = script.trimEnd().length;
    const cuts = new Set<number>();
    for (let part = 0; part < 40; part++) cuts.add(Math.floor(whole * part / 40));
    for (let cut = whole - 30; cut < whole; cut++) cuts.add(cut);
    for (const cut of cuts) {
      const { stdout } = await install(home, { shell, stdin: script.slice(0, cut), args });
      assert.equal(stdout, "", `after ${cut} characters`);
    }
    assert.deepEqual(server.requests, []);
    assert.deepEqual(await listing(home.directory), []);
  });
}

/** The program with one bit changed. */
function damaged(program: string | Uint8Array): Uint8Array {
  const bytes = bytesOf(program).slice();
  bytes[bytes.length - 100]! ^= 1;
  return bytes;
}

/** An answer that ends in the middle of what it announced. */
function breaksOff(text: string): () => Response {
  return () => {
    const bytes = bytesOf(text);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.subarray(0, bytes.length / 2));
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-length": `${bytes.length}` } });
  };
}

/** The answer of a proxy that wants something of its own. */
function webPage(): Response {
  const headers = { "content-type": "text/html" };
  return new Response("<!DOCTYPE html><title>Sign in</title>", { headers });
}

function failing(status: number): () => Response {
  return () => new Response("<h1>no</h1>", { status });
}

const REFUSED = `error: refused \\S+/latest/download/${PROGRAM}: `;
const GOOD = await makeRelease(VERSION);
const SUM_LINES = String(GOOD[SUMS]).trimEnd().split("\n");
const THE_SUM = SUM_LINES.find((line) => line.endsWith(`  ${PROGRAM}`))!;

interface BadDownload {
  readonly title: string;
  readonly assets: Readonly<Record<string, Asset>>;
  readonly stderr: RegExp;
  readonly args?: readonly string[];
}

const BAD_DOWNLOADS: readonly BadDownload[] = [
  {
    title: "the program came damaged",
    assets: { ...GOOD, [PROGRAM]: damaged(standIn(VERSION)) },
    stderr: new RegExp(
      `^${REFUSED}it is not the file that the release lists, or it came damaged\n` +
        `  SHA-256 listed:     [0-9a-f]{64}\n  SHA-256 downloaded: [0-9a-f]{64}\n$`,
    ),
  },
  {
    title: "the program is cut short on the server",
    assets: { ...GOOD, [PROGRAM]: standIn(VERSION).slice(0, 1000) },
    stderr: new RegExp(`^${REFUSED}it is not the file that the release lists`),
  },
  {
    title: "the connection breaks in the middle of the program",
    assets: { ...GOOD, [PROGRAM]: breaksOff(standIn(VERSION)) },
    stderr: new RegExp(`^error: (cannot download \\S+/${PROGRAM}: |refused \\S+/${PROGRAM}: )`),
  },
  {
    title: "the program is empty",
    assets: { ...GOOD, [PROGRAM]: "" },
    stderr: new RegExp(`^${REFUSED}it is empty\n`),
  },
  {
    title: "the program is missing",
    assets: { ...GOOD, [PROGRAM]: failing(404) },
    stderr: new RegExp(`^error: cannot download \\S+/latest/download/${PROGRAM}: .*404.*\n$`),
  },
  {
    title: "the server is out of order",
    assets: { ...GOOD, [PROGRAM]: failing(503) },
    stderr: new RegExp(`^error: cannot download \\S+/${PROGRAM}: .*503.*\n$`),
  },
  {
    title: "a web page comes in the program's place",
    assets: { ...GOOD, [PROGRAM]: webPage },
    stderr: new RegExp(`^${REFUSED}it is a web page, perhaps from a proxy\n`),
  },
  {
    title: "a redirection leads to another kind of address",
    assets: { ...GOOD, [PROGRAM]: () => Response.redirect("ftp://127.0.0.1:1/trop") },
    stderr: /^error: cannot download .*Protocol .?ftp.? not supported.*\n$/,
  },
  {
    title: "the program's name belongs to that of another machine",
    assets: await withSums({ ...GOOD, [PROGRAM]: "#!/bin/sh\nexit 126\n" }),
    stderr: /^error: trop does not run on this machine, exit code 126: \n$/,
  },
  {
    title: "the program's name belongs to another program",
    assets: await withSums({ ...GOOD, [PROGRAM]: "#!/bin/sh\necho 'tar\u001b[31m 1'\n" }),
    stderr: /^error: what \S+ calls trop-\S+ is not trop: --version prints "tar\?\[31m 1"\n$/,
  },
  {
    title: "the program is no program",
    assets: await withSums({ ...GOOD, [PROGRAM]: new Uint8Array([127, 69, 76, 70, 2, 1, 1]) }),
    stderr: /^error: trop does not run on this machine, exit code \d+: .+\n$/,
  },
  {
    title: "the program is of another version than asked for",
    assets: await withSums({ ...GOOD, [PROGRAM]: standIn("9.8.6") }),
    stderr: /^error: what \S+ calls trop 9\.8\.7 is trop 9\.8\.6\n$/,
    args: ["--version", VERSION],
  },
  {
    title: "the checksums are missing",
    assets: { ...GOOD, [SUMS]: failing(404) },
    stderr: /^error: cannot download \S+\/latest\/download\/SHA256SUMS: .*404.*\n$/,
  },
  ...([
    ["the checksums are empty", ""],
    ["the checksums lack the program", SUM_LINES.filter((l) => l !== THE_SUM).join("\n")],
    ["the checksums end inside of the program's name", THE_SUM.slice(0, -1)],
    ["the program's checksum is too short", THE_SUM.slice(1)],
    ["the program's checksum is not hexadecimal", `z${THE_SUM.slice(1)}`],
    ["the checksums are those of a path", THE_SUM.replace("  ", "  ./")],
    ["a web page comes in the place of the checksums", webPage],
    ["the checksums are no text", new Uint8Array([0, 255, 10, 0, 27, 99, 10])],
  ] as const).map(([title, sums]) => ({
    title,
    assets: { ...GOOD, [SUMS]: sums },
    stderr: new RegExp(
      `^error: cannot verify ${PROGRAM}: \\S+/SHA256SUMS has no checksum of it\n$`,
    ),
  })),
  {
    title: "the completions came damaged",
    assets: { ...GOOD, [SHARE_ARCHIVE]: damaged(GOOD[SHARE_ARCHIVE] as Uint8Array) },
    stderr: /^error: refused \S+\/trop-share\.tar\.gz: it is not the file that the release lists/,
  },
  {
    title: "the completions are missing",
    assets: { ...GOOD, [SHARE_ARCHIVE]: failing(404) },
    stderr: /^error: cannot download \S+\/trop-share\.tar\.gz: .*404.*\n$/,
  },
  {
    title: "the completions are no archive",
    assets: await withSums({ ...GOOD, [SHARE_ARCHIVE]: "no archive" }),
    stderr: /^error: cannot unpack trop-share\.tar\.gz: .+\n$/,
  },
];

for (const { title, assets, stderr, args = [] } of BAD_DOWNLOADS) {
  test(`the installer leaves nothing behind when ${title}`, async () => {
    await inEveryShell(async (shell) => {
      await using home = await trop.home();
      await using server = new ReleaseServer({ [VERSION]: assets });
      const place = ["--dir", home.path("new/bin"), "--server", server.url];
      const result = await install(home, { shell, args: [...place, ...args] });
      assert.match(result.stderr, stderr, shell.join(" "));
      assert.deepEqual([result.status, result.stdout], [1, ""]);
      assert.deepEqual(await listing(home.directory), [], shell.join(" "));
    });
  });
}

test("the installer leaves an older trop as it was when a download is bad", async () => {
  await using home = await trop.home({ "p/bin/trop": file(standIn("9.8.6"), 0o755) });
  await using server = await serve({ [PROGRAM]: damaged(standIn(VERSION)) });
  const before = await listing(home.directory);
  const args = ["--dir", home.path("p/bin"), "--server", server.url];
  assert.equal((await install(home, { args })).status, 1);
  assert.equal(await home.read("p/bin/trop"), standIn("9.8.6"));
  assert.deepEqual(await listing(home.directory), before);
});

test("the installer says so when no server answers", async () => {
  await using home = await trop.home();
  const { url } = await (async () => {
    await using server = await serve();
    return { url: server.url };
  })();
  const args = ["--dir", home.path("bin"), "--server", url];
  const { status, stderr } = await install(home, { args });
  assert.match(stderr, /^error: cannot download \S+\/SHA256SUMS: .+\n$/);
  assert.equal(status, 1);
  assert.deepEqual(await listing(home.directory), []);
});

const BUSYBOX_WGET = `exec ${which("busybox")} wget "$@"`;

/** What the installer uses besides what fetches and checks. */
const COMMON = "cat chmod head id ldd mkdir mktemp mv rm sed tail tar gzip tr uname".split(" ");

for (
  const [chosen, made] of [
    [["curl", "sha256sum"], {}],
    [["curl", "shasum"], {}],
    [["curl", "openssl"], {}],
    [["wget", "sha256sum"], {}],
    [["wget", "openssl"], {}],
    [["sha256sum"], { wget: BUSYBOX_WGET }],
  ] as const
) {
  const names = [...chosen, ...Object.keys(made).map((name) => `BusyBox ${name}`)].join(" and ");
  test(`the installer makes do with ${names}`, async () => {
    await using home = await trop.home();
    await using tool = await trop.home(only([...COMMON, ...chosen], made));
    await using good = await serve();
    const env = { PATH: tool.directory };
    const into = ["--dir", home.path("bin"), "--server"];
    const shell = ["/bin/sh"];
    const first = await install(home, { shell, env, args: [...into, good.url] });
    assert.deepEqual([first.status, first.stderr], [0, ""]);
    assert.deepEqual(await files(home.directory), ["bin/trop", ...SHARE_FILES]);

    for (const asset of [damaged(standIn("1.0.0")), failing(404), breaksOff(standIn("1.0.0"))]) {
      await using bad = await serve({ [PROGRAM]: asset });
      const before = await listing(home.directory);
      const next = await install(home, { shell, env, args: [...into, bad.url] });
      assert.match(next.stderr, /^error: (refused|cannot download) /);
      assert.equal(next.status, 1);
      assert.equal(await home.read("bin/trop"), standIn(VERSION));
      assert.deepEqual(await listing(home.directory), before);
    }
  });
}

for (
  const [lacking, chosen, made, url, words] of [
    ["a checksum program", ["curl"], {}, "http://127.0.0.1:1", "cannot verify a download: want"],
    ["a downloader", ["sha256sum"], {}, "http://127.0.0.1:1", "cannot download: want curl or wget"],
    [
      "a downloader that checks certificates",
      ["sha256sum"],
      { wget: BUSYBOX_WGET },
      "https://127.0.0.1:1",
      "cannot download by https: this wget may not check certificates",
    ],
  ] as const
) {
  test(`the installer says so when there is no ${lacking}`, async () => {
    await using home = await trop.home();
    await using tool = await trop.home(only([...COMMON, ...chosen], made));
    const { status, stderr } = await install(home, {
      shell: ["/bin/sh"],
      env: { PATH: tool.directory },
      args: ["--dir", home.path("bin"), "--server", url],
    });
    assert.ok(stderr.startsWith(`error: ${words}`), stderr);
    assert.equal(status, 1);
    assert.deepEqual(await listing(home.directory), []);
  });
}

for (
  const [title, made, words] of [
    ["musl", { ldd: "echo 'musl libc (x86_64)' >&2; exit 1" }, "Linux with musl, such as Alpine;"],
    ["a 32-bit processor", { uname: uname("Linux", "i686") }, "Linux on i686;"],
    ["a 32-bit ARM", { uname: uname("Linux", "armv7l") }, "Linux on armv7l;"],
    ["another processor", { uname: uname("Linux", "riscv64") }, "Linux on riscv64;"],
    ["another system", { uname: uname("FreeBSD", "amd64") }, "FreeBSD;"],
    ["a hostile system", { uname: uname("Evil\u001b[2J", "x86_64") }, "Evil?[2J;"],
    [
      "a system without glibc's loader",
      // No machine has the loaders of both processors.
      { uname: uname("Linux", Deno.build.arch === "x86_64" ? "aarch64" : "x86_64") },
      "a system without /lib",
    ],
  ] as const
) {
  test(`the installer says that there is no build for ${title}`, async () => {
    await using home = await trop.home();
    await using tool = await trop.home(programs(made));
    await using server = await serve();
    const { status, stdout, stderr } = await install(home, {
      env: { PATH: `${tool.directory}:${Deno.env.get("PATH")}` },
      args: ["--dir", home.path("bin"), "--server", server.url],
    });
    assert.ok(stderr.startsWith(`error: there is no build of trop for ${words}`), stderr);
    assert.ok(stderr.includes(`deno run --allow-all --unstable-net ${server.url}/latest/`), stderr);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.deepEqual(server.requests, []);
    assert.deepEqual(await listing(home.directory), []);
  });
}

/** The body of an `uname` that knows these two words. */
function uname(system: string, machine: string): string {
  return `case $1 in -s) printf '%s\\n' '${system}' ;; -m) echo '${machine}' ;; esac`;
}

for (
  const [title, made, program] of [
    ["an Intel Mac", { uname: uname("Darwin", "x86_64"), sysctl: "exit 1" }, "macos-x64"],
    ["an Apple Mac", { uname: uname("Darwin", "arm64"), sysctl: "echo 0" }, "macos-arm64"],
    [
      "a translated shell",
      { uname: uname("Darwin", "x86_64"), sysctl: "echo 1" },
      "macos-arm64",
    ],
  ] as const
) {
  test(`the installer takes ${program} on ${title}`, async () => {
    await using home = await trop.home();
    await using tool = await trop.home(programs(made));
    await using server = await serve();
    const { status, stderr } = await install(home, {
      env: { PATH: `${tool.directory}:${Deno.env.get("PATH")}` },
      args: ["--dir", home.path("bin"), "--server", server.url],
    });
    assert.deepEqual([status, stderr], [0, ""]);
    assert.ok(server.requests.includes(`/latest/download/trop-${program}`));
  });
}

test("on Windows the installer for Linux and macOS names the other one", async () => {
  await using home = await trop.home();
  await using tool = await trop.home(programs({ uname: uname("MINGW64_NT-10.0", "x86_64") }));
  const { status, stderr } = await install(home, {
    env: { PATH: `${tool.directory}:${Deno.env.get("PATH")}` },
    args: ["--dir", home.path("bin"), "--server", "http://127.0.0.1:1"],
  });
  assert.equal(stderr, "error: on Windows, run install.ps1 in PowerShell\n");
  assert.equal(status, 1);
});

for (
  const [args, words] of [
    [["--frobnicate"], "unknown argument: --frobnicate"],
    [["x\u001b]0;y\u0007"], "unknown argument: x?]0;y?"],
    [["--version"], "--version wants a value"],
    [["--version="], "--version wants a value"],
    [["--dir", ""], "--dir wants a value"],
    [["--version", "../../evil"], 'cannot use the version "../../evil": want'],
    [["--version", "1.0;touch pwned"], 'cannot use the version "1.0;touch pwned": want'],
    [["--version", "$(touch pwned)"], 'cannot use the version "$(touch pwned)": want'],
    [["--version", "-1"], 'cannot use the version "-1": want'],
    [["--version", "1\n2"], 'cannot use the version "1?2": want'],
    [["--version", "newest"], 'cannot use the version "newest": want'],
    [["--server", "file:///etc"], 'cannot use the server "file:///etc": want'],
    [["--server", "--output=/tmp/x"], 'cannot use the server "--output=/tmp/x": want'],
    [["--server", "http://a b"], 'cannot use the server "http://a b": want'],
    [["--server", "http://$(touch pwned)"], 'cannot use the server "http://$(touch pwned)": want'],
    [
      ["--server", "http://a/`touch pwned`"],
      'cannot use the server "http://a/`touch pwned`": want',
    ],
    [["--server", "http://a/*"], 'cannot use the server "http://a/*": want'],
    [["--server", "http://a\nhttp://b"], 'cannot use the server "http://a?http://b": want'],
    [["--server", "http:///a"], 'cannot use the server "http:///a": want'],
    [["--server", "https://"], 'cannot use the server "https://": want'],
    [["--dir", "/x\u001b[2J"], "cannot use --dir: there is a control character in it"],
  ] as const
) {
  test(`the installer refuses ${JSON.stringify(args.join(" "))}`, async () => {
    await inEveryShell(async (shell) => {
      await using home = await trop.home();
      await using server = await serve();
      const { status, stdout, stderr } = await install(home, {
        shell,
        args: ["--server", server.url, ...args],
      });
      assert.ok(stderr.startsWith(`error: ${words}`), stderr);
      assert.match(stderr, /^[^\n]+\nTry: install\.sh --help\n$/);
      assert.deepEqual([status, stdout], [2, ""]);
      assert.deepEqual(server.requests, []);
      assert.deepEqual(await listing(home.directory), []);
    });
  });
}

test("the installer wants a server", async () => {
  await using home = await trop.home();
  const { status, stderr } = await install(home, { args: ["--dir", "bin"] });
  assert.match(stderr, /^error: no server to download from: name one with --server URL\n/);
  assert.equal(status, 2);
});

test("the installer's directory may have any printable name", async () => {
  await inEveryShell(async (shell) => {
    await using home = await trop.home();
    await using server = await serve();
    const name = "-a b $(touch pwned) `x` 'q' \"d\" * é/bin";
    const args = ["--dir", name, "--server", `${server.url}/`];
    const { status, stdout, stderr } = await install(home, { shell, args });
    assert.deepEqual([status, stderr], [0, ""]);
    assert.ok(stdout.startsWith(`Installed trop ${VERSION}: ${home.path(name)}/trop\n`), stdout);
    const wanted = ["bin/trop", ...SHARE_FILES].map((path) => `${name.slice(0, -3)}${path}`);
    assert.deepEqual(await files(home.directory), wanted.sort());
    const removal = await install(home, { shell, args: ["--dir", name, "--uninstall"] });
    assert.deepEqual([removal.status, removal.stderr], [0, ""]);
    assert.deepEqual(await files(home.directory), []);
  });
});

test("the installer installs the version that is asked for, with or without a v", async () => {
  await using home = await trop.home();
  await using server = new ReleaseServer({
    "1.0.0": await makeRelease("1.0.0"),
    "2.0.0-rc.1": await makeRelease("2.0.0-rc.1"),
  });
  for (const [asked, got] of [["1.0.0", "1.0.0"], ["v1.0.0", "1.0.0"], ["latest", "2.0.0-rc.1"]]) {
    const args = [`--dir=${home.path("bin")}`, `--server=${server.url}`, `--version=${asked}`];
    const { status, stdout } = await install(home, { args });
    assert.equal(status, 0);
    assert.ok(stdout.startsWith(`Installed trop ${got}: `), stdout);
    assert.equal(await home.read("bin/trop"), standIn(got!));
  }
});

test("TROP_DOWNLOAD_SERVER names the server, and --server overrides it", async () => {
  await using home = await trop.home();
  await using first = await serve();
  await using second = await serve();
  const env = { TROP_DOWNLOAD_SERVER: first.url };
  const args = ["--dir", home.path("bin")];
  assert.equal((await install(home, { env, args })).status, 0);
  assert.equal((await install(home, { env, args: [...args, "--server", second.url] })).status, 0);
  assert.deepEqual([first.requests.length, second.requests.length], [3, 3]);
});

test("the installer follows redirections, as download pages have them", async () => {
  await using home = await trop.home();
  await using store = await serve();
  await using server = await serve({
    [PROGRAM]: () => Response.redirect(`${store.url}/latest/download/${PROGRAM}`),
  });
  const args = ["--dir", home.path("bin"), "--server", server.url];
  assert.equal((await install(home, { args })).status, 0);
  assert.deepEqual(store.requests, [`/latest/download/${PROGRAM}`]);
});

for (
  const [title, args, change, words] of [
    ["that is not called bin", ["--dir", "tools"], {}, "for want of a share directory beside "],
    ["when it was asked to", ["--dir", "bin", "--program-only"], {}, "Left out as asked"],
    [
      "of a release that has none",
      ["--dir", "bin"],
      { [SUMS]: THE_SUM },
      "which this release does",
    ],
  ] as const
) {
  test(`the installer leaves out completions and manual for a directory ${title}`, async () => {
    await using home = await trop.home();
    await using server = await serve(change);
    const { status, stdout } = await install(home, { args: [...args, "--server", server.url] });
    assert.equal(status, 0);
    assert.ok(stdout.includes(words), stdout);
    assert.deepEqual(await files(home.directory), [`${args[1]}/trop`]);
  });
}

test("the installer follows no link that is in the archive", async () => {
  await using home = await trop.home({ secret: file("mine\n", 0o600), "share/man/man1": {} });
  await Deno.symlink(home.path("secret"), home.path("share/man/man1/trop.1"));
  await home.run(["-czf", "archive", "share"], { program: ["tar"] });
  const archive = await Deno.readFile(home.path("archive"));
  const release = await withSums({ ...GOOD, [SHARE_ARCHIVE]: archive });
  await using server = new ReleaseServer({ [VERSION]: release });
  const args = ["--dir", home.path("p/bin"), "--server", server.url];
  const { status, stderr } = await install(home, { args });
  assert.deepEqual([status, stderr], [0, ""]);
  assert.deepEqual(await files(home.path("p")), ["bin/trop"]);
  assert.equal((await Deno.stat(home.path("secret"))).mode! & 0o777, 0o600);
});

test("the installer says which other trop comes first on PATH", async () => {
  await using home = await trop.home({ "other/trop": file("#!/bin/sh\n", 0o755) });
  await using server = await serve();
  const [other, bin] = [home.path("other"), home.path("bin")];
  const args = ["--dir", bin, "--server", server.url];
  const PATH = Deno.env.get("PATH");
  const second = await install(home, { args, env: { PATH: `${other}:${bin}:${PATH}` } });
  assert.ok(second.stdout.endsWith(`\nAnother trop comes before it on your PATH: ${other}/trop\n`));
  const first = await install(home, { args, env: { PATH: `${bin}:${other}:${PATH}` } });
  assert.doesNotMatch(first.stdout, /PATH/);
});

test("the installer replaces a trop that is running, and a link rather than its target", async () => {
  await using home = await trop.home({
    "bin/trop": file('#!/bin/sh\necho started\nread -r line\necho "$line"\n', 0o755),
    "bin/wait": file('#!/bin/sh\n"${0%/*}/trop"\n', 0o755),
    target: "precious\n",
  });
  await using server = await serve();
  const running = new Deno.Command(home.path("bin/trop"), { stdin: "piped", stdout: "piped" })
    .spawn();
  const reader = running.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "started\n");
  const args = ["--dir", home.path("bin"), "--server", server.url];
  assert.equal((await install(home, { args })).status, 0);
  const writer = running.stdin.getWriter();
  await writer.write(new TextEncoder().encode("old\n"));
  await writer.close();
  assert.equal((await reader.read()).value, "old\n");
  await running.status;
  assert.equal(await home.read("bin/trop"), standIn(VERSION));

  await Deno.remove(home.path("bin/trop"));
  await Deno.symlink("../target", home.path("bin/trop"));
  assert.equal((await install(home, { args })).status, 0);
  assert.equal(await home.read("bin/trop"), standIn(VERSION));
  assert.equal(await home.read("target"), "precious\n");
});

test("installers that run at the same time do not disturb each other", async () => {
  await using home = await trop.home();
  await using server = await serve();
  const args = ["--dir", home.path("p/bin"), "--server", server.url];
  const results = await Promise.all(Array.from({ length: 6 }, () => install(home, { args })));
  assert.deepEqual(
    results.map(({ status, stderr }) => [status, stderr]),
    results.map(() => [0, ""]),
  );
  assert.deepEqual(await files(home.directory), [
    "p/bin/trop",
    ...SHARE_FILES.map((f) => `p/${f}`),
  ]);
});

test("the installer removes what it downloaded when it is interrupted", async () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    await using home = await trop.home();
    const asked = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    await using server = await serve({
      [PROGRAM]: async () => {
        asked.resolve();
        await goOn.promise;
        return new Response("too late");
      },
    });
    const process = new Deno.Command("sh", {
      args: [INSTALLER, "--dir", home.path("p/bin"), "--server", server.url],
      clearEnv: true,
      env: { HOME: home.directory, PATH: Deno.env.get("PATH") ?? "" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await asked.promise;
    assert.equal((await listing(home.directory)).length, 2, "a directory and the checksums in it");
    process.kill(signal);
    // A shell heeds the signal when what it waits for has ended.
    goOn.resolve();
    const { code, stdout } = await process.output();
    assert.deepEqual([code, stdout.length], [
      { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal],
      0,
    ]);
    assert.deepEqual(await listing(home.directory), [], signal);
  }
});

test("the installer takes no variable of its own from the environment", async () => {
  const names = ["action", "archive", "directory", "extras", "prefix", "program", "staging"];
  await using home = await trop.home({ precious: { file: "" } });
  await using server = await serve();
  const env = Object.fromEntries(names.map((name) => [name, home.path("precious")]));
  const args = ["--dir", home.path("p/bin"), "--server", server.url];
  assert.equal((await install(home, { args, env })).status, 0);
  assert.deepEqual(await files(home.path("p")), ["bin/trop", ...SHARE_FILES]);
  // Before there is a directory of its own, it has none to remove.
  const elsewhere = ["--dir", home.path("p/share/man"), "--version", "1.2.3", ...args.slice(2)];
  assert.equal((await install(home, { args: elsewhere, env })).status, 1);
  assert.deepEqual(await listing(home.path("precious")), ["file"]);
});

test("the installer refuses a place that it cannot use, before any download", async () => {
  await using home = await trop.home({ "bin/trop": {}, file: "" });
  await using server = await serve();
  for (
    const [directory, words] of [
      ["bin", `cannot install ${home.path("bin/trop")}: it is a directory`],
      ["file/bin", `cannot install in ${home.path("file/bin")}: ${home.path("file")} is not`],
      ["/proc/self/bin", "cannot write to /proc/self: use --dir"],
    ] as const
  ) {
    const args = ["--dir", directory, "--server", server.url];
    const uid = directory.startsWith("/") ? anotherUser() : undefined;
    const { status, stderr } = await install(home, { args, uid });
    assert.ok(stderr.startsWith(`error: ${words}`), stderr);
    assert.equal(status, 1);
  }
  assert.deepEqual(server.requests, []);
  assert.deepEqual(await listing(home.directory), ["bin/", "bin/trop/", "file"]);
});

/** A user who is not root; `undefined` where that is who runs the tests. */
function anotherUser(): number | undefined {
  return Deno.uid() === 0 ? 65534 : undefined;
}

/** Whether that user may write where root installs: then this is where the program goes. */
function mayWriteLikeRoot(): boolean {
  const [command, ...args] = [...asUser(anotherUser()), "test", "-w", "/usr/local/bin"];
  return new Deno.Command(command!, { args }).outputSync().success;
}

Deno.test({
  name: "without root the program goes to ~/.local/bin",
  ignore: Deno.build.os !== "linux" || mayWriteLikeRoot(),
  fn: withoutRoot,
});

async function withoutRoot(): Promise<void> {
  await using home = await trop.home();
  await using server = await serve();
  const uid = anotherUser();
  if (uid !== undefined) await Deno.chown(home.directory, uid, uid);
  const { status, stdout, stderr } = await install(home, { args: ["--server", server.url], uid });
  assert.deepEqual([status, stderr], [0, ""]);
  assert.ok(stdout.startsWith(`Installed trop ${VERSION}: ${home.path(".local/bin/trop")}\n`));
  assert.deepEqual(
    await files(home.directory),
    [".local/bin/trop", ...SHARE_FILES.map((path) => `.local/${path}`)],
  );
}

test("--uninstall removes what was installed and nothing else", async () => {
  await using home = await trop.home({
    "p/bin/tropical": "",
    "p/share/man/man1/tropical.1": "",
    "p/share/zsh/site-functions/_other": "",
    ".trop/trop.db": "",
  });
  await using server = await serve();
  const before = await files(home.directory);
  const dir = ["--dir", home.path("p/bin")];
  await install(home, { args: [...dir, "--server", server.url] });
  const { status, stdout, stderr } = await install(home, { args: [...dir, "--uninstall"] });
  assert.deepEqual([status, stderr], [0, ""]);
  assert.deepEqual(
    stdout.split("\n").sort(),
    [
      "",
      ...["bin/trop", ...SHARE_FILES].map((path) => `Removed ${home.path("p")}/${path}`),
      `Reservations are kept: ${home.path(".trop")}`,
    ].sort(),
  );
  assert.deepEqual(await files(home.directory), before);
  const again = await install(home, { args: [...dir, "--uninstall"] });
  assert.equal(again.status, 0);
  assert.equal(
    again.stdout,
    `Nothing to remove in ${home.path("p/bin")}; --dir names another directory\n`,
  );
});

test("the installer's --help fits a terminal and needs nothing", async () => {
  await using home = await trop.home();
  await inEveryShell(async (shell) => {
    const { status, stdout, stderr } = await install(home, { shell, args: ["--help"] });
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, /^Install trop.*\n\nUsage: install\.sh \[options\]\n/);
    for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  });
});
