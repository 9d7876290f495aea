import assert from "node:assert/strict";
import { hostLabel } from "../../src/cli/worktree_host.ts";
import { git, makeRepository } from "../support/git.ts";
import { type Expectation, type Home, symlink, trop } from "../support/program.ts";
import { homeStoring, storedIn } from "../support/stored.ts";

const GROUP = "reservations: { services: { web: {}, api: { offset: 1 } } }\n";

function makeHome(): Promise<Home> {
  const rows = [
    ["shop", "web", 5000],
    ["shop", "api", 5001],
    ["shop", null, 5002],
    ["shop/deep", "db", 5010],
    ["shop/rival", "web", 5020],
    ["tagged", "a", 5030],
    ["tagged", "b", 5031],
  ] as const;
  const tree = { "shop/trop.yaml": GROUP, "shop/deep": {}, "shop/rival": {}, tagged: {} };
  return homeStoring(rows.map(([path, tag, port]) => ({ path, tag, port })), tree);
}

for (
  const [args, cwd, wanted] of [
    ["", "shop", { stdout: "http://localhost:5002\n" }],
    ["--tag api", "shop", { stdout: "http://localhost:5001\n" }],
    ["--tag api", "shop/deep", { stdout: "http://localhost:5001\n" }],
    ["--tag db", "shop/deep", { stdout: "http://localhost:5010\n" }],
    ["--tag db --path deep --quiet", "shop", { stdout: "http://localhost:5010\n" }],
    ["--tag web --path rival", "shop", { stdout: "http://localhost:5020\n" }],
    ["--tag web", "shop/rival", {
      status: 4,
      stderr: "Error: Invalid arguments: /HOME/shop:web and /HOME/shop/rival:web both have a " +
        "port, so choose a directory with --path\n",
    }],
    ["", "shop/deep", {
      status: 1,
      stderr: "Error: no port is reserved for /HOME/shop/deep; --tag takes one of api, db, web\n",
    }],
    ["--tag c", "tagged", {
      status: 1,
      stderr: "Error: no port is reserved for /HOME/tagged:c; --tag takes one of a, b\n",
    }],
    ["--path ..", "shop", {
      status: 1,
      stderr: "Error: no port is reserved for /HOME; 'trop reserve' reserves one, " +
        "'trop autoreserve' those of a group\n",
    }],
    ["--tag=", "shop", { status: 4, stderr: /^Error: Invalid arguments: Cannot read --tag/ }],
  ] as readonly (readonly [string, string, Expectation & { stderr?: string | RegExp }])[]
) {
  const title = `\`trop url ${args}\` in ${cwd} ends with ${wanted.stdout ?? wanted.status}`;
  Deno.test(title.trimEnd(), async () => {
    await using home = await makeHome();
    const before = storedIn(home);
    const { stderr = "" } = wanted;
    await home.run(["url", ...args.split(" ").filter((word) => word !== "")], {
      cwd,
      ...wanted,
      stderr: typeof stderr === "string" ? stderr.replaceAll("/HOME", home.directory) : stderr,
    });
    assert.deepEqual(storedIn(home), before);
  });
}

Deno.test("url creates nothing where nothing was ever reserved", async () => {
  await using home = await trop.home();
  await home.run(["url"], { status: 1, stderr: /^Error: no port is reserved for / });
  assert(!await home.exists(".trop"));
});

Deno.test("each checkout has a host of its own, the same from everywhere in it", async () => {
  await using home = await trop.home({ "gone/shop": {}, link: symlink("a/shop/web") });
  makeRepository(home.path("a/shop"));
  git(home.path("a/shop"), "worktree", "add", "--quiet", "../../b/shop", "-b", "b");
  await home.write({ "a/shop/web": {}, "b/shop/web": {} });
  /** The host in the URL of a directory. */
  const hostIn = async (cwd: string, path = ".") => {
    await home.start(["reserve", "--path", path, "--allow-unrelated-path"], { cwd }).result();
    const args = ["url", "--host-per-worktree", "--path", path];
    const { stdout } = await home.start(args, { cwd }).result();
    return /^http:\/\/(shop-[0-9a-f]{6}\.localhost):\d+\n$/.exec(stdout)?.[1] ?? stdout;
  };
  const a = await hostIn("a/shop");
  const b = await hostIn("b/shop");
  const outside = await hostIn("gone/shop");
  assert.equal(new Set([a, b, outside]).size, 3);
  assert.equal(await hostIn("a/shop/web"), a);
  assert.equal(await hostIn("b/shop/web"), b);
  assert.equal(await hostIn(".", "link"), a);
  await Deno.remove(home.path("gone/shop"));
  assert.equal(await hostIn("gone", "shop"), outside);
});

for (
  const [name, label] of [
    ["shop", "shop-0a1b2c"],
    ["Shop_fix #42", "shop-fix-42-0a1b2c"],
    ["--x--", "x-0a1b2c"],
    ["xn--80ak6aa92e", "xn-80ak6aa92e-0a1b2c"],
    ["größe", "gr-e-0a1b2c"],
    ["商店", "0a1b2c"],
    ["", "0a1b2c"],
    ["a".repeat(300), `${"a".repeat(56)}-0a1b2c`],
    [`${"a".repeat(55)} b`, `${"a".repeat(55)}-0a1b2c`],
  ] as const
) {
  Deno.test(`hostLabel() makes ${label} of ${JSON.stringify(name)}`, () => {
    assert.equal(hostLabel(name, "0a1b2c"), label);
    assert.match(label, /^(?=.{1,63}$)[a-z0-9]+(-[a-z0-9]+)*$/);
  });
}
