/**
 * What docs/install.md and docs/dev-containers.md tell to do, done.
 */

import assert from "node:assert/strict";
import { TARGETS } from "../../scripts/targets.ts";
import { BLIND, trop } from "../support/program.ts";
import { makeRelease, PROGRAM, standIn } from "../support/releases.ts";

const ROOT = new URL("../../", import.meta.url);

// The pages have commands for a shell, and one of them is of programs for Linux.
const test = Deno.build.os === "linux" ? Deno.test : Deno.test.ignore;

const INSTALL = await readDocument("docs/install.md");
const CONTAINERS = await readDocument("docs/dev-containers.md");

function readDocument(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, ROOT));
}

/** The blocks of code below a heading, by language. */
function blocks(document: string, heading: string, language: string): string[] {
  const section = document.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```(\S+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language).map(([, , text = ""]) => text);
}

/** The first cells of the rows of all tables that hold one code. */
function firstCells(document: string, pattern: RegExp): string[] {
  return [...document.matchAll(/^\|.*?`([^`]+)`.*$/gm)].map(([, cell = ""]) => cell)
    .filter((cell) => pattern.test(cell)).sort();
}

test("docs/install.md has every option of the installer and every program of a release", async () => {
  await using home = await trop.home();
  const program = ["sh", new URL("install.sh", ROOT).pathname];
  const { stdout } = await home.run(["--help"], { program, stdout: /./ });
  const options = [...stdout.matchAll(/^ {2}(--.*?)(?: {2}|$)/gm)].map(([, option = ""]) => option);
  assert.deepEqual(firstCells(INSTALL, /^--/), options.filter((o) => o !== "--help").sort());
  const files = Object.values(TARGETS).map(({ file }) => file);
  assert.deepEqual(firstCells(INSTALL, /^trop-/), files.sort());
});

test("docs/dev-containers.md has every option of the Feature with its default", async () => {
  const { options } = JSON.parse(
    await readDocument("devcontainer/src/trop/devcontainer-feature.json"),
  );
  const rows = [...CONTAINERS.matchAll(/^\| `(\w+)` +\| `?([^`|]*?)`? *\| /gm)]
    .map(([, name, value]) => [name, value]);
  const wanted = Object.entries(options as Record<string, { default: string | boolean }>)
    .map(([name, option]) => [name, `${option.default}`]);
  assert.deepEqual(rows, wanted);
});

test("docs/install.md: a server of one's own serves the installer, and programs by hand", async () => {
  await using home = await trop.home({ user: { ".local/bin": {} } });
  const release = await makeRelease("0.3.0");
  await home.write({ dist: release as Record<string, string | Uint8Array> });
  const [layout = ""] = blocks(INSTALL, "A server of your own", "sh");
  const [, ...commands] = layout.split("\n");
  await home.run([], { program: ["sh", "-ec", commands.join("\n")] });

  await using server = serve(home.path("www"));
  const base = `http://127.0.0.1:${server.addr.port}/trop`;
  const program = ["sh", new URL("install.sh", ROOT).pathname];
  for (const version of ["latest", "0.3.0"]) {
    const args = ["--server", base, "--version", version, "--dir", home.path("bin")];
    await home.run(args, { program, stdout: /^Installed trop 0\.3\.0: / });
  }

  const [byHand = ""] = blocks(INSTALL, "By hand", "sh");
  const script = byHand.replaceAll("SERVER", base).replaceAll("trop-linux-x64", PROGRAM);
  const env = { HOME: home.path("user") };
  const stdout = `${PROGRAM}: OK\n`;
  await home.run([], { program: ["sh", "-ec", script], cwd: "user", env, stdout });
  assert.equal(await home.read("user/.local/bin/trop"), standIn("0.3.0"));
});

/** A plain web server of the files in a directory. */
function serve(directory: string): Deno.HttpServer<Deno.NetAddr> {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  return Deno.serve(options, async (request) => {
    try {
      return new Response(await Deno.readFile(directory + new URL(request.url).pathname));
    } catch {
      return new Response(null, { status: 404 });
    }
  });
}

test("docs/dev-containers.md: the command on the host tells Compose the checkout's port", async () => {
  await using home = await trop.home({
    app: { ".devcontainer": {} },
    other: { ".devcontainer": {} },
  });
  const PATH = await home.install();
  const [compose = ""] = blocks(CONTAINERS, "On the host", "jsonc");
  const { initializeCommand } = JSON.parse(compose.replace(/^\/\/.*\n/, ""));
  for (const [cwd, port] of [["app", 5000], ["other", 5001], ["app", 5000]] as const) {
    const env = { PATH, ...BLIND };
    await home.run([], { program: ["/bin/sh", "-c", initializeCommand], cwd, env });
    assert.equal(await home.read(`${cwd}/.devcontainer/.env`), `PORT=${port}\n`);
  }
});
