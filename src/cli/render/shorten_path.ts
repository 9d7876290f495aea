import { type AbsolutePath, nativePaths } from "../../domain/path.ts";

/**
 * A path as tables show it: what lies in the home directory begins with `~/`, and the home
 * directory itself is `~/`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { AbsolutePath } from "../../domain/path.ts";
 *
 * assert.equal(shortenPath("/home/dev/shop" as AbsolutePath, "/home/dev"), "~/shop");
 * assert.equal(shortenPath("/home/developer" as AbsolutePath, "/home/dev"), "/home/developer");
 * ```
 */
export function shortenPath(path: AbsolutePath, home: string | undefined): string {
  if (home === undefined || !nativePaths.isNormal(home) || !nativePaths.contains(home, path)) {
    return path;
  }
  const names = nativePaths.components(path).slice(nativePaths.components(home).length);
  return `~${nativePaths.separator}${names.join(nativePaths.separator)}`;
}
