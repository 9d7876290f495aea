import assert from "node:assert/strict";
import { parse } from "yaml";
import { trop } from "../support/program.ts";

const USER = `# mine, for all projects
ports:
  min: 5100
excluded_ports:
  - 5105
maximum_lock_wait_seconds: 9
output_format: csv
`;

const PROJECT = `project: shop
ports:
  max_offset: 99
excluded_ports: [5110..5120]
reservations:
  base: 5130
  services:
    web: {preferred: 8080}
    "the api": {offset: 1, env: API_PORT}
`;

const PRIVATE = `allow_change: true
maximum_lock_wait_seconds: 10
`;

const TREE = {
  ".trop/config.yaml": USER,
  shop: { "trop.yaml": PROJECT, "trop.local.yaml": PRIVATE, "src": {} },
};

const ENV = {
  TROP_TASK: " fix-1 ",
  TROP_SKIP_UDP: "yes",
  TROP_EXCLUDED_PORTS: "5199",
  TROP_MAXIMUM_LOCK_WAIT_SECONDS: "11",
};

Deno.test("config shows every value with its source, through all six layers", async () => {
  await using home = await trop.home(TREE);
  const user = home.path(".trop/config.yaml");
  const project = home.path("shop/trop.yaml");
  const local = home.path("shop/trop.local.yaml");
  const { stdout } = await home.run(["config", "--min", "5101", "--disable-autoclean"], {
    cwd: "shop/src",
    env: ENV,
    stdout: /./,
  });
  assert.equal(
    stdout,
    `project: shop  # ${project}:1:10
task: fix-1  # TROP_TASK
ports:
  min: 5101  # --min
  max_offset: 99  # ${project}:3:15
excluded_ports:
  - 5105  # ${user}:5:5
  - 5110..5120  # ${project}:4:18
  - 5199  # TROP_EXCLUDED_PORTS
cleanup:
  expire_after_days: 30  # built-in
occupancy_check:
  skip: false  # built-in
  skip_ip4: false  # built-in
  skip_ip6: false  # built-in
  skip_tcp: false  # built-in
  skip_udp: true  # TROP_SKIP_UDP
  check_all_interfaces: false  # built-in
reservations:  # ${project}:6:3
  base: 5130  # ${project}:6:9
  services:
    web:  # ${project}:8:5
      offset: 0  # built-in
      preferred: 8080  # ${project}:8:22
      env: WEB  # from the name of the service
    "the api":  # ${project}:9:5
      offset: 1  # ${project}:9:25
      env: API_PORT  # ${project}:9:33
disable_autoinit: false  # built-in
disable_autoprune: true  # --disable-autoclean
disable_autoexpire: true  # --disable-autoclean
allow_unrelated_path: false  # built-in
allow_change_project: false  # built-in
allow_change_task: false  # built-in
allow_change: true  # ${local}:1:15
allow_unsafe_ports: false  # built-in
maximum_lock_wait_seconds: 11  # TROP_MAXIMUM_LOCK_WAIT_SECONDS
output_format: csv  # ${user}:7:16
sqlite_journal: auto  # built-in
allow_shared_data_dir: false  # built-in
discovery: checkout  # built-in
`,
  );
  assert.equal(parse(stdout).reservations.services["the api"].env, "API_PORT");
});

Deno.test("config --format json hands the values and their sources to a program", async () => {
  await using home = await trop.home(TREE);
  const { stdout } = await home.run(["config", "--format", "json", "--busy-timeout", "3"], {
    cwd: "shop",
    env: ENV,
    stdout: /./,
  });
  const { data_dir, ignored, settings } = JSON.parse(stdout);
  assert.deepEqual([data_dir, ignored], [home.path(".trop"), null]);
  const file = home.path("shop/trop.yaml");
  assert.deepEqual(settings["ports.max_offset"], {
    value: 99,
    source: { layer: "project", file, line: 3, column: 15 },
  });
  assert.deepEqual(settings["ports.min"].source.layer, "user");
  assert.deepEqual(settings["ports.max"], undefined);
  assert.deepEqual(settings.task, {
    value: "fix-1",
    source: { layer: "environment", variable: "TROP_TASK" },
  });
  assert.deepEqual(settings.maximum_lock_wait_seconds, {
    value: 3,
    source: { layer: "command line", flag: "--busy-timeout" },
  });
});

