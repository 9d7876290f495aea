/**
 * Completions and manual as one archive, laid out as they are installed below a prefix.
 *
 * @module
 */

import { packTar } from "modern-tar";
import { join } from "node:path";
import { loadAllCommands } from "../src/cli/commands.ts";
import { bashScript } from "../src/cli/completions/bash.ts";
import { fishScript } from "../src/cli/completions/fish.ts";
import { grammarOf } from "../src/cli/completions/grammar.ts";
import { zshScript } from "../src/cli/completions/zsh.ts";
import { generateDocs } from "./generate_docs.ts";

/** The name that the installer asks for. */
const ARCHIVE = "trop-share.tar.gz";

/** Writes the archive into `directory`; its bytes depend on nothing but what is in it. */
export async function writeShareArchive(directory: string): Promise<void> {
  const encoder = new TextEncoder();
  const entries = (await shareFiles()).map(([name, text]) => {
    const body = encoder.encode(text);
    return { header: { name, size: body.length, mode: 0o644, mtime: new Date(0) }, body };
  });
  const archive = new Blob([await packTar(entries)]).stream();
  const file = join(directory, ARCHIVE);
  await Deno.writeFile(file, archive.pipeThrough(new CompressionStream("gzip")));
}

/** The path and the text of each file. */
async function shareFiles(): Promise<readonly (readonly [path: string, text: string])[]> {
  const grammar = grammarOf(await loadAllCommands());
  const pages = [...await generateDocs()].filter(([path]) => path.startsWith("man/"));
  return [
    ["share/bash-completion/completions/trop", bashScript(grammar)],
    ["share/fish/vendor_completions.d/trop.fish", fishScript(grammar)],
    ...pages.map(([path, text]) => [path.replace("man/", "share/man/man1/"), text] as const),
    ["share/zsh/site-functions/_trop", zshScript(grammar)],
  ];
}
