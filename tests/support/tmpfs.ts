/**
 * A small file system of one's own. Linux, and mostly root, only.
 *
 * @module
 */

/** Whether this process may mount one. */
export const canMountTmpfs: boolean = Deno.build.os === "linux" && mounts();

/** Mounts an empty file system on `directory` until it is disposed of. */
export function mountTmpfs(directory: string, options: string): Disposable {
  run("mount", "-t", "tmpfs", "-o", options, "none", directory);
  return { [Symbol.dispose]: () => run("umount", "--lazy", directory) };
}

function mounts(): boolean {
  const directory = Deno.makeTempDirSync();
  try {
    mountTmpfs(directory, "size=64k")[Symbol.dispose]();
    return true;
  } catch {
    return false;
  } finally {
    Deno.removeSync(directory);
  }
}

function run(command: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(command, { args: [...args] }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
