/**
 * Where paths meet the disk: the current directory, symbolic links, and the guard that keeps a
 * command to directories related to the current one.
 *
 * @module
 */

import { type AbsolutePath, nativePaths } from "../domain/path.ts";
import { TropError } from "../errors.ts";

/** The current directory in two spellings. */
export interface WorkingDirectory {
  /** As the system reports it. */
  readonly reported: AbsolutePath;
  /** With every symbolic link resolved. */
  readonly physical: AbsolutePath;
}

/**
 * The directory that trop was started in.
 *
 * @param reported Its absolute path as the system reports it.
 * @throws {TropError} As {@linkcode physicalPath}: it may be gone.
 */
export function workingDirectory(reported: string): WorkingDirectory {
  const path = normaliseAbsolute(reported);
  return { reported: path, physical: physicalPath(path) };
}

/**
 * `path` with every symbolic link resolved.
 *
 * @throws {TropError} `path-not-found`, `path-denied`, `permission-missing`, or `io` of the domain
 * layer, such as for a loop of links.
 */
export function physicalPath(path: AbsolutePath): AbsolutePath {
  try {
    return normaliseAbsolute(Deno.realPathSync(path));
  } catch (cause) {
    throw toTropError(path, cause);
  }
}

/**
 * A test whether paths are `directory` or lie below it, as they are written or, where both exist,
 * with links resolved.
 */
export function belowTest(directory: AbsolutePath): (path: AbsolutePath) => boolean {
  const physical = physicalPathIfAny(directory);
  return (path) => {
    if (nativePaths.contains(directory, path)) return true;
    if (physical === undefined) return false;
    const itsPhysical = physicalPathIfAny(path);
    return itsPhysical !== undefined && nativePaths.contains(physical, itsPhysical);
  };
}

function physicalPathIfAny(path: AbsolutePath): AbsolutePath | undefined {
  try {
    return physicalPath(path);
  } catch (error) {
    if (error instanceof TropError) return undefined;
    throw error;
  }
}

/** What the system returns is absolute but, on Windows, may bear the verbatim prefix. */
function normaliseAbsolute(path: string): AbsolutePath {
  return nativePaths.normalise(path, { cwd: path, home: undefined });
}

/**
 * Like {@linkcode physicalPath} for a path whose last components need not exist: the longest
 * existing part is resolved and the rest appended as it is.
 */
export function physicalPathOfMissing(path: AbsolutePath): AbsolutePath {
  const missing: string[] = [];
  let existing = path;
  for (;;) {
    try {
      return nativePaths.join(normaliseAbsolute(Deno.realPathSync(existing)), ...missing);
    } catch (cause) {
      const parent = nativePaths.parent(existing);
      if (!isMissing(cause) || parent === undefined) throw toTropError(existing, cause);
      missing.unshift(nativePaths.basename(existing));
      existing = parent;
    }
  }
}

/** Below a file there is nothing either. */
function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/**
 * Refuses a target that is neither the current directory nor above or below it, as written or with
 * links resolved: most likely it was not meant.
 *
 * @param cwd The current directory as the system reports it.
 * @throws {TropError} `path-unrelated`, also when the links cannot be resolved.
 */
export function assertRelated(target: AbsolutePath, cwd: AbsolutePath): void {
  if (areRelated(target, cwd) || arePhysicallyRelated(target, cwd)) return;
  throw new TropError({ code: "path-unrelated", target, directory: cwd });
}

function areRelated(a: AbsolutePath, b: AbsolutePath): boolean {
  return nativePaths.relation(a, b) !== "unrelated";
}

function arePhysicallyRelated(target: AbsolutePath, cwd: AbsolutePath): boolean {
  try {
    return areRelated(physicalPathOfMissing(target), physicalPath(cwd));
  } catch (error) {
    if (error instanceof TropError) return false;
    throw error;
  }
}

function toTropError(path: AbsolutePath, cause: unknown): TropError {
  const options = { cause };
  if (cause instanceof TropError) return cause;
  if (cause instanceof Deno.errors.NotFound) {
    return new TropError({ code: "path-not-found", path }, options);
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return new TropError({ code: "path-denied", path }, options);
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return new TropError({ code: "permission-missing", permission: "--allow-read", path }, options);
  }
  return new TropError({ code: "io", message: messageOf(cause), layer: "domain" }, options);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
