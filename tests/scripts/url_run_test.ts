/**
 * The module on a bare Deno that has it from a server, with the permissions that
 * docs/permissions.md says each command needs, and with one of them missing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import { type Home, trop } from "../support/program.ts";

const PAGE = new URL("../../docs/permissions.md", import.meta.url);
const BUILD = fileURLToPath(new URL("../../scripts/build.ts", import.meta.url));

const LOOK = "--include-occupancy";

/** Some use of each command that ends well in a directory whose group is reserved. */
const USES: Readonly<Record<string, readonly string[]>> = {
  "assert-port": ["5000"],
  "assert-reservation": ["--tag", "web"],
  "autoclean": ["--dry-run"],
  "compact-exclusions": ["trop.yaml"],
  "completions": ["bash"],
  "exclude": ["6000"],
  "init": ["--overwrite"],
  "migrate": ["--from", ".", "--to", "../other", "--dry-run"],
  "port-info": ["5000", LOOK, "--skip-occupancy-check"],
  "release": ["--dry-run"],
  "reserve": ["--tag", "new"],
  "reserve-group": ["sub/other.yaml"],
  "run": ["--path", "sub", "--", "true"],
  "scan": ["--min", "5000", "--max", "5001"],
  "url": ["--tag", "web"],
  "validate": ["trop.yaml"],
};

const GROUP = "reservations:\n  services:\n";

/** A row of the page's table. */
interface Row {
  readonly commands: readonly string[];
  readonly flags: readonly string[];
}

function readTable(page: string): Row[] {
  const [, table = ""] = page.split("## What each command needs");
  const lines = table.split("\n## ")[0]?.match(/^\| `.*$/gm) ?? [];
  return lines.map((line) => {
    const [commands = [], flags = []] = line.slice(1).split("|").map((cell) =>
      Array.from(cell.matchAll(/`([^`]+)`/g), ([, code]) => code ?? "")
    );
    return { commands, flags };
  });
}

/**
 * The flags without one of them, and without one of the values of one of them.
 *
 * @param known Those that no value is taken from, because that was done for another row.
 */
function* reductions(
  flags: readonly string[],
  known: ReadonlySet<string>,
): Generator<{ lacks: string; left: string[] }> {
  for (const flag of flags) {
    yield { lacks: flag, left: flags.filter((other) => other !== flag) };
    const [name, values] = flag.split("=");
    const list = values?.split(",") ?? [];
    for (const value of list.length > 1 && !known.has(flag) ? list : []) {
      const others = list.filter((other) => other !== value).join(",");
      const left = flags.map((other) => other === flag ? `${name}=${others}` : other);
      yield { lacks: `${name}=${value}`, left };
    }
  }
}

/** A server of the module, and homes that run it from there. */
class Server implements AsyncDisposable {
  /** The paths that were asked for. */
  readonly requests: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(readonly directory: string) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      this.requests.push(pathname);
      return new Response(Deno.readFileSync(`${directory}${pathname}`), {
        headers: { "content-type": "text/javascript" },
      });
    });
  }

  /** The program, in a home with the directory `shop`. */
  program(home: Home, flags: readonly string[]): readonly string[] {
    const url = `http://127.0.0.1:${this.#server.addr.port}/trop.js`;
    const expanded = flags.map((flag) =>
      flag.replace("$HOME", home.directory).replace("$PWD", home.path("shop"))
    );
    return [Deno.execPath(), "run", "--quiet", "--no-config", "--no-prompt", ...expanded, url];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

Deno.test("from a URL", async (test) => {
  await using dist = await trop.home();
  const build = [Deno.execPath(), "run", "--allow-all", BUILD, dist.directory];
  await dist.run([], { program: build, stdout: /./ });
  await using server = new Server(dist.directory);
  const env = { DENO_DIR: dist.path("cache") };

  /** A home whose group is reserved. */
  const makeHome = async () => {
    const home = await trop.home({
      "shop/trop.yaml": `${GROUP}    web: { offset: 0 }\n`,
      "shop/sub/other.yaml": `${GROUP}    api: { offset: 0 }\n`,
    });
    const program = server.program(home, ["--allow-all", "--unstable-net"]);
    await home.run(["autoreserve", "--quiet"], { program, cwd: "shop", env, stdout: /WEB/ });
    return home;
  };

  await test.step("reserve takes one request, and the project's own Deno is left alone", async () => {
    await using home = await makeHome();
    await home.write({
      "shop/deno.json": '{ "lock": { "frozen": true }, "imports": { "node:sqlite": "./no.ts" } }',
      "shop/deno.lock": '{ "version": "5" }',
    });
    const program = server.program(home, ["--allow-all", "--unstable-net"]);
    await home.run(["reserve"], { program, cwd: "shop", env, stdout: "5001\n" });
    assert.deepEqual(server.requests, ["/trop.js"]);
    assert.equal(await home.read("shop/deno.lock"), '{ "version": "5" }');
  });

  await test.step("a look at ports says that it leaves out UDP where it has to", async () => {
    await using home = await makeHome();
    const circumstances = { program: server.program(home, ["--allow-all"]), cwd: "shop", env };
    const scan = ["scan", "--min", "5000", "--max", "5000", "--format", "csv"];
    const warning = /^Warning: (nothing was looked at: )?UDP sockets .* --unstable-net for them\n$/;
    for (const args of [scan, [...scan, "--skip-tcp"], ["port-info", "5000", LOOK]]) {
      await home.run(args, { ...circumstances, stdout: /./, stderr: warning });
    }
    await home.run([...scan, "--skip-udp"], { ...circumstances, stdout: /./ });
    await home.run(["port-info", "5000", LOOK, "--skip-tcp"], {
      ...circumstances,
      stdout: /\n {2}Not checked: UDP sockets are not looked at, .*\n$/,
    });
  });

  const rows = readTable(await Deno.readTextFile(PAGE));
  await test.step("the page names the flags of every command", () => {
    const named = rows.flatMap(({ commands }) => commands);
    assert.deepEqual(named.sort(), ["--version", "--help", ...COMMAND_NAMES].sort());
  });

  const known = new Set<string>();
  for (const { commands, flags } of rows) {
    await using home = await makeHome();
    const [first = ""] = commands;

    for (const { lacks, left } of reductions(flags, known)) {
      await test.step(`${first} says that it lacks ${lacks}`, async () => {
        const run = home.start(use(first), {
          program: server.program(home, left),
          cwd: "shop",
          env,
        });
        const { status, stderr } = await run.result();
        if (lacks === "--unstable-net") {
          assert.equal(status, 0);
          assert.match(stderr, /^Warning: UDP sockets are not looked at, .* --unstable-net .*\n/);
          return;
        }
        assert.match(stderr, /^Error: (Configuration error: )?permission denied: .*\n$/);
        assert(stderr.includes(lacks.split("=")[0] ?? ""), stderr);
        assert.equal(status, first === "run" ? 125 : stderr.includes("Configuration") ? 7 : 6);
      });
    }

    await test.step(`${commands.join(", ")} can do with ${flags.join(" ")}`, async () => {
      const program = server.program(home, flags);
      for (const command of commands) {
        const args = command.startsWith("-") ? [command] : ["--quiet", ...use(command)];
        await home.run(args, { program, cwd: "shop", env, stdout: /^/ });
      }
    });
    for (const flag of flags) known.add(flag);
  }
});

function use(command: string): readonly string[] {
  return [command, ...USES[command] ?? []];
}
