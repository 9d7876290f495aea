import assert from "node:assert/strict";
import { directory, file, symlink, trop } from "./program.ts";

Deno.test("run() gives a program nothing but HOME, PATH and what the test names", async () => {
  await using home = await trop.home();
  const script = 'env | grep -v "^PWD=\\|^SHLVL=\\|^_=" | cut -d= -f1 | sort';
  await home.run([], { script, stdout: "DENO_DIR\nHOME\nPATH\n" });
  await home.run([], {
    script,
    env: { HOME: undefined, TROP_PATH: "x" },
    stdout: "DENO_DIR\nPATH\nTROP_PATH\n",
  });
});

Deno.test("run() starts in the home directory, or where the test says", async () => {
  await using home = await trop.home({ "shop/web": {} });
  await home.run([], { script: "pwd", stdout: `${home.directory}\n` });
  await home.run([], { script: "pwd", cwd: "shop/web", stdout: `${home.path("shop/web")}\n` });
});

Deno.test("run() hands standard input over", async () => {
  await using home = await trop.home();
  await home.run([], { script: "cat", stdin: "größe\n", stdout: "größe\n" });
  await home.run([], { script: "cat" });
});

Deno.test("run() runs trop itself", async () => {
  await using home = await trop.home();
  await home.run(["show-data-dir"], { stdout: `${home.path(".trop")}\n` });
  await home.run(["--version"], { stdout: /^trop \d+\.\d+\.\d+\n$/ });
});

for (
  const [script, options, why] of [
    ["echo stray", {}, 'wanted stdout ""'],
    ["echo stray >&2", {}, 'wanted stderr ""'],
    ["exit 3", {}, "wanted status 0"],
    ["exit 0", { status: 3 }, "wanted status 3"],
    ["echo 5001", { stdout: "5000\n" }, 'wanted stdout "5000\\n"'],
    ["echo 5001", { stdout: /^6/ }, "wanted stdout /^6/"],
  ] as const
) {
  Deno.test(`run() rejects \`${script}\`: ${why}`, async () => {
    await using home = await trop.home();
    await assert.rejects(home.run(["list"], { script, ...options }), (error) => {
      assert(error instanceof assert.AssertionError);
      const { message } = error;
      for (const part of ["$ trop list", why, "status: ", "stdout: ", "stderr: "]) {
        assert(message.includes(part), `${JSON.stringify(part)} is not in ${message}`);
      }
      return true;
    });
  });
}

Deno.test("home() writes files, modes and links", async () => {
  await using home = await trop.home({
    "a.txt": "text",
    bytes: new Uint8Array([0, 255]),
    "deep/er": { "b.txt": "b" },
    secret: file("s", 0o400),
    locked: directory({ inside: "i" }, 0o500),
    link: symlink("a.txt"),
    dangling: symlink("nowhere"),
  });
  assert.equal(await home.read("link"), "text");
  assert.equal(await home.read("deep/er/b.txt"), "b");
  assert.equal(await home.read("locked/inside"), "i");
  assert.deepEqual([...await Deno.readFile(home.path("bytes"))], [0, 255]);
  assert.equal((await Deno.stat(home.path("secret"))).mode! & 0o777, 0o400);
  assert.equal((await Deno.stat(home.path("locked"))).mode! & 0o777, 0o500);
  assert(await home.exists("dangling"));
  assert(!await home.exists("nowhere"));
});

Deno.test("a home directory is gone after its scope, after a failure too", async () => {
  let left = "";
  await assert.rejects(async () => {
    await using home = await trop.home({ locked: directory({ inside: "i" }, 0o500) });
    left = home.directory;
    throw new Error("the test fails");
  }, /the test fails/);
  await assert.rejects(Deno.stat(left), Deno.errors.NotFound);
});

Deno.test("an unprivileged run obeys modes even when the test is root", async () => {
  await using home = await trop.home({ secret: file("s", 0o000) });
  const script = 'cat "$HOME/secret"';
  await home.run([], { script, unprivileged: true, status: 1, stderr: /Permission denied/ });
});

Deno.test("start() does not wait, and a killed run says so", async () => {
  await using home = await trop.home();
  const runs = [1, 2].map(() => home.start([], { script: "echo started; exec sleep 60" }));
  for (const run of runs) run.kill();
  for (const run of runs) assert.equal((await run.result()).status, 128 + 9);
});
