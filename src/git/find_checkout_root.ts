/**
 * How far up a directory's own checkout reaches.
 *
 * @module
 */

import { type AbsolutePath, nativePaths } from "../domain/path.ts";
import { repositoriesAround, type Repository } from "./repository.ts";

/**
 * The root of the git checkout that `path` lies in, where a submodule counts as part of its
 * superproject; `undefined` outside any checkout and inside a git directory. It never fails.
 *
 * A submodule is known by its git directory, which lies below its superproject's. Those that keep
 * their own `.git` directory, as before git 1.7.8, count as checkouts of their own.
 */
export function findCheckoutRoot(path: AbsolutePath): AbsolutePath | undefined {
  let checkout: Repository | undefined;
  for (const repository of repositoriesAround(path)) {
    if (checkout !== undefined && !isSubmodule(checkout, repository)) break;
    checkout = repository;
    // Spares all others the walk to the root of the disk.
    if (!nativePaths.components(checkout.commonDirectory).includes("modules")) break;
  }
  return checkout?.workTree;
}

function isSubmodule(inner: Repository, outer: Repository): boolean {
  const modules = nativePaths.join(outer.gitDirectory, "modules");
  return nativePaths.contains(modules, inner.commonDirectory);
}
