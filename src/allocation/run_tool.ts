/**
 * What a tool of the system prints; nothing when it is missing or may not be run. What it complains
 * about, and the status it ends with, say nothing about the rest of what it found.
 *
 * On Unix it is the system's own one, whatever `PATH` says: a checkout may hold a program of that
 * name, and `PATH` the current directory.
 */
export function runTool(command: string, args: readonly string[]): string {
  for (const file of candidates(command)) {
    try {
      const { stdout } = new Deno.Command(file, { args: [...args], stderr: "null" }).outputSync();
      return new TextDecoder().decode(stdout);
    } catch {
      // Perhaps it is in the next directory.
    }
  }
  return "";
}

const DIRECTORIES: readonly string[] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin"];

function candidates(command: string): string[] {
  if (Deno.build.os === "windows") return [command];
  return DIRECTORIES.map((directory) => `${directory}/${command}`);
}
