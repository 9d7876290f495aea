/**
 * What a tool of the system prints; nothing when it is missing or may not be run. What it complains
 * about, and the status it ends with, say nothing about the rest of what it found.
 */
export function runTool(command: string, args: readonly string[]): string {
  try {
    const { stdout } = new Deno.Command(command, { args: [...args], stderr: "null" }).outputSync();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}
