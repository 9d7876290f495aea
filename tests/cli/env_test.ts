import assert from "node:assert/strict";
import { type Expectation, type Home, symlink, trop } from "../support/program.ts";
import { homeStoring, storedIn } from "../support/stored.ts";

const GROUP = `reservations:
  services:
    web: { env: WEB_PORT }
    api: { offset: 1 }
`;

/** A tag that would do harm if a message showed it as it is. */
const HOSTILE = "\u001b[2J\nexport PATH=/nowhere";

/** Ports of a group, of a directory below it, and of several that have no group. */
function makeHome(): Promise<Home> {
  const rows = [
    ["shop", "web", 5000],
    ["shop", "api", 5001],
    ["shop", null, 5002],
    ["shop", "admin-ui", 5003],
    ["shop/deep", null, 5010],
    ["shop/deep", "db", 5011],
    ["shop/rival", "web", 5012],
    ["plain", null, 5020],
    ["plain", "web", 5021],
    ["partial", "web", 5030],
    ["single", null, 5040],
    ["clash", "a-b", 5050],
    ["clash", "A_b", 5051],
    ["port", null, 5060],
    ["port", "port", 5061],
    ["nameless", "1st", 5070],
    ["hostile", HOSTILE, 5080],
    ["named", "1st", 5090],
  ] as const;
  const tree = {
    "shop/trop.yaml": GROUP,
    "shop/deep/er": {},
    "shop/rival": {},
    "partial/trop.yaml": GROUP,
    "single/trop.yaml": GROUP,
    "named/trop.yaml": "reservations: { services: { 1st: { env: FIRST } } }\n",
    ...Object.fromEntries(["plain", "clash", "port", "nameless", "hostile", "empty"].map((name) => {
      return [name, {}];
    })),
    link: symlink("shop"),
  };
  return homeStoring(rows.map(([path, tag, port]) => ({ path, tag, port })), tree);
}

const SHOP = "PORT=5002\nADMIN_UI=5003\nAPI=5001\nWEB_PORT=5000\n";
const NO_PORT = "'trop reserve' reserves one, 'trop autoreserve' those of a group\n";
const ADVICE = "give a tag an env among the services of trop.yaml, release what is not needed";

