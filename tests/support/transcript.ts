/**
 * Transcripts in documents: what a ```console block shows is run again, in one shell for the whole
 * document, and has to print the same.
 *
 * `TROP_UPDATE_DOCS=1` writes what is printed into the document instead.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Home } from "./program.ts";

/** The home directory in documents. */
const SHOWN_HOME = "/home/dev";

/** What differs from run to run, and what documents have in its place. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "2026-03-01 09:15:00"],
  // Of the whole path.
  [/-[0-9a-f]{6}\.localhost/g, "-3f9a2c.localhost"],
];

const CONSOLE = /^```console\n(.*?)^```$/gms;

/**
 * Runs the transcripts of a document in `home`, where trop is installed as `trop`. Each command is
 * a line that begins with `$ `.
 *
 * @throws {AssertionError} when a command prints something else than the document shows.
 */
export async function checkTranscripts(
  home: Home,
  document: URL,
  { cwd = ".", env = {} }: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<void> {
  const text = await Deno.readTextFile(document);
  const blocks = [...text.matchAll(CONSOLE)].map(([, block = ""]) => block);
  const { stdout } = await home.start([], {
    cwd,
    script: `exec bash -c ${quote(script(blocks))} 2>&1`,
    env: { PATH: `${home.path("bin")}:${Deno.env.get("PATH")}`, ...env },
  }).result();
  const printed = shown(stdout, home).split(SEPARATOR);
  if (Deno.env.get("TROP_UPDATE_DOCS") !== undefined) {
    let index = 0;
    await Deno.writeTextFile(
      document,
      text.replace(CONSOLE, () => `\`\`\`console\n${printed[index++]}\`\`\``),
    );
  } else assert.deepEqual(printed.slice(0, blocks.length), blocks);
}

const SEPARATOR = "\u001e";

/** Shows and runs the commands; each one finds in `$?` what the one before left there. */
function script(blocks: readonly string[]): string {
  const parts = blocks.map((block) => {
    const commands = block.split("\n").filter((line) => line.startsWith("$ "));
    return commands.map((line) => {
      return `last=$?; printf '%s\\n' ${quote(line)}; (exit $last)\n${line.slice(2)}\n`;
    }).join("");
  });
  return parts.join(`last=$?; printf '\\036'; (exit $last)\n`);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function shown(text: string, home: Home): string {
  return CHANGING.reduce(
    (text, [pattern, constant]) => text.replace(pattern, constant),
    text.replaceAll(home.directory, SHOWN_HOME),
  );
}
