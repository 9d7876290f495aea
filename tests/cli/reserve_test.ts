import assert from "node:assert/strict";
import {
  BLIND,
  type Circumstances,
  type Expectation,
  type Home,
  trop,
} from "../support/program.ts";
import { hasStrace, injectAtSockets } from "../support/strace.ts";

type Step = readonly [args: string, wanted: Circumstances & Expectation];

const exhausted = (range: string) => new RegExp(`^Error: port range ${range} exhausted after`);

const UNSAFE = "Warning: port 6000 is unsafe: browsers refuse it (x11); " +
  "'allow_unsafe_ports: true' takes it without a word\n";

/** Histories: each step with its words; the working directory is `shop` unless said. */
const HISTORIES: readonly (readonly [title: string, steps: readonly Step[]])[] = [
  ["gives a directory the same port again, and another directory another one", [
    ["reserve", { stdout: "5000\n" }],
    ["reserve", { stdout: "5000\n" }],
    ["reserve", { cwd: "blog", stdout: "5001\n" }],
  ]],
  ["tells an untagged reservation from tagged ones", [
    ["reserve", { stdout: "5000\n" }],
    ["reserve --tag web", { stdout: "5001\n" }],
    ["reserve --tag=web", { stdout: "5001\n" }],
    ["reserve --tag api", { stdout: "5002\n" }],
  ]],
  ["prefers --port for a new reservation and ignores it for an old one", [
    ["reserve --port 6200", { stdout: "6200\n" }],
    ["reserve --port 6300", { stdout: "6200\n" }],
    ["reserve --port 6300 --overwrite", {
      stdout: "6300\n",
      stderr: /^Warning: .*shop moved from port 6200 to port 6300\n$/,
    }],
    ["reserve --overwrite", { stdout: "5000\n", stderr: /^Warning: .* moved from port 6300/ }],
  ]],
  ["says why a --port is not given (D13, defect 11)", [
    ["reserve --port 8080", {
      stdout: "5000\n",
      stderr: "Warning: port 8080 is out of range 5000-7000; port 5000 is used instead\n",
    }],
    ["reserve --tag b --port 5000", {
      stdout: "5001\n",
      stderr: "Warning: port 5000 is reserved for another directory or tag; port 5001 is used " +
        "instead\n",
    }],
    ["reserve --tag c --port 5050", {
      env: { TROP_EXCLUDED_PORTS: "5002..5050" },
      stdout: "5051\n",
      stderr: "Warning: port 5050 is excluded; port 5051 is used instead\n",
    }],
    ["reserve --tag d --port 8080 --quiet", { stdout: "5002\n" }],
  ]],
  ["takes an excluded --port with --ignore-exclusions, and never another's", [
    ["reserve --port 5005 --ignore-exclusions", {
      env: { TROP_EXCLUDED_PORTS: "5005" },
      stdout: "5005\n",
    }],
    ["reserve --tag b --port 5005 --force", {
      stdout: "5000\n",
      stderr: /is reserved for another/,
    }],
  ]],
  ["takes its range from the options", [
    ["reserve --min 6100 --max 6101 --tag a", { stdout: "6100\n" }],
    ["reserve --min 6100 --max 6101 --tag b", { stdout: "6101\n" }],
    ["reserve --min 6100 --max 6101 --tag c", { status: 6, stderr: exhausted("6100-6101") }],
  ]],
  ["gives out a port that browsers refuse only where it is asked for, with a word", [
    ["reserve --min 6000 --max 6001", { stdout: "6001\n" }],
    ["reserve --min 6000 --max 6001 --tag b", {
      status: 6,
      stderr: /single retry: reserved, excluded; .*enabled; 1 reserved, 1 refused by browsers /,
    }],
    ["reserve --port 6000 --tag b", { stdout: "6000\n", stderr: UNSAFE }],
    ["reserve --tag b", { stdout: "6000\n", stderr: UNSAFE }],
    ["reserve --tag b --quiet", { stdout: "6000\n" }],
    ["reserve --tag b --dry-run", {
      stderr: / 1\. Keep port 6000 .*\nWarning: port 6000 is unsafe: .*\n$/,
    }],
    ["reserve --tag b --overwrite --min 6000 --max 6002", {
      stdout: "6002\n",
      stderr: /^Warning: .* moved from port 6000 to port 6002\n$/,
    }],
    ["reserve --min 6000 --max 6000 --tag c", { stdout: "6000\n", stderr: UNSAFE }],
  ]],
  ["gives out what browsers refuse like any other port where that is allowed", [
    ["reserve --min 6665 --max 6669 --tag a --allow-unsafe-ports", { stdout: "6665\n" }],
    ["reserve --min 6665 --max 6669 --tag b", {
      env: { TROP_ALLOW_UNSAFE_PORTS: "yes" },
      stdout: "6666\n",
    }],
    ["reserve --tag b --allow-unsafe-ports", { stdout: "6666\n" }],
  ]],
  ["moves a key with --force and says so (D14)", [
    ["reserve --port 6200", { stdout: "6200\n" }],
    ["reserve --force", { stdout: "5000\n", stderr: /^Warning: .* moved from port 6200/ }],
    ["reserve --force --quiet", { stdout: "5000\n" }],
  ]],
  ["keeps project and task unless it may change them", [
    ["reserve --project shop --task one", { stdout: "5000\n" }],
    ["reserve", { stdout: "5000\n" }],
    ["reserve --project other", {
      status: 1,
      stderr: "Error: cannot change sticky field 'project': stored 'shop', requested 'other'; " +
        "pass --allow-project-change or --force to change it\n",
    }],
    ["reserve --project other --allow-task-change", { status: 1, stderr: /'project'/ }],
    ["reserve --clear-task", { status: 1, stderr: /--allow-task-change/ }],
    ["reserve --project other --clear-task --allow-change", { stdout: "5000\n" }],
    ["list --format csv", { stdout: /\n5000,[^,]*shop,,other,,/ }],
    ["reserve --clear-task", { stdout: "5000\n" }],
  ]],
  ["refuses a path that is neither above nor below, unless told otherwise", [
    ["reserve --path ../blog", {
      status: 1,
      stderr: /^Error: path relationship violation: .*blog is unrelated to .*shop;/,
    }],
    ["reserve --path ../blog --allow-unrelated-path", { stdout: "5000\n" }],
    ["reserve --path ../elsewhere", {
      env: { TROP_ALLOW_UNRELATED_PATH: "yes" },
      stdout: "5001\n",
    }],
    ["reserve --path ../blog/x --force", { stdout: "5002\n" }],
    ["reserve --path ..", { stdout: "5003\n" }],
    ["reserve --path deep/er", { stdout: "5004\n" }],
    ["reserve", { env: { TROP_PATH: "deep/er" }, stdout: "5004\n" }],
  ]],
  ["refuses what it cannot read, before anything is created", [
    ["reserve --tag=", { status: 4, stderr: /^Error: Invalid arguments: Cannot read --tag: / }],
    ["reserve --port 0", { status: 4, stderr: /^Error: Invalid arguments: .*"0"/ }],
    ["reserve --port 70000", { status: 4, stderr: /"70000"/ }],
    ["reserve --port x", { status: 4, stderr: /"x"/ }],
    ["reserve --port=-1", { status: 4, stderr: /"-1"/ }],
    ["reserve --min 0", { status: 4, stderr: /--min "0"/ }],
    ["reserve --min 6000 --max 5000", {
      status: 4,
      stderr: /^Error: Invalid arguments: --min 6000/,
    }],
    ["reserve --min 8000", { status: 7, stderr: /^Error: Configuration error: .*7000/ }],
    ["reserve --project=", { status: 7, stderr: /Cannot be empty or only whitespace/ }],
    ["reserve --task=", { status: 7, stderr: /Cannot be empty or only whitespace/ }],
    ["reserve --busy-timeout 2147484", { status: 7, stderr: /must not exceed 2147483/ }],
    ["reserve --path=", { status: 2, stderr: /^error: / }],
    ["reserve --project a --clear-project", { status: 2, stderr: /^error: .*cannot be used with/ }],
    ["reserve --path /../x", { status: 6, stderr: /^Error: invalid path / }],
    ["reserve --disable-autoinit", { status: 3, stderr: /^Error: Data directory not found/ }],
  ]],
  ["cleans up once when the range is exhausted, and says so", [
    ["reserve --path gone --min 5000 --max 5000", { stdout: "5000\n" }],
    ["reserve --min 5000 --max 5000 --disable-autoclean", {
      status: 6,
      stderr:
        /^Error: port range 5000-5000 exhausted: cleanup was skipped \(automatic pruning and expiration disabled\); remaining blockers: reserved;/,
    }],
    ["reserve --min 5000 --max 5000 --disable-autoprune", {
      status: 6,
      stderr: /pruned 0 and expired 0 reservation\(s\); automatic pruning disabled; 1 reserved: /,
    }],
    ["reserve --min 5000 --max 5000", {
      stdout: "5000\n",
      stderr: /^Warning: Automatic cleanup after initial port exhaustion pruned 1 and expired 0/,
    }],
  ]],
];

