import { TropError } from "../../errors.ts";

/**
 * What `action` returns, which works on the file at `path` that a person named.
 *
 * @throws {TropError} `invalid-arguments` when there is no such file; whatever else `action` throws.
 */
export async function onNamedFile<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof TropError && isMissing(error.cause))) throw error;
    const message = `File not found: ${path}`;
    throw new TropError({ code: "invalid-arguments", message }, { cause: error });
  }
}

/** Below a file there is nothing either. */
function isMissing(cause: unknown): boolean {
  return cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory;
}
