/**
 * A real file system of a kind that trop takes for shared, where the machine can mount one.
 *
 * @module
 */

/** Whether bindfs is installed and may mount. */
export const canMount: boolean = Deno.build.os === "linux" && mounts();

/** Shows the directory `source` at `point` too, until it is disposed of. */
export function fuseMount(source: string, point: string): Disposable {
  run("bindfs", "-n", source, point);
  return {
    [Symbol.dispose]: () => run("fusermount", "-u", point),
  };
}

function mounts(): boolean {
  const directory = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(`${directory}/source`);
    Deno.mkdirSync(`${directory}/point`);
    fuseMount(`${directory}/source`, `${directory}/point`)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function run(command: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(command, { args: [...args] }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
