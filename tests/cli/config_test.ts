import assert from "node:assert/strict";
import { symlink, trop } from "../support/program.ts";

const LAYERS = {
  ".trop/config.yaml": "cleanup:\n  expire_after_days: 7\nexcluded_ports: [5001]\n",
  "shop/.git/HEAD": "ref: refs/heads/main\n",
  "shop/.git/objects": {},
  "shop/.git/refs": {},
  "shop/src": {},
  "shop/trop.yaml": "project: shop\nports:\n  min: 5100\n  max: 5200\n",
  "shop/trop.local.yaml": "occupancy_check:\n  skip_ip6: true\n",
};

Deno.test("config shows a value of each of the six layers with its source", async () => {
  await using home = await trop.home(LAYERS);
  const shop = home.path("shop");
  const { stdout } = await home.run(["config", "--busy-timeout", "9"], {
    cwd: "shop/src",
    env: { TROP_PORT_MAX: "5190" },
    stdout: /^project: /,
  });
  const wanted = [
    "  skip_tcp: false  # built-in",
    `  expire_after_days: 7  # ${home.path(".trop/config.yaml")}:2:22`,
    `  - 5001  # ${home.path(".trop/config.yaml")}:3:18`,
    `project: shop  # ${shop}/trop.yaml:1:10`,
    `  min: 5100  # ${shop}/trop.yaml:3:8`,
    `  skip_ip6: true  # ${shop}/trop.local.yaml:2:13`,
    "  max: 5190  # TROP_PORT_MAX",
    "maximum_lock_wait_seconds: 9  # --busy-timeout",
  ];
  const lines = stdout.split("\n");
  assert.deepEqual(wanted.filter((line) => !lines.includes(line)), []);
});

Deno.test("config --format json gives the same to other programs", async () => {
  await using home = await trop.home(LAYERS);
  const { stdout } = await home.run(["config", "--format", "json"], { cwd: "shop", stdout: /^{/ });
  assert.deepEqual(JSON.parse(stdout).settings["ports.min"], {
    value: 5100,
    source: { layer: "project", file: home.path("shop/trop.yaml"), line: 3, column: 8 },
  });
});

Deno.test("a file above the checkout belongs to another one, unless discovery says otherwise", async () => {
  await using home = await trop.home({
    "trop.yaml": "project: outer\n",
    "inner/.git/HEAD": "ref: refs/heads/main\n",
    "inner/.git/objects": {},
    "inner/.git/refs": {},
    "inner/src": {},
  });
  const run = (args: string[], env = {}, stderr: string | RegExp = "") =>
    home.run(args, { cwd: "inner/src", env, stdout: /^/, stderr });
  const quiet = await run(["config"]);
  assert.doesNotMatch(quiet.stdout, /outer/);
  await run(["config", "--verbose"], {}, /trop\.yaml is not used: .*outside of the checkout/);
  const wide = await run(["config"], { TROP_DISCOVERY: "filesystem" });
  assert.match(wide.stdout, /^project: outer /);
  await home.write({ ".trop/config.yaml": "discovery: filesystem\n" });
  assert.match((await run(["config"])).stdout, /^project: outer /);
});

Deno.test("a sub-directory of a checkout finds the file at its root", async () => {
  await using home = await trop.home(LAYERS);
  await home.run(["reserve"], {
    cwd: "shop/src",
    env: { TROP_SKIP_OCCUPANCY_CHECK: "1" },
    stdout: "5100\n",
  });
});

/** What validate says about a file: standard error, as a whole. */
const JUDGED: readonly (readonly [name: string, contents: string, stderr: string])[] = [
  [
    "trop.yaml",
    "prject: x\n",
    "Parse error in trop.yaml: Invalid YAML: unknown key 'prject' (did you mean 'project'?), " +
    "want one of project, ",
  ],
  [
    "trop.yaml",
    "ports:\n  min: many\n",
    "Parse error in trop.yaml: Invalid YAML: ports.min: ",
  ],
  [
    "trop.yaml",
    'project: ""\nports: {min: 6000, max: 5000}\n',
    "Validation error: 'project' (trop.yaml:1:10): Cannot be empty or only whitespace\n" +
    ' 1 | project: ""\n' +
    "   |          ^\n" +
    "Validation error: 'ports' (trop.yaml:2:25): the maximum 5000 is below the minimum 6000\n" +
    " 2 | ports: {min: 6000, max: 5000}\n" +
    "   |                         ^\n" +
    "Error: trop.yaml has 2 problems\n",
  ],
  ["config.yaml", "project: x\n", "Validation error: 'project' (config.yaml:1:10): "],
  ["trop.yaml", "project: a\nproject: b\n", "Parse error in trop.yaml: Invalid YAML: "],
];

for (const [name, contents, stderr] of JUDGED) {
  Deno.test(`validate refuses ${name} with ${JSON.stringify(contents)}`, async () => {
    await using home = await trop.home({ [name]: contents });
    const result = await home.run(["validate", name], { status: 1, stderr: /\nError: .*\n$/s });
    assert.equal(result.stderr.slice(0, stderr.length), stderr);
  });
}

for (const contents of ["", "# nothing\n", "project: shop\nports:\n  max: 6000\n"]) {
  Deno.test(`validate accepts ${JSON.stringify(contents)}`, async () => {
    await using home = await trop.home({ "trop.yaml": contents });
    await home.run(["validate", "trop.yaml", "--quiet"], { stdout: "Configuration is valid\n" });
  });
}

Deno.test("validate tells a missing file from one that cannot be read", async () => {
  await using home = await trop.home({ folder: {} });
  await home.run(["validate", "no.yaml"], {
    status: 4,
    stderr: "Error: Invalid arguments: File not found: no.yaml\n",
  });
  await home.run(["validate", "folder"], { status: 5, stderr: /^Error: I\/O error: / });
});

Deno.test("show-path prints the path that a reservation would use, TROP_PATH included (D08, defect 17)", async () => {
  await using home = await trop.home({ shop: {}, link: symlink("shop") });
  const shop = home.path("shop");
  await home.run(["show-path"], { cwd: "link", stdout: `${shop}\n` });
  await home.run(["show-path", "--path", "../link/./x/.."], {
    cwd: "shop",
    stdout: `${home.path("link")}\n`,
  });
  await home.run(["show-path", "--canonicalize"], {
    env: { TROP_PATH: "link" },
    stdout: `${shop}\n`,
  });
  await home.run(["show-path"], { env: { TROP_PATH: "~/away" }, stdout: `${home.path("away")}\n` });
  await home.run(["show-path", "--path", "away", "--canonicalize"], {
    status: 6,
    stderr: `Error: path not found: ${home.path("away")}\n`,
  });
});
