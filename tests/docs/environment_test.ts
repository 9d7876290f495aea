/**
 * Every recipe of docs/environment.md, run as it stands there as far as its program is here.
 */

import assert from "node:assert/strict";
import { BLIND, type Circumstances, file, type Home, type Tree, trop } from "../support/program.ts";

/** A block of code in the document. */
interface Block {
  readonly section: string;
  readonly language: string;
  readonly text: string;
}

const BLOCKS = readBlocks(
  Deno.readTextFileSync(new URL("../../docs/environment.md", import.meta.url)),
);

function readBlocks(markdown: string): Block[] {
  return markdown.split(/^##? /m).slice(1).flatMap((text) => {
    const [section = ""] = text.split("\n", 1);
    return [...text.matchAll(/^```(\S+)\n(.*?)^```$/gms)]
      .map(([, language = "", text = ""]) => ({ section, language, text }));
  });
}

/** The blocks of a section in one language, of which there have to be `count`. */
function blocks(section: string, language: string, count: number): string[] {
  const found = BLOCKS.filter((block) => block.section === section && block.language === language);
  assert.equal(found.length, count, `${language} in "${section}"`);
  return found.map(({ text }) => text);
}

/** What prints the ports of the group, as the last line of a recipe in a shell like sh. */
const SHOW = `sh -c 'echo "$WEB_PORT $API"'`;
const SHOWN = "5000 5001\n";

/** A home in which trop is installed and `shop` has the group of the document. */
async function makeHome(tree: Tree = {}): Promise<Home> {
  const [group = ""] = blocks("Ports in the environment", "yaml", 1);
  const home = await trop.home({ "shop/trop.yaml": group, plain: {}, ...tree });
  await home.install();
  return home;
}

/** Runs a script in which `trop` is the program under test, and wants this of it. */
async function runScript(
  home: Home,
  script: string,
  { stdout, env, ...circumstances }: Circumstances & { readonly stdout: string },
): Promise<void> {
  await home.run([], {
    cwd: "shop",
    ...circumstances,
    script,
    env: { PATH: `${home.path("bin")}:${Deno.env.get("PATH")}`, ...BLIND, ...env },
    stdout,
  });
}

/** Declares a test of what needs other programs. */
function recipe(title: string, commands: readonly string[], fn: () => Promise<void>): void {
  const missing = commands.filter((command) => !succeeds(command));
  const note = missing.length === 0 ? "" : ` (ignored: cannot run ${missing.join(", ")} here)`;
  Deno.test({ name: `docs/environment.md: ${title}${note}`, ignore: missing.length > 0, fn });
}

function succeeds(command: string): boolean {
  return new Deno.Command("sh", { args: ["-c", command], stdout: "null", stderr: "null" })
    .outputSync().success;
}

recipe("the transcript is what trop prints", [], async () => {
  await using home = await makeHome();
  const [transcript = ""] = blocks("Ports in the environment", "console", 1);
  const commands = transcript.split("\n").filter((line) => line.startsWith("$ "));
  const script = commands.map((line) => `printf '%s\\n' ${quote(line)}\n${line.slice(2)}`);
  await runScript(home, ["exec 2>&1", ...script].join("\n"), {
    stdout: transcript.replaceAll("/home/dev", home.directory),
  });
});

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

for (
  const [language, shell, show] of [
    ["sh", "bash -c", SHOW],
    ["sh", "dash -c", SHOW],
    ["sh", "zsh -f -c", SHOW],
    ["fish", "fish --no-config -c", SHOW],
    ["elvish", "elvish -norc -c", `e:${SHOW}`],
    ["nu", "nu -n -c", `^${SHOW}`],
    ["powershell", "pwsh -NoProfile -c", SHOW],
  ] as const
) {
  const [program] = shell.split(" ", 1);
  recipe(`${program} gets the variables`, [`${program} -c ''`], async () => {
    await using home = await makeHome();
    const [line = ""] = blocks("Shells", language, 1);
    await runScript(home, `trop autoreserve --quiet >/dev/null; ${shell} ${quote(line + show)}`, {
      stdout: SHOWN,
    });
  });
}

recipe("direnv gets the variables", ["direnv version"], async () => {
  const [group = "", single = ""] = blocks("direnv", "bash", 2);
  await using home = await makeHome({ "shop/.envrc": group, "plain/.envrc": single });
  const env = { DIRENV_LOG_FORMAT: "", SHELL: "/usr/bin/fish" };
  await runScript(home, `direnv allow; direnv exec . ${SHOW}`, { env, stdout: SHOWN });
  await runScript(home, `direnv allow; direnv exec . sh -c 'echo "$PORT"'`, {
    cwd: "plain",
    env,
    stdout: "5002\n",
  });
});

recipe("mise gets the variables", ["mise --version"], async () => {
  const [group = "", single = ""] = blocks("mise", "toml", 2);
  const [script = ""] = blocks("mise", "bash", 1);
  await using home = await makeHome({
    "shop/mise.toml": group,
    "shop/ports.sh": script,
    "plain/mise.toml": single,
  });
  await runScript(home, `mise trust -q; mise exec -- ${SHOW}`, { stdout: SHOWN });
  await runScript(home, `mise trust -q; mise exec -- sh -c 'echo "$PORT"'`, {
    cwd: "plain",
    stdout: "5002\n",
  });
});

recipe("npm scripts run with their port", ["npm --version"], async () => {
  const [manifest = ""] = blocks("npm scripts", "json", 1);
  await using home = await makeHome({
    "shop/package.json": manifest,
    "shop/node_modules/.bin/vite": file('#!/bin/sh\necho "vite $@ with $PORT"\n', 0o755),
    "shop/server.mjs": "console.log(`server on ${process.env.PORT}`);\n",
  });
  await runScript(home, "npm run --silent dev && npm run --silent api", {
    env: { npm_config_update_notifier: "false" },
    stdout: "vite --port 5000 with 5000\nserver on 5001\n",
  });
});

recipe("Docker Compose gets the variables", ["docker compose version"], async () => {
  const [services = ""] = blocks("Docker Compose", "yaml", 1);
  const [command = ""] = blocks("Docker Compose", "sh", 1);
  await using home = await makeHome({ "shop/compose.yaml": services });
  // Starting an image takes a network and a daemon.
  const shown = command.replace(/ up\n$/, " config | grep -o 'published: .*'");
  assert.notEqual(shown, command);
  await runScript(home, shown, { stdout: 'published: "5000"\n' });
});

recipe("VS Code's debugger finds the file that its task writes", ["node --version"], async () => {
  const [tasks = "", launch = ""] = blocks("VS Code", "json", 2);
  await using home = await makeHome({
    "shop/server.mjs": "console.log(`server on ${process.env.PORT}`);\n",
  });
  const command = (wanted: string): string => {
    const { tasks: all } = JSON.parse(tasks);
    return all.find(({ label }: { readonly label: string }) => label === wanted).command;
  };
  await runScript(home, command("serve"), { stdout: "server on 5000\n" });
  const [{ preLaunchTask, envFile }] = JSON.parse(launch).configurations;
  await runScript(home, command(preLaunchTask), { stdout: "" });
  const written = await home.read(envFile.replace("${workspaceFolder}", "shop"));
  assert.equal(written, "API=5001\nWEB_PORT=5000\n");
});
