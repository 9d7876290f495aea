/**
 * `SHA256SUMS`, in the form that `sha256sum --check` reads.
 *
 * @module
 */

import { join } from "node:path";

/** The name of the file. */
export const SUMS = "SHA256SUMS";

/** Writes the checksums of all other files in `directory`, by name. */
export async function writeChecksums(directory: string): Promise<void> {
  const names = [...Deno.readDirSync(directory)].filter(({ isFile }) => isFile)
    .map(({ name }) => name).filter((name) => name !== SUMS).sort();
  let text = "";
  for (const name of names) text += `${await sha256(join(directory, name))}  ${name}\n`;
  await Deno.writeTextFile(join(directory, SUMS), text);
}

async function sha256(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}
