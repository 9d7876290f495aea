/**
 * Runs programs in this repository.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** Where the repository is. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * Runs a program in the repository.
 *
 * @param input What it finds at its standard input.
 * @returns What it prints.
 */
export async function run(
  program: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const process = new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ success, stdout, stderr }] = await Promise.all([
    process.output(),
    new Blob([input]).stream().pipeTo(process.stdin),
  ]);
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${program} ${args[0]} failed:\n${new TextDecoder().decode(stderr)}`);
}
