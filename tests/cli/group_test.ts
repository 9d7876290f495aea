import assert from "node:assert/strict";
import { ScriptBarrier, WAITING_SCRIPT } from "../support/barrier.ts";
import {
  BLIND,
  type Circumstances,
  type Expectation,
  type Home,
  symlink,
  trop,
} from "../support/program.ts";

const GROUP = `reservations:
  services:
    web: { env: WEB_PORT }
    api: { offset: 1 }
`;

/** A tag that would do harm if a message showed it as it is. */
const HOSTILE = "\u001b[2J\nexport PATH=/nowhere";

type Step = readonly [args: string, wanted: Circumstances & Expectation];

const RESERVED = "Reserved 2 ports.\n";
const MAPPING = '{\n  "api": 5001,\n  "web": 5000\n}\n';
const mapping = (api: number, web: number) => ({
  stdout: MAPPING.replace("5001", `${api}`).replace("5000", `${web}`),
  stderr: RESERVED,
});

/** Histories, each in a home whose `shop` holds the group; `shop` is the current directory. */
const HISTORIES: readonly (readonly [title: string, steps: readonly Step[]])[] = [
  ["prints every format, by tag", [
    ["reserve-group ./trop.yaml --shell bash", {
      stdout: "export API=5001\nexport WEB_PORT=5000\n",
      stderr: RESERVED,
    }],
    ["reserve-group trop.yaml --shell FISH --quiet", {
      stdout: "set -x API 5001\nset -x WEB_PORT 5000\n",
    }],
    ["reserve-group trop.yaml --shell pwsh --quiet", {
      stdout: '$env:API="5001"\n$env:WEB_PORT="5000"\n',
    }],
    ["reserve-group trop.yaml --shell nu --quiet", {
      stdout: '$env."API" = "5001"\n$env."WEB_PORT" = "5000"\n',
    }],
    ["reserve-group trop.yaml --shell elvish --quiet", {
      stdout: "set-env API 5001\nset-env WEB_PORT 5000\n",
    }],
    ["reserve-group trop.yaml --format dotenv --quiet", { stdout: "API=5001\nWEB_PORT=5000\n" }],
    ["reserve-group trop.yaml --format json --quiet", { stdout: MAPPING }],
    ["reserve-group trop.yaml --format human --shell nonsense", {
      stdout: "Reserved ports:\n  api: 5001\n  web: 5000\n",
      stderr: RESERVED,
    }],
  ]],
  ["finds the group above and gives its directory the ports", [
    ["autoreserve --format dotenv", {
      cwd: "shop/deep",
      stdout: "API=5001\nWEB_PORT=5000\n",
      stderr: "Discovered config: /HOME/shop/trop.yaml\n" + RESERVED,
    }],
    ["reserve-group trop.yaml --format json", mapping(5001, 5000)],
    ["reserve-group ../linked/trop.yaml --format json", mapping(5001, 5000)],
    ["reserve-group HOME/shop/../shop/trop.yaml --format json", {
      cwd: "shop/deep",
      ...mapping(5001, 5000),
    }],
  ]],
  ["keeps to a pattern that leaves what others have", [
    ["reserve --path ../blog --allow-unrelated-path --port 5001", { stdout: "5001\n" }],
    ["autoreserve --format json --quiet", { stdout: mapping(5003, 5002).stdout }],
  ]],
  ["refuses a file that is not there, or none, before anything is created", [
    ["reserve-group no.yaml", {
      status: 4,
      stderr: "Error: Invalid arguments: Configuration file not found: no.yaml\n",
    }],
    ["reserve-group .", {
      status: 4,
      stderr: "Error: Invalid arguments: Path is not a file: .\n",
    }],
    ["reserve-group trop.yaml --shell tcsh", {
      status: 6,
      stderr: /^Error: validation error for 'shell': unknown shell 'tcsh', want one of bash, sh/,
    }],
    ["autoreserve", {
      cwd: "blog",
      status: 4,
      stderr: "Error: Invalid arguments: No trop configuration file found " +
        "(searched from: /HOME/blog)\n",
    }],
    ["autoreserve", {
      cwd: "plain",
      status: 6,
      stderr: "Error: validation error for 'reservations': /HOME/plain/trop.yaml defines no " +
        "group of services\n",
    }],
    ["autoreserve --task=", { status: 6, stderr: /^Error: validation error for 'task': Cannot/ }],
  ]],
  ["guards the path, unless it is allowed", [
    ["reserve-group ../shop/trop.yaml", {
      cwd: "blog",
      status: 1,
      stderr: /^Error: path relationship violation: \/HOME\/shop is unrelated/,
    }],
    ["reserve-group ../shop/trop.yaml --allow-unrelated-path --format json", {
      cwd: "blog",
      ...mapping(5001, 5000),
    }],
  ]],
  ["names what stands in a group's way and does no harm with it (D16)", [
    ["autoreserve --quiet --format json", { stdout: MAPPING }],
    [`reserve --tag HOSTILE`, { stdout: "5002\n" }],
    ["autoreserve", {
      status: 6,
      stderr: "Error: reservation conflict: the tags reserved for /HOME/shop are not those of " +
        "the group: '\\u{1b}[2J\\nexport PATH=/nowhere' reserved but not in the group; release " +
        "what is not needed with 'trop release --tag', or pass --force to replace all of them\n",
    }],
    ["autoreserve --force --format json", {
      ...mapping(5001, 5000),
      stderr: "Discovered config: /HOME/shop/trop.yaml\n" + RESERVED,
    }],
    ["reserve --tag other", { stdout: "5002\n" }],
  ]],
  ["keeps the task unless it may change it, and names the group", [
    ["autoreserve --task one --quiet --format json", { stdout: MAPPING }],
    ["autoreserve --quiet --format json", { stdout: MAPPING }],
    ["autoreserve --task two", {
      status: 1,
      stderr: "Error: cannot change sticky field 'task': stored 'one' for the group at " +
        "/HOME/shop, requested 'two'; pass --allow-task-change or --force to change it\n",
    }],
    ["autoreserve --task two --allow-change --quiet --format json", { stdout: MAPPING }],
  ]],
  ["cleans up once when there is no room, and says so (D18)", [
    ["reserve --path ../blog/gone --allow-unrelated-path", { stdout: "5000\n" }],
    ["autoreserve --format json", {
      env: { TROP_PORT_MAX: "5001" },
      stdout: MAPPING,
      stderr: "Discovered config: /HOME/shop/trop.yaml\n" + RESERVED +
        "Warning: Automatic cleanup after initial port exhaustion pruned 1 and expired 0 " +
        "reservation(s); the group found room\n",
    }],
  ]],
  ["says which service cannot have the port that it prefers", [
    ["reserve --port 5500", { stdout: "5500\n" }],
    ["reserve-group preferring.yaml --format json", {
      stdout: '{\n  "web": 5000\n}\n',
      stderr: "Reserved 1 ports.\nWarning: port 5500, which web prefers, is reserved for another " +
        "directory or tag; port 5000 is used instead\n",
    }],
  ]],
  ["gives ports that browsers refuse only where the file names them, with a word", [
    ["autoreserve --quiet --format json", {
      env: { TROP_PORT_MIN: "5999" },
      stdout: mapping(6002, 6001).stdout,
    }],
    ["reserve-group unsafe.yaml --format json", {
      cwd: "plain",
      stdout: '{\n  "api": 6666,\n  "web": 6000\n}\n',
      stderr: "Reserved 2 ports.\nWarning: port 6666 is unsafe: browsers refuse it (ircu), " +
        "port 6000 is unsafe: browsers refuse it (x11); 'allow_unsafe_ports: true' takes it " +
        "without a word\n",
    }],
    ["reserve-group unsafe.yaml --format json --allow-unsafe-ports", {
      cwd: "plain",
      stdout: '{\n  "api": 6666,\n  "web": 6000\n}\n',
      stderr: "Reserved 2 ports.\n",
    }],
  ]],
  ["foretells in a dry run what the live run does (D39, defect 10)", [
    ["autoreserve --dry-run", {
      stderr: "Dry run - would perform the following actions:\n" +
        "  1. Discovered config: /HOME/shop/trop.yaml\n" +
        "  2. Reserve port 5001 for /HOME/shop:api\n" +
        "  3. Reserve port 5000 for /HOME/shop:web\n",
    }],
    ["reserve-group ./trop.yaml --dry-run --shell tcsh", { status: 6, stderr: /'shell'/ }],
    ["reserve-group ./trop.yaml --dry-run", {
      stderr: /^Dry run .*\n {2}1\. Reserve the group of \.\/trop\.yaml\n {2}2\. Reserve port 5001/,
    }],
    ["reserve-group ./trop.yaml --dry-run --quiet", {}],
    ["reserve --tag extra", { stdout: "5000\n" }],
    ["autoreserve --dry-run", { status: 6, stderr: /^Error: reservation conflict: / }],
    ["autoreserve --dry-run --force", {
      stderr: /\n {2}2\. Remove port 5000 for .*:extra\n {2}3\. Reserve port 5001 .*:api\n/,
    }],
    ["release --tag extra", { stderr: /Released/ }],
    ["autoreserve --dry-run", {
      env: { TROP_PORT_MAX: "5000" },
      status: 6,
      stderr: /^Error: group allocation failed after attempting 2 service\(s\): their offsets/,
    }],
    ["reserve-group ../shop/trop.yaml --dry-run", {
      cwd: "blog",
      status: 1,
      stderr: /^Error: path relationship violation: /,
    }],
    ["autoreserve --dry-run --disable-autoinit", { stderr: /Reserve port 5001/ }],
    ["list", { stdout: /^PORT.*\n$/ }],
    ["autoreserve --task one --quiet --format json", { stdout: MAPPING }],
    ["autoreserve --task two --dry-run", { status: 1, stderr: /^Error: cannot change sticky/ }],
    ["autoreserve --task two --force --dry-run", {
      stderr: /\n {2}2\. Keep port 5001 .*\n {2}3\. Keep port 5000 /,
    }],
    ["list --format csv --filter-tag web", { stdout: /,one,[^,]*,[^,]*\n$/ }],
  ]],
];

