/**
 * A directory for one test.
 *
 * @module
 */

import { type AbsolutePath, nativePaths } from "../../src/domain/path.ts";

/** A new, empty directory under its physical path; leaving the scope removes it. */
export function temporaryDirectory(): Disposable & { readonly path: AbsolutePath } {
  const made = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "trop-" }));
  const path = nativePaths.normalise(made, { cwd: made, home: undefined });
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}
