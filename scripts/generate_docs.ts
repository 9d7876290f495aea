/**
 * Writes docs/cli.md and the manual from the commands' records; with `--check` it only says whether
 * they are up to date.
 *
 * @module
 */

import { loadAllCommands } from "../src/cli/commands.ts";
import { commandPage, mainPage } from "./docs/man.ts";
import { markdownPage } from "./docs/markdown.ts";

/** Where the manual's pages are, and nothing else. */
const MAN = "man/";

const ROOT = new URL("../", import.meta.url);

/** Every generated document: its path and its text. */
export async function generateDocs(): Promise<ReadonlyMap<string, string>> {
  const commands = await loadAllCommands();
  return new Map([
    ["docs/cli.md", markdownPage(commands)],
    [`${MAN}trop.1`, mainPage(commands)],
    ...commands.map((command): [string, string] => {
      return [`${MAN}trop-${command.name}.1`, commandPage(command)];
    }),
  ]);
}

/** What differs from `wanted` on the disk: missing and stale documents, and pages of no command. */
export async function staleDocs(wanted: ReadonlyMap<string, string>): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of wanted) {
    if (await readIfExists(path) !== text) stale.push(path);
  }
  for (const path of await manPages()) {
    if (!wanted.has(path)) stale.push(path);
  }
  return stale;
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(new URL(path, ROOT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function manPages(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL(MAN, ROOT)));
  return entries.map(({ name }) => MAN + name);
}

if (import.meta.main) {
  const wanted = await generateDocs();
  if (Deno.args.includes("--check")) {
    for (const path of await staleDocs(wanted)) {
      console.error(`${path} is stale: run scripts/generate_docs.ts`);
      Deno.exitCode = 1;
    }
  } else {
    await Deno.mkdir(new URL(MAN, ROOT), { recursive: true });
    for (const path of await manPages()) {
      if (!wanted.has(path)) await Deno.remove(new URL(path, ROOT));
    }
    for (const [path, text] of wanted) await Deno.writeTextFile(new URL(path, ROOT), text);
  }
}