async function makeHome(): Promise<Home> {
  return await trop.home({
    "shop/trop.yaml": GROUP,
    "shop/preferring.yaml": "reservations: { services: { web: { preferred: 5500 } } }\n",
    "shop/deep": {},
    "plain/trop.yaml": "project: plain\n",
    "plain/unsafe.yaml": "reservations: { base: 6000, services: { web: , " +
      "api: { offset: 1, preferred: 6666 } } }\n",
    blog: {},
    linked: symlink("shop"),
  });
}

for (const [title, steps] of HISTORIES) {
  Deno.test(`a group command ${title}`, async () => {
    await using home = await makeHome();
    for (const [line, { cwd = "shop", env, ...wanted }] of steps) {
      const args = line.split(" ").map((word) => {
        return word.replace("HOME", home.directory).replace("HOSTILE", HOSTILE);
      });
      await home.run(args, {
        cwd,
        env: { ...BLIND, ...env },
        ...wanted,
        ...(wanted.stderr !== undefined && { stderr: inHome(wanted.stderr, home) }),
      });
    }
  });
}

/** What is expected, with the directory in place of its stand-in. */
function inHome(expected: string | RegExp, { directory }: Home): string | RegExp {
  if (typeof expected === "string") return expected.replaceAll("/HOME", directory);
  return new RegExp(expected.source.replaceAll("\\/HOME", directory));
}

