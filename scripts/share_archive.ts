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
export const SHARE_ARCHIVE = "trop-share.tar.gz";

/** The text of each file by its path. */
export type ShareFiles = Readonly<Record<string, string>>;

/** Writes the archive into `directory`. */
export async function writeShareArchive(directory: string): Promise<void> {
  await Deno.writeFile(join(directory, SHARE_ARCHIVE), await pack(await shareFiles()));
}

/** An archive of `files`, whose bytes depend on nothing but those. */
export async function pack(files: ShareFiles): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const entries = Object.entries(files).map(([name, text]) => {
    const body = encoder.encode(text);
    return { header: { name, size: body.length, mode: 0o644, mtime: new Date(0) }, body };
  });
  const archive = new Blob([await packTar(entries)]).stream();
  return await new Response(archive.pipeThrough(new CompressionStream("gzip"))).bytes();
}

/** elvish and PowerShell look for completions nowhere by themselves, so there are none of theirs. */
export async function shareFiles(): Promise<ShareFiles> {
  const grammar = grammarOf(await loadAllCommands());
  const pages = [...await generateDocs()].filter(([path]) => path.startsWith("man/"));
  return {
    "share/bash-completion/completions/trop": bashScript(grammar),
    "share/fish/vendor_completions.d/trop.fish": fishScript(grammar),
    ...Object.fromEntries(
      pages.map(([path, text]) => [path.replace("man/", "share/man/man1/"), text]),
    ),
    "share/zsh/site-functions/_trop": zshScript(grammar),
  };
}
