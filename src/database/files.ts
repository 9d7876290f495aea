/**
 * The database file and its directory before SQLite sees them.
 *
 * @module
 */

import { TropError } from "../errors.ts";
import { corruption } from "./codec.ts";
import type { DatabaseOptions } from "./config.ts";
import { RESULT } from "./sqlite.ts";
import { assertTrusted } from "./trust.ts";

/** The header of an SQLite file fills 100 bytes, its smallest page 512. */
const SMALLEST_DATABASE = 512;

/** Where a database file lies. */
export interface Place {
  /** The type of the file system, if other systems may be writing that too. */
  readonly shared: string | undefined;
  /** Whether a write-ahead log or its index lies beside the file: somebody has it open, or died. */
  readonly hasCompanions: boolean;
}

/**
 * Makes sure that a database file is there to be opened, creating it empty where `options` allow.
 *
 * @throws {TropError} `not-initialised` when the file is missing and may not be created,
 * `untrusted-files` when others could have written it or its directory, `cannot-open-database` when the path is no regular file, `database-corruption` when the file is
 * too short to be a database: SQLite would take one of a single byte for empty and overwrite it.
 */
export function prepareFile(options: DatabaseOptions): Place {
  const { path, sharedFileSystem } = options;
  const found = statIfExists(path) ?? createAndStat(options);
  assertTrustedDirectory(options);
  assertTrusted(path, found, options);
  if (!found.isFile) {
    throw notWanted(path, found.isDirectory ? "a directory" : "a special file", "regular file");
  }
  if (found.size > 0 && found.size < SMALLEST_DATABASE) {
    throw corruption(path, {
      reason: `physical database corruption: ${found.size} bytes are too few for a database`,
      sqliteCode: RESULT.NOTADB,
    });
  }
  const shared = sharedFileSystem(path, found.dev);
  // Asked only where locks may not tell; before SQLite, which makes them by itself.
  return { shared, hasCompanions: shared !== undefined && hasCompanions(path) };
}

/** They lie beside the file itself, wherever a link to it is. */
function hasCompanions(path: string): boolean {
  const physical = Deno.realPathSync(path);
  return exists(`${physical}-wal`) || exists(`${physical}-shm`);
}

function createAndStat(options: DatabaseOptions): Deno.FileInfo {
  const { path, autoCreate } = options;
  // Where no directory can be made, a dry run must not say that one would be.
  assertTrustedDirectory(options);
  if (!autoCreate) throw new TropError({ code: "not-initialised", path });
  createFile(options);
  return Deno.statSync(path);
}

/** @param wanted What is to be there, unless nothing is. */
function statIfExists(
  path: string,
  wanted: "regular file" | "directory" = "regular file",
): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (isLink(path)) throw notWanted(path, "a link to what does not exist", wanted);
    return undefined;
  }
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

function notWanted(path: string, what: string, wanted: string): TropError {
  return new TropError({
    code: "cannot-open-database",
    path,
    reason: `it is ${what}, not a ${wanted}`,
    hint: "move it away, or choose another data directory with --data-dir",
  });
}

/**
 * Refuses a data directory that others could have written; a missing one is fine.
 *
 * @throws {TropError} `untrusted-files`.
 */
export function assertTrustedDirectory(options: DatabaseOptions): void {
  const directory = parentOf(options.path);
  const found = statIfExists(directory, "directory");
  if (found !== undefined) assertTrusted(directory, found, options);
}

/**
 * Creates an empty database file, and its directory. The directory gets mode 0700 and the file 0600,
 * because they name home directories and projects; missing parents get the default mode, and what
 * exists keeps its own.
 *
 * @returns Whether it was this call that made the file.
 * @throws {TropError} `untrusted-files`.
 */
export function createFile(options: DatabaseOptions): boolean {
  const { path } = options;
  createDirectory(parentOf(path));
  assertTrustedDirectory(options);
  // Another first launch may have been faster; its file is as good as this one.
  return tolerating(Deno.errors.AlreadyExists, () => createPrivateFile(path).close());
}

/**
 * Creates a file that its owner alone may read and write.
 *
 * @throws {Deno.errors.AlreadyExists} Also when there is a link, wherever it leads.
 */
export function createPrivateFile(path: string): Deno.FsFile {
  const file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
  setMode(path, file.statSync(), 0o600);
  return file;
}

/** Gives back what a strict umask has taken from the owner's own rights. */
function setMode(path: string, made: Deno.FileInfo, mode: number): void {
  if (Deno.build.os === "windows" || made.mode === null) return;
  if ((made.mode & 0o777) !== mode) Deno.chmodSync(path, mode);
}

/** Asks for its parents only when they are missing: the run time may be allowed no more than it. */
function createDirectory(path: string): void {
  const make = () =>
    tolerating(Deno.errors.AlreadyExists, () => {
      Deno.mkdirSync(path, { mode: 0o700 });
      setMode(path, Deno.statSync(path), 0o700);
    });
  try {
    make();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.mkdirSync(parentOf(path), { recursive: true });
    make();
  }
}

/** Whether there is anything at `path`, if only a link that leads nowhere. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Where an absolute path leads to that is used as it was given, with dots or, on Windows, slashes. */
export function parentOf(path: string): string {
  if (Deno.build.os === "windows") return path.replace(/[/\\]+[^/\\]*$/, "") || "/";
  let end = path.lastIndexOf("/");
  while (path[end - 1] === "/") end--;
  return path.slice(0, end) || "/";
}

/** @returns Whether `act` succeeded. */
function tolerating(kind: typeof Deno.errors.AlreadyExists, act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (!(error instanceof kind)) throw error;
    return false;
  }
}