Deno.test("what refuses a group creates no database", async () => {
  await using home = await makeHome();
  for (const args of [["no.yaml"], ["trop.yaml", "--shell", "x"], ["trop.yaml", "--task", " "]]) {
    const { status } = await home.start(["reserve-group", ...args], { cwd: "shop" }).result();
    assert(status > 0);
  }
  await home.run(["autoreserve", "--dry-run", "--quiet"], { cwd: "shop", env: BLIND });
  assert(!await home.exists(".trop"));
});

Deno.test("defects 12 and 13: a home of fishuser makes no fish, and a path is printed plainly", async () => {
  await using home = await makeHome();
  const env = { ...BLIND, SHELL: "/home/fishuser/bin/bash" };
  await home.run(["autoreserve"], {
    cwd: "shop",
    env,
    stdout: "export API=5001\nexport WEB_PORT=5000\n",
    stderr: `Discovered config: ${home.path("shop/trop.yaml")}\n${RESERVED}`,
  });
});

Deno.test("D15: a tag with a blank around it makes a name", async () => {
  await using home = await trop.home({
    "trop.yaml": 'reservations: { services: { " web ": {} } }\n',
  });
  await home.run(["autoreserve", "--format", "dotenv", "--quiet"], {
    env: BLIND,
    stdout: "WEB=5000\n",
  });
});

Deno.test("D17: a fresh group has the project and the task that git tells", async () => {
  await using home = await makeHome();
  await home.write({ "shop/.git": { HEAD: "ref: refs/heads/fix-42\n", objects: {}, refs: {} } });
  await home.run(["autoreserve", "--quiet", "--shell", "sh"], {
    cwd: "shop",
    env: BLIND,
    stdout: /./,
  });
  await home.run(["list", "--format", "csv", "--filter-project", "shop"], {
    stdout: /^port.*\n5001,.*,api,shop,fix-42,.*\n5000,.*,web,shop,fix-42,.*\n$/,
  });
});

Deno.test("16 processes autoreserve one tree at once and get one mapping", async () => {
  await using home = await makeHome();
  using barrier = new ScriptBarrier();
  const runs = Array.from({ length: 16 }, (_, index) => {
    return home.start(["autoreserve", "--format", "json", "--quiet", "--busy-timeout", "60"], {
      cwd: index % 2 === 0 ? "shop" : "shop/deep",
      env: barrier.env,
      script: WAITING_SCRIPT,
    });
  });
  await barrier.arrivals(runs.length);
  barrier.release();
  // Which ports they are is the machine's matter: all of them look for servers.
  const [first, ...others] = await Promise.all(runs.map((run) => run.result()));
  assert.equal(first?.status, 0, first?.stderr);
  assert.match(first.stdout, /^\{\n {2}"api": \d+,\n {2}"web": \d+\n\}\n$/);
  for (const other of others) assert.deepEqual(other, first);
  await home.run(["env", "--format", "json"], { cwd: "shop", stdout: first.stdout });
  await home.run(["list", "--format", "json"], { stdout: /^\[\n(?: {2}\{[^}]*\},?\n){2}\]\n$/ });
});
