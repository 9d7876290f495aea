/**
 * What most commands begin with: the directory they are about, and the open database.
 *
 * @module
 */

import {
  type DatabaseOptions,
  databaseOptions,
  databasePath,
  resolveDataDirectory,
} from "../database/config.ts";
import {
  type Database,
  type DatabaseNotice,
  openDatabase,
  openEmptyDatabase,
} from "../database/connection.ts";
import { parseTag } from "../domain/identifier.ts";
import { type AbsolutePath, nativePaths } from "../domain/path.ts";
import { TropError } from "../errors.ts";
import { type WorkingDirectory, workingDirectory } from "../operations/paths.ts";
import type { Invocation } from "./command.ts";
import type { Host } from "./host.ts";

/** The settings that opening a database depends on. */
export interface DatabaseSettings {
  readonly maximumLockWaitSeconds: number;
  readonly disableAutoinit: boolean;
}

/**
 * What a command does to the database. Reading may still create the file, and any of the three
 * migrates an older one; a dry run that finds no file goes on with an empty database in memory.
 */
export type Access = "read" | "write" | "dry-run";

/**
 * Opens the database of a command.
 *
 * @throws {TropError} Whatever `openDatabase` throws.
 */
export function openCommandDatabase(
  { globals, host, output }: Pick<Invocation, "globals" | "host" | "output">,
  settings: DatabaseSettings,
  access: Access,
): Database {
  const directory = resolveDataDirectory(globals.dataDir, host.env);
  // The only path that is used as it was given; SQLite wants an absolute one.
  const absolute = nativePaths.isAbsolute(directory) ? directory : `${host.cwd()}/${directory}`;
  const options = databaseOptions(databasePath(absolute), {
    busyTimeoutMs: settings.maximumLockWaitSeconds * 1000,
    autoCreate: !settings.disableAutoinit && access !== "dry-run",
    queryOnly: access !== "write",
    clock: host.now,
  });
  const database = access === "dry-run" && !settings.disableAutoinit
    ? openOrImagine(options)
    : openDatabase(options);
  for (const notice of database.notices) {
    const words = describeNotice(notice);
    if (notice.code === "old-sqlite") output.detail(`Warning: ${words}`);
    else output.warn(words);
  }
  return database;
}

function openOrImagine(options: DatabaseOptions): Database {
  try {
    return openDatabase(options);
  } catch (error) {
    if (!(error instanceof TropError) || error.code !== "not-initialised") throw error;
    return openEmptyDatabase(options);
  }
}

function describeNotice(notice: DatabaseNotice): string {
  switch (notice.code) {
    case "no-write-ahead-log":
      return `the database keeps a rollback journal (${notice.mode}), because its file system ` +
        "does not support a write-ahead log; prefer a local disk";
    case "old-sqlite":
      return `SQLite ${notice.version} can, rarely, damage a file that two processes write at ` +
        "the same moment; use Deno 2.9.1 or newer";
    case "immutable":
      return "the database is read as if nobody could write it, because its directory is " +
        "read-only; another process may be writing";
  }
}

/** The directory that a command is about, and the one that it was started in. */
export interface Target {
  readonly path: AbsolutePath;
  readonly directory: WorkingDirectory;
}

/**
 * The directory that a command is about. One that was named is only normalised, its links stay;
 * otherwise it is the current directory without links.
 *
 * @param named What `--path` or its variable says.
 * @throws {TropError} `invalid-path`, or when the current directory cannot be told.
 */
export function resolveTarget(host: Host, named: string | undefined): Target {
  const directory = workingDirectory(host.cwd());
  if (named === undefined) return { path: directory.physical, directory };
  const base = { cwd: directory.reported, home: homeDirectory(host) };
  return { path: nativePaths.normalise(named, base), directory };
}

/** The directory that `~` stands for. */
export function homeDirectory(host: Host): string | undefined {
  return host.env(Deno.build.os === "windows" ? "USERPROFILE" : "HOME") || undefined;
}

/**
 * Reads `--tag`.
 *
 * @throws {TropError} `invalid-arguments` when it is blank.
 */
export function readTag(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return parseTag(text);
  } catch (error) {
    if (!(error instanceof TropError) || error.failure.code !== "validation") throw error;
    const message = `Cannot read --tag: ${error.failure.message}`;
    throw new TropError({ code: "invalid-arguments", message }, { cause: error });
  }
}

/** A path as tables show it: what lies in the home directory begins with `~/`. */
export function shortenPath(path: AbsolutePath, home: string | undefined): string {
  if (home === undefined || !nativePaths.isNormal(home)) return path;
  if (!nativePaths.contains(home, path)) return path;
  return ["~", ...nativePaths.components(path).slice(nativePaths.components(home).length)]
    .join(nativePaths.separator) + (path === home ? nativePaths.separator : "");
}