const home = (): Promise<Home> => trop.home({ shop: {}, blog: {} });

for (const [title, steps] of HISTORIES) {
  Deno.test(`reserve ${title}`, async () => {
    await using place = await home();
    for (const [args, { env, ...wanted }] of steps) {
      await place.run(args.split(" "), { cwd: "shop", env: { ...BLIND, ...env }, ...wanted });
    }
  });
}

Deno.test("reserve leaves nothing behind when its arguments cannot be read", async () => {
  await using place = await home();
  await place.run(["reserve", "--busy-timeout", "2147484"], { status: 7, stderr: /exceed/ });
  await place.run(["reserve", "--tag", " "], { status: 4, stderr: /tag/ });
  assert.equal(await place.exists(".trop"), false);
});

Deno.test("reserve takes project and task from git the first time, and never after", async () => {
  await using place = await trop.home({
    "shop/.git/HEAD": "ref: refs/heads/fix/42\n",
    "shop/.git/objects": {},
    "shop/.git/refs": {},
  });
  const options = { cwd: "shop", env: BLIND };
  await place.run(["reserve"], { ...options, stdout: "5000\n" });
  await place.write({ "shop/.git/HEAD": "ref: refs/heads/main\n" });
  await place.run(["reserve"], { ...options, stdout: "5000\n" });
  await place.run(["list", "--format", "csv"], { ...options, stdout: /,shop,fix\/42,/ });
});

