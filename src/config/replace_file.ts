/**
 * Replacing a file as a whole: others see the old one or the new one, never half of either, and two
 * processes that change it at the same time lose nothing.
 *
 * @module
 */

import { createPrivateFile } from "../database/files.ts";
import { TropError } from "../errors.ts";
import { onDisk } from "./file.ts";

/** How long to wait for another process that is changing the file, in milliseconds. */
const LOCK_WAIT_MS = 10_000;

/** What {@linkcode replaceFile} may do besides. */
export interface ReplaceOptions {
  /** Creates a missing file, readable by its owner only; otherwise that is an error. */
  readonly create?: boolean;
}

/**
 * Hands an open file to `change` and puts what that returns in its place; `undefined` leaves it
 * alone. Whatever goes wrong, the file stays as it was. Mode, owner and symbolic links are kept.
 *
 * @param change Called again when somebody else has changed the file in the meantime.
 * @throws {TropError} `io` of the command layer, besides what `change` throws.
 */
export function replaceFile(path: string, change: Change, options: ReplaceOptions = {}): void {
  const deadline = Date.now() + LOCK_WAIT_MS;
  while (!attempt(path, change, options)) {
    if (Date.now() > deadline) {
      const message = `cannot change ${path}: another process keeps it locked`;
      throw new TropError({ code: "io", message, layer: "command" });
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 + 8 * Math.random());
  }
}

/** From an open file to its new content. */
type Change = (file: Deno.FsFile) => string | undefined;

/** @returns Whether it is done; otherwise somebody else was at it, and it is to be tried again. */
function attempt(path: string, change: Change, { create = false }: ReplaceOptions): boolean {
  const opened = onDisk("open", path, () => open(path, create));
  if (opened === undefined) return false;
  const { file, isNew } = opened;
  using _closed = file;
  const before = onDisk("lock", path, () => lock(path, file));
  if (before === undefined) return false;
  let isDone = false;
  try {
    const content = change(file);
    isDone = content === undefined ||
      onDisk("replace", path, () => replaceLocked(Deno.realPathSync(path), content, before));
    return isDone;
  } finally {
    if (isNew && !isDone) Deno.removeSync(path);
  }
}

function open(path: string, create: boolean): { file: Deno.FsFile; isNew: boolean } | undefined {
  try {
    return { file: Deno.openSync(path, { read: true, write: true }), isNew: false };
  } catch (error) {
    if (!create || !(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    // An empty file is an empty configuration: nothing reads differently until it is replaced.
    return { file: createPrivateFile(path), isNew: true };
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists) || isDangling(path)) throw error;
    return undefined;
  }
}

/**
 * Locks the file itself, which leaves no trace, whatever happens to this process.
 *
 * @returns What the file is by now; `undefined` when somebody else has it, or has replaced it.
 */
function lock(path: string, file: Deno.FsFile): Deno.FileInfo | undefined {
  if (!tryLock(file)) return undefined;
  const info = file.statSync();
  const present = statIfAny(path);
  return present && isSameFile(info, present) ? info : undefined;
}

/** Old run times, to which an executable may be tied, can only wait for a lock. */
function tryLock(file: Deno.FsFile): boolean {
  if (file.tryLockSync as unknown !== undefined) return file.tryLockSync(true);
  file.lockSync(true);
  return true;
}

function statIfAny(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function isDangling(path: string): boolean {
  return Deno.lstatSync(path).isSymlink;
}

function isTaken(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** @param path The file's own path: the rename would replace a link. */
function replaceLocked(path: string, content: string, before: Deno.FileInfo): boolean {
  return withTemporary(path, { content, like: before }, (temporary) => {
    // An editor that knows nothing of the lock may have saved the file in the meantime.
    const present = statIfAny(path);
    if (!present || !isUnchanged(before, present)) return false;
    Deno.renameSync(temporary, path);
    return true;
  });
}

/**
 * Creates a file that is there with all of `content` or not at all, for its owner only.
 *
 * @returns Whether it was created; what is there already is left alone.
 * @throws What the system refuses.
 */
export function createWholeFile(path: string, content: string): boolean {
  return withTemporary(path, { content }, (temporary) => linkUnlessTaken(temporary, path));
}

/** Gives a file another name; a rename would replace what has that name. */
function linkUnlessTaken(from: string, to: string): boolean {
  try {
    Deno.linkSync(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists || isTaken(to)) return false;
    // Not every file system lets a file have two names.
    Deno.renameSync(from, to);
  }
  return true;
}

/** What a file gets. */
interface Contents {
  readonly content: string;
  /** Whose mode and owner; without it, its owner alone may read it. */
  readonly like?: Deno.FileInfo;
}

/**
 * Writes a file of its own beside `path`, for `act` to put into place.
 *
 * @param act Whether it did something to the directory, which is to last then.
 */
function withTemporary(
  path: string,
  contents: Contents,
  act: (temporary: string) => boolean,
): boolean {
  const { directory, name } = split(path);
  const temporary = `${directory}.${name}.${crypto.randomUUID()}.tmp`;
  try {
    write(temporary, contents);
    if (!act(temporary)) return false;
  } finally {
    removeIfAny(temporary);
  }
  sync(directory);
  return true;
}

/**
 * Creates a file and writes through what was opened then: whoever may write the directory too could
 * put a link to another file in its place.
 */
function write(path: string, { content, like }: Contents): void {
  using file = createPrivateFile(path);
  let rest = new TextEncoder().encode(content);
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
  if (like !== undefined && Deno.build.os !== "windows") {
    const { mode, uid, gid } = like;
    const made = file.statSync();
    if (!isSameFile(made, Deno.lstatSync(path))) throw new Error(`${path} was replaced`);
    if (uid !== made.uid || gid !== made.gid) Deno.chownSync(path, uid, gid);
    if (mode !== null) Deno.chmodSync(path, mode & 0o7777);
  }
  file.syncSync();
}

/** Makes the rename last, where a directory can be synced at all. */
function sync(directory: string): void {
  try {
    using handle = Deno.openSync(directory);
    handle.syncSync();
  } catch {
    // The file is complete in either case; only a loss of power could bring the old one back.
  }
}

function removeIfAny(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function isSameFile(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function isUnchanged(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return isSameFile(a, b) && a.size === b.size && a.mtime?.getTime() === b.mtime?.getTime();
}

function split(path: string): { readonly directory: string; readonly name: string } {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return { directory: path.slice(0, end + 1), name: path.slice(end + 1) };
}