Deno.test({
  name: "(Linux only) config warns of a range that the system gives out too, and refuses nothing",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using home = await trop.home({ "trop.yaml": "ports: {min: 1, max_offset: 65534}\n" });
    const text = await Deno.readTextFile("/proc/sys/net/ipv4/ip_local_port_range");
    const [min, max] = text.trim().split(/\s+/);
    const warning = (part: string) =>
      `Warning: the system gives the ports ${part} of the configured range to outgoing ` +
      "connections, so any of them can be in use at any moment; a range that it leaves alone " +
      "is safer\n";
    const stdout = /^/;
    await home.run(["config"], { stdout, stderr: warning(`${min}-${max}`) });
    await home.run(["config", "--format", "json"], { stdout, stderr: warning(`${min}-${max}`) });
    await home.run(["config", "--quiet"], { stdout });
    const bounds = ["--min", `${min}`, "--max", `${min}`];
    await home.run(["config", ...bounds], { stdout, stderr: warning(`${min}-${min}`) });
    await home.run(["reserve", ...bounds, "--skip-occupancy-check"], { stdout: `${min}\n` });
    // What nobody chose is nobody's mistake.
    await using plain = await trop.home();
    await plain.run(["config"], { stdout });
  },
});

Deno.test("config shows what was cleared, and quotes what YAML could misread", async () => {
  await using home = await trop.home({
    "trop.yaml": 'project: "no"\nreservations: {services: {a}}\n',
    "trop.local.yaml": "reservations: ~\nexcluded_ports: []\n",
  });
  const { stdout } = await home.run(["config", "--clear-task"], { stdout: /./ });
  const local = home.path("trop.local.yaml");
  assert.ok(stdout.startsWith(`project: "no"  # ${home.path("trop.yaml")}:1:10\n`), stdout);
  assert.ok(stdout.includes("\ntask: null  # --clear-task\n"), stdout);
  assert.ok(stdout.includes(`\nexcluded_ports: []  # ${local}:2:17\n`), stdout);
  assert.ok(stdout.includes(`\nreservations: null  # ${local}:1:15\n`), stdout);
});

const OUTER = {
  "trop.yaml": "project: outer\n",
  "inner/.git": { HEAD: "ref: refs/heads/main\n", objects: {}, refs: {} },
  "inner/src": {},
};

Deno.test("a file above the checkout is not used, which config and --verbose say", async () => {
  await using home = await trop.home(OUTER);
  const [outer, inner] = [home.path("trop.yaml"), home.path("inner")];
  const { stdout } = await home.run(["config", "--verbose"], {
    cwd: "inner/src",
    stdout: /./,
    stderr: `${outer} is not used: it lies outside of the checkout ${inner}; ` +
      "'discovery: filesystem' in the user's file would use it\n",
  });
  assert.ok(stdout.startsWith(`# not used: ${outer}, which lies outside of ${inner}\n`), stdout);
  assert.doesNotMatch(stdout, /^project:/m);
});

Deno.test("discovery: filesystem in the user's file or TROP_DISCOVERY uses it", async () => {
  await using home = await trop.home(OUTER);
  const stdout = new RegExp(`^project: outer  # ${home.path("trop.yaml")}:1:10\n`);
  const env = { TROP_DISCOVERY: "filesystem" };
  await home.run(["config"], { cwd: "inner/src", env, stdout });
  await home.write({ ".trop": { "config.yaml": "discovery: filesystem\n" } });
  await home.run(["config"], { cwd: "inner/src", stdout });
});

Deno.test("a sub-directory of a checkout finds the file at its root", async () => {
  await using home = await trop.home({ ...OUTER, "inner/trop.yaml": "ports: {min: 5100}\n" });
  await home.run(["reserve"], {
    cwd: "inner/src",
    env: { TROP_SKIP_OCCUPANCY_CHECK: "1" },
    stdout: "5100\n",
  });
});

for (
  const [name, args, env, stderr] of [
    [
      "an option against a lower layer",
      ["--max", "4000"],
      {},
      "Error: Configuration error: validation error for 'ports' (<command line>): the maximum " +
      "4000 is below the minimum 5000; the minimum comes from <built-in defaults>\n",
    ],
    [
      "an empty variable",
      [],
      { TROP_PROJECT: "" },
      "Error: Configuration error: validation error for 'project' (TROP_PROJECT): Cannot be " +
      "empty or only whitespace\n",
    ],
    [
      "a variable of the wrong type",
      [],
      { TROP_SKIP_TCP: "maybe" },
      "Error: Configuration error: validation error for 'TROP_SKIP_TCP': Cannot read \"maybe\" " +
      "as a switch: want one of true, 1, yes, on, false, 0, no, off\n",
    ],
  ] as const
) {
  Deno.test(`config fails with the mistake of ${name}`, async () => {
    await using home = await trop.home();
    await home.run(["config", ...args], { env, status: 7, stderr });
    assert.equal(await home.exists(".trop"), false);
  });
}

Deno.test("a mistake in a file is shown with its line", async () => {
  await using home = await trop.home({ "trop.yaml": "project: shop\nports:\n  mim: 5000\n" });
  const file = home.path("trop.yaml");
  await home.run(["config", "--quiet"], {
    status: 7,
    stderr: `Error: Configuration error: validation error for '${file}': Invalid YAML: ports: ` +
      "unknown key 'mim' (did you mean 'min'?), want one of min, max, max_offset " +
      "at line 3 column 3\n 3 |   mim: 5000\n   |   ^\n",
  });
});
