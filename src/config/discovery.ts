/**
 * Which files make up the configuration.
 *
 * @module
 */

import { type AbsolutePath, nativePaths, type PathBase, pathIn } from "../domain/path.ts";
import { TropError } from "../errors.ts";
import { findCheckoutRoot } from "../git/find_checkout_root.ts";
import { exists, statIfAny } from "./file.ts";
import type { FileIdentity } from "./source.ts";

/** The file of the user, in the data directory. */
export const USER_FILE = "config.yaml";

/** What a file that a person named is in the configuration, as far as its name tells. */
export function identifyFile(file: string): FileIdentity {
  const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  return { file, layer: name === USER_FILE ? "user" : "project" };
}

/** The path of the user's file. */
export function userFile(dataDirectory: string): string {
  return pathIn(dataDirectory, USER_FILE);
}

/** The file of a project, which everyone shares. */
export const PROJECT_FILE = "trop.yaml";

/** The file beside it that nobody shares. */
export const PRIVATE_FILE = "trop.local.yaml";

/** The files of a project; an empty object when there are none. */
export interface ProjectFiles {
  readonly project?: AbsolutePath;
  readonly private?: AbsolutePath;
}

/** A file that was passed over because it belongs to another checkout. */
export interface IgnoredFile {
  readonly file: AbsolutePath;
  /** The root of the checkout that the walk did not leave. */
  readonly checkout: AbsolutePath;
}

/** The outcome of the walk. */
export interface Discovery {
  readonly files: ProjectFiles;
  readonly ignored?: IgnoredFile;
}

/**
 * Goes up from `directory`; the first directory with a project's file ends the walk.
 *
 * A file above the root of the git checkout that `directory` lies in belongs to another checkout,
 * as where work trees are put inside the main one: it is ignored, unless `reach` says otherwise. A
 * submodule is part of its superproject here.
 *
 * @param directory A physical path.
 */
export function discoverProject(
  directory: AbsolutePath,
  reach: "checkout" | "filesystem",
): Discovery {
  for (const candidate of selfAndAncestors(directory)) {
    const files = projectFilesIn(candidate);
    const file = files.project ?? files.private;
    if (file === undefined) continue;
    // Git is asked for the one directory where it matters; mostly the file is in the first.
    if (reach === "filesystem" || candidate === directory) return { files };
    const checkout = findCheckoutRoot(directory);
    if (checkout === undefined || nativePaths.contains(checkout, candidate)) return { files };
    return { files: {}, ignored: { file, checkout } };
  }
  return { files: {} };
}

/**
 * The files that a file named by a person stands for: itself, or both of a project's files if it is
 * one of the two.
 *
 * @throws {TropError} `invalid-arguments` unless it is a regular file.
 */
export function nameProjectFiles(text: string, base: PathBase): ProjectFiles {
  assertIsFile(text);
  // The file was looked for as it is spelled, so a tilde is a name like any other.
  const file = nativePaths.normalise(text.startsWith("~") ? `./${text}` : text, base);
  const directory = nativePaths.parent(file);
  const isPair = [PROJECT_FILE, PRIVATE_FILE].includes(nativePaths.basename(file));
  return isPair && directory !== undefined ? projectFilesIn(directory) : { project: file };
}

function assertIsFile(path: string): void {
  const found = statIfAny(path);
  if (found === undefined) throw invalidArguments(`Configuration file not found: ${path}`);
  if (!found.isFile) throw invalidArguments(`Path is not a file: ${path}`);
}

function invalidArguments(message: string): TropError {
  return new TropError({ code: "invalid-arguments", message });
}

function projectFilesIn(directory: AbsolutePath): ProjectFiles {
  const project = nativePaths.join(directory, PROJECT_FILE);
  const local = nativePaths.join(directory, PRIVATE_FILE);
  return {
    ...(exists(project) && { project }),
    ...(exists(local) && { private: local }),
  };
}

function* selfAndAncestors(path: AbsolutePath): Generator<AbsolutePath> {
  for (let next: AbsolutePath | undefined = path; next; next = nativePaths.parent(next)) yield next;
}
