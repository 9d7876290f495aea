/**
 * A reservation's project and task, guessed from the git repository around its directory.
 *
 * @module
 */

import { parseIdentifier } from "../domain/identifier.ts";
import { type AbsolutePath, nativePaths } from "../domain/path.ts";
import { attempt, readSmallFile } from "./files.ts";
import { repositoriesAround, type Repository } from "./repository.ts";

/** What git tells about a directory; `null` is what it does not tell. */
export interface InferredMetadata {
  /** The repository's name: that of its main work tree, or of the bare repository. */
  readonly project: string | null;
  /** The name of a linked work tree, else the branch. */
  readonly task: string | null;
}

/**
 * The project and task of `path`. It never fails: whatever cannot be read, or is no valid name,
 * is `null`.
 */
export function inferMetadata(path: AbsolutePath): InferredMetadata {
  const [repository] = repositoriesAround(path);
  return {
    project: toIdentifier(repository && projectOf(repository)),
    task: toIdentifier(repository && taskOf(repository)),
  };
}

function projectOf({ commonDirectory }: Repository): string {
  const name = nativePaths.basename(commonDirectory);
  const parent = nativePaths.parent(commonDirectory);
  const project = name === ".git" && parent ? nativePaths.basename(parent) : name;
  return project.replace(/\.git$/, "");
}

function taskOf({ workTree, gitDirectory, isLinked }: Repository): string | undefined {
  return workTree && isLinked ? nativePaths.basename(workTree) : branchAt(gitDirectory);
}

/** The branch that is checked out; `undefined` for anything else that `HEAD` may hold. */
function branchAt(gitDirectory: AbsolutePath): string | undefined {
  const branch = /^refs\/heads\/(.+)$/s.exec(headReference(gitDirectory) ?? "")?.[1];
  return branch === undefined || NO_BRANCH_NAME.test(branch) ? undefined : branch;
}

/** The reference that `HEAD` stands for; of an old repository it may be a link to it. */
function headReference(gitDirectory: AbsolutePath): string | undefined {
  const head = nativePaths.join(gitDirectory, "HEAD");
  const target = attempt(() => Deno.readLinkSync(head));
  if (target?.startsWith("refs/")) return target;
  return /^ref:[\t-\r ]*(.*?)[\t-\r ]*$/s.exec(readSmallFile(head) ?? "")?.[1];
}

/**
 * What git never names a branch, among it the `.invalid` that stands in `HEAD` where branches are
 * kept in a reftable.
 */
const NO_BRANCH_NAME = /(?:^|\/)\.|\.\.|@\{|\/\/|\.lock(?:\/|$)|[./]$|[\0-\x20\x7f~^:?*[\\]/;

function toIdentifier(name: string | undefined): string | null {
  return attempt(() => parseIdentifier("name", name ?? "")) ?? null;
}
