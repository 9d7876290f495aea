/**
 * Finding git repositories by their files, without running git. Its variables, such as `GIT_DIR`,
 * and its doubts about other people's repositories do not count here: nothing is executed.
 *
 * @module
 */

import { type AbsolutePath, nativePaths } from "../domain/path.ts";
import { attempt, readSmallFile } from "./files.ts";

/** A git repository, as seen from one place on the disk. */
export interface Repository {
  /** The root of the work tree; `undefined` in a bare repository and inside a git directory. */
  readonly workTree: AbsolutePath | undefined;
  /** Where this work tree's `HEAD` is, physically. */
  readonly gitDirectory: AbsolutePath;
  /** Where all work trees of the repository keep objects and branches, physically. */
  readonly commonDirectory: AbsolutePath;
  /** Whether this is a work tree that `git worktree add` made. */
  readonly isLinked: boolean;
}

/**
 * The repositories that `start` lies in, innermost first, as far up as the disk goes. Broken ones
 * are passed over. There are none for a `start` that is not a directory.
 */
export function* repositoriesAround(start: AbsolutePath): Generator<Repository, void> {
  const device = deviceOf(start);
  if (device === undefined) return;
  let directory: AbsolutePath | undefined = start;
  while (directory !== undefined && deviceOf(directory) === device) {
    const repository = repositoryAt(directory);
    if (repository !== undefined) yield repository;
    directory = nativePaths.parent(directory);
  }
}

/** The device that holds a directory; on Windows all are alike. `undefined` for anything else. */
function deviceOf(path: AbsolutePath): number | undefined {
  const info = attempt(() => Deno.statSync(path));
  if (!info?.isDirectory) return undefined;
  return Deno.build.os === "windows" ? 0 : info.dev;
}

function repositoryAt(directory: AbsolutePath): Repository | undefined {
  const gitDirectory = gitDirectoryOf(directory);
  const checkout = gitDirectory === undefined ? undefined : open(gitDirectory, directory);
  return checkout ?? open(directory, undefined);
}

/** What `.git` is, or names if it is a file. */
function gitDirectoryOf(workTree: AbsolutePath): string | undefined {
  const path = nativePaths.join(workTree, ".git");
  const info = attempt(() => Deno.statSync(path));
  if (info?.isDirectory) return path;
  const target = info && /^gitdir: (.+)$/s.exec(readPointer(path) ?? "")?.[1];
  return target === undefined ? undefined : resolve(workTree, target);
}

/** The repository of a git directory, if that holds what every repository has. */
function open(gitDirectory: string, workTree: AbsolutePath | undefined): Repository | undefined {
  // Of an old repository HEAD may be a link to a branch that has no commit yet.
  if (attempt(() => Deno.lstatSync(`${gitDirectory}/HEAD`)) === undefined) return undefined;
  const pointer = readPointer(`${gitDirectory}/commondir`);
  const common = pointer === undefined ? gitDirectory : resolve(gitDirectory, pointer);
  if (!isDirectory(`${common}/objects`) || !isDirectory(`${common}/refs`)) return undefined;

  const physicalGitDirectory = physical(gitDirectory);
  const commonDirectory = pointer === undefined ? physicalGitDirectory : physical(common);
  if (physicalGitDirectory === undefined || commonDirectory === undefined) return undefined;
  return {
    workTree,
    gitDirectory: physicalGitDirectory,
    commonDirectory,
    isLinked: pointer !== undefined,
  };
}

/** The text of a file that names another place. */
function readPointer(path: string): string | undefined {
  return readSmallFile(path)?.replace(/[\r\n]+$/, "");
}

/** Leaves `..` to the system: behind a symbolic link it does not mean what the text says. */
function resolve(directory: string, path: string): string {
  return nativePaths.isAbsolute(path) ? path : `${directory}/${path}`;
}

function isDirectory(path: string): boolean {
  return attempt(() => Deno.statSync(path))?.isDirectory === true;
}

function physical(path: string): AbsolutePath | undefined {
  return attempt(() =>
    nativePaths.normalise(Deno.realPathSync(path), { cwd: path, home: undefined })
  );
}