const DRY_RUNS: readonly Step[] = [
  ["reserve --dry-run", {
    stderr: /would perform the following actions:\n {2}1\. Reserve port 5000/,
  }],
  ["reserve --dry-run --quiet", {}],
  ["reserve --dry-run --path ../blog", { status: 1, stderr: /unrelated/ }],
  ["reserve --dry-run --min 5000 --max 5000 --tag x", { stderr: /Reserve port 5000 for .*:x\n/ }],
  ["reserve --dry-run --disable-autoinit", { status: 3, stderr: /^Error: Data directory/ }],
];

Deno.test("reserve --dry-run plans for a database that does not exist and creates nothing (D39, defect 6, defect 10)", async () => {
  await using place = await home();
  for (const [args, wanted] of DRY_RUNS) {
    await place.run(args.split(" "), { cwd: "shop", env: BLIND, ...wanted });
  }
  assert.equal(await place.exists(".trop"), false);
});

Deno.test("reserve --dry-run ends as the live run would and changes nothing (D39)", async () => {
  await using place = await home();
  const run = (args: string, wanted: Expectation) =>
    place.run(args.split(" "), { cwd: "shop", env: BLIND, ...wanted });
  await run("reserve --project shop", { stdout: "5000\n" });
  const { stdout: before } = await run("list --format json", { stdout: /5000/ });
  await run("reserve --dry-run --project x", { status: 1, stderr: /sticky/ });
  await run("reserve --dry-run --overwrite --port 6200", {
    stderr: /\n {2}1\. Move .*shop from port 5000 to port 6200\nWarning: /,
  });
  await run("reserve --dry-run --min 5000 --max 5000 --tag x", {
    status: 6,
    stderr: exhausted("5000-5000"),
  });
  await run("list --format json", { stdout: before });
});

