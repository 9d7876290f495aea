/**
 * Looking at files that may be missing, foreign or hostile.
 *
 * @module
 */

/** What `read` gives, or `undefined` if it throws: here every failure means "not there". */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** What git keeps in small files is a path or a reference: 4 KiB at most, and a few words. */
const MAX_BYTES = 8192;

/**
 * The text of a small file; `undefined` if it is anything but a regular file of up to 8 KiB of
 * UTF-8. Neither a pipe nor a file of gigabytes is ever opened, and no byte is read of files that
 * claim to be empty, as those of /proc do, some of which block.
 */
export function readSmallFile(path: string): string | undefined {
  const info = attempt(() => Deno.statSync(path));
  if (!info?.isFile || info.size === 0 || info.size > MAX_BYTES) return undefined;
  return attempt(() => {
    using file = Deno.openSync(path);
    const buffer = new Uint8Array(MAX_BYTES);
    const length = file.readSync(buffer) ?? 0;
    const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return utf8.decode(buffer.subarray(0, length));
  });
}