for (
  const [title, args, cwd, wanted, env = {}] of [
    ["a group and the rest of its directory", [], "shop", { stdout: SHOP }],
    ["the same through a link", [], "link", { stdout: SHOP }],
    ["the group from below, and what is the lower directory's own", [], "shop/deep", {
      stdout: "PORT=5010\nAPI=5001\nDB=5011\nWEB_PORT=5000\n",
    }],
    ["the group alone from where nothing else is reserved", [], "shop/deep/er", {
      stdout: "API=5001\nWEB_PORT=5000\n",
    }],
    ["the lower directory alone when it is named", ["--path", "deep"], "shop", {
      stdout: "PORT=5010\nDB=5011\n",
    }],
    ["the group's names for its directory when that is named", ["--path", ".."], "shop/deep", {
      stdout: SHOP,
    }],
    ["the group's names for a directory below it", ["--path", "rival"], "shop", {
      stdout: "WEB_PORT=5012\n",
    }],
    ["derived names where no group is in force", [], "plain", { stdout: "PORT=5020\nWEB=5021\n" }],
    ["derived names for a directory beside the group", ["--path", "../plain"], "shop", {
      stdout: "PORT=5020\nWEB=5021\n",
    }],
    ["the directory that TROP_PATH names", [], "empty", { stdout: "PORT=5020\nWEB=5021\n" }, {
      TROP_PATH: "../plain",
    }],
    ["a name for a tag that makes none, as the group has it", [], "named", {
      stdout: "FIRST=5090\n",
    }],
    ["half a group, with a warning", [], "partial", {
      stdout: "WEB_PORT=5030\n",
      stderr: "Warning: no port is reserved for /HOME/partial:api; see 'trop autoreserve'\n",
    }],
    ["a port beside a group that nobody reserved", [], "single", { stdout: "PORT=5040\n" }],
    ["that there is none", [], "empty", {
      status: 1,
      stderr: `Error: no port is reserved for /HOME/empty; ${NO_PORT}`,
    }],
    ["which two tags make one variable", [], "clash", {
      status: 6,
      stderr: "Error: validation error for 'tag': /HOME/clash:A_b and /HOME/clash:a-b would both " +
        `be A_B; ${ADVICE}, or look at one directory alone with --path\n`,
    }],
    ["that a tag makes the variable of the port without one", [], "port", {
      status: 6,
      stderr: /: \/HOME\/port and \/HOME\/port:port would both be PORT; /,
    }],
    ["that a service's tag is reserved again below the group", [], "shop/rival", {
      status: 6,
      stderr: /: \/HOME\/shop:web and \/HOME\/shop\/rival:web would both be WEB_PORT; /,
    }],
    ["which tag makes no variable", [], "nameless", {
      status: 6,
      stderr:
        "Error: validation error for 'tag': /HOME/nameless:1st makes no name of a variable; " +
        `${ADVICE}\n`,
    }],
    ["a harmful tag without harm", [], "hostile", {
      status: 6,
      stderr: /:\\u\{1b\}\[2J\\nexport PATH=\/nowhere makes no name of a variable; .*\n$/,
    }],
  ] as readonly (readonly [
    string,
    readonly string[],
    string,
    Expectation,
    Readonly<Record<string, string>>?,
  ])[]
) {
  Deno.test(`env prints ${title}`, async () => {
    await using home = await makeHome();
    const before = storedIn(home);
    const { stderr = "" } = wanted;
    await home.run(["env", "--format", "dotenv", ...args], {
      cwd,
      env,
      ...wanted,
      stderr: typeof stderr === "string"
        ? stderr.replaceAll("/HOME", home.directory)
        : new RegExp(stderr.source.replaceAll("\\/HOME", home.directory)),
    });
    assert.deepEqual(storedIn(home), before);
  });
}

Deno.test("env prints every format of the group commands", async () => {
  await using home = await makeHome();
  const print = (words: string, stdout: string, env = {}) => {
    return home.run(["env", ...words.split(" ")], { cwd: "plain", env, stdout });
  };
  await print("--shell sh", "export PORT=5020\nexport WEB=5021\n");
  await print("--shell FISH", "set -x PORT 5020\nset -x WEB 5021\n");
  await print("--shell pwsh", '$env:PORT="5020"\n$env:WEB="5021"\n');
  await print("--shell nu", '$env."PORT" = "5020"\n$env."WEB" = "5021"\n');
  await print("--shell elvish", "set-env PORT 5020\nset-env WEB 5021\n");
  await print("--quiet", "set -x PORT 5020\nset -x WEB 5021\n", { SHELL: "/usr/bin/fish" });
  await print("--format json", '{\n  "": 5020,\n  "web": 5021\n}\n');
  await print("--format human", "Reserved ports:\n  (no tag): 5020\n  web: 5021\n");
});

Deno.test("env and the group's own command print the same", async () => {
  await using home = await homeStoring([], { "shop/trop.yaml": GROUP });
  for (const format of ["export", "json", "dotenv", "human"]) {
    const args = ["--format", format, "--quiet"];
    const { stdout } = await home.start(["autoreserve", ...args], { cwd: "shop" }).result();
    assert(stdout.includes("5001"), stdout);
    await home.run(["env", ...args], { cwd: "shop", stdout });
  }
});

Deno.test("env creates nothing where nothing was ever reserved", async () => {
  await using home = await trop.home();
  await home.run(["env"], { status: 1, stderr: /^Error: no port is reserved for / });
  await home.run(["env", "--disable-autoinit"], {
    status: 3,
    stderr: /^Error: Data directory not/,
  });
  await home.run(["env", "--shell", "tcsh"], { status: 6, stderr: /unknown shell 'tcsh'/ });
  await home.run(["env", "--format", "yaml"], { status: 2, stderr: /^error: / });
  assert(!await home.exists(".trop"));
});