Deno.test("reserve passes over a port that something uses", async () => {
  await using place = await home();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const range = ["--min", String(port), "--max", String(port)];
  const refused = { cwd: "shop", status: 6, stderr: /remaining blockers .*: occupied;/ };
  await place.run(["reserve", ...range], refused);
  const preferred = ["--port", String(port)];
  await place.run(["reserve", ...range, ...preferred], refused);
  await place.run(["reserve", ...range, ...preferred, "--ignore-occupied"], {
    cwd: "shop",
    stdout: `${port}\n`,
  });
});

function straceTest(name: string, fn: () => Promise<void>): void {
  const suffix = hasStrace ? "" : " (ignored: there is no strace)";
  Deno.test({ name: `${name}${suffix}`, ignore: !hasStrace, fn });
}

straceTest(
  "reserve does without a family that the host does not have (D20, defect 8)",
  async () => {
    await using place = await home();
    const port = freePort();
    // The third of the four probes is the first of IPv6.
    await place.run(["reserve", "--min", `${port}`, "--max", `${port}`], {
      script: injectAtSockets("error=EAFNOSUPPORT:when=3+"),
      stdout: `${port}\n`,
    });
  },
);

straceTest("reserve goes on past a port that it may not probe (D20, defect 8)", async () => {
  await using place = await home();
  const port = freePort();
  const one = ["--skip-udp", "--skip-ipv6", "--min", `${port}`];
  const denied = injectAtSockets("error=EACCES");
  const cause = `port ${port} is possibly occupied: cannot probe TCP IPv4 localhost at ` +
    `127.0.0.1:${port}: Permission denied (os error 13)`;
  await place.run(["reserve", ...one, "--max", `${port + 1}`], {
    script: denied,
    status: 6,
    stderr: `Error: ${cause}\n`,
  });
  const { stderr } = await place.run(["reserve", ...one, "--max", `${port + 1}`], {
    env: { TROP_EXCLUDED_PORTS: `${port + 1}` },
    script: denied,
    status: 6,
    stderr: / exhausted after cleanup: .*: excluded, occupied; /,
  });
  assert(stderr.includes(`; 1 excluded, 1 in use (${cause}): shorten excluded_ports`), stderr);
  await place.run(["reserve", ...one, "--max", `${port + 3}`, "--port", `${port + 1}`], {
    script: injectAtSockets("error=EACCES:when=1..1"),
    stdout: `${port}\n`,
    stderr: `Warning: port ${port + 1} is possibly occupied, as it could not be probed; ` +
      `port ${port} is used instead\n`,
  });
});

/** A port that nobody uses. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("64 processes get the 64 ports of a range at once, and one more gets none", async () => {
  await using place = await trop.home();
  const range = ["--min", "6100", "--max", "6163"];
  const runs = Array.from({ length: 64 }, (_, index) => {
    return place.start(["reserve", "--tag", `t${index}`, ...range, "--busy-timeout", "60"], {
      env: BLIND,
    });
  });
  const results = await Promise.all(runs.map((run) => run.result()));
  assert.deepEqual(results.filter(({ status }) => status !== 0), []);
  const ports = results.map(({ stdout }) => Number(stdout)).toSorted((a, b) => a - b);
  assert.deepEqual(ports, Array.from({ length: 64 }, (_, index) => 6100 + index));
  await place.run(["reserve", "--tag", "late", ...range], {
    env: BLIND,
    status: 6,
    stderr: exhausted("6100-6163"),
  });
});
