/**
 * The names that the services of a group go by in the environment.
 *
 * @module
 */

import { utf8Length } from "../domain/text.ts";

/**
 * Whether `tag` is plain enough for a line that holds it to be shown. A tag may be any text, and
 * standard error may end up in a shell.
 */
export function isPlainTag(tag: string): boolean {
  return /^[\w-]+$/.test(tag);
}

/** The longest name of a variable, in bytes. */
const MAX_NAME_BYTES = 255;

/** What keeps `name` from being a variable's name, if anything does. It is never repeated. */
export function environmentNameProblem(name: string): string | undefined {
  if (name === "") return "Cannot be empty";
  if (utf8Length(name) > MAX_NAME_BYTES) return `Cannot exceed ${MAX_NAME_BYTES} characters`;
  if (!/^[A-Za-z_]/.test(name)) return "Must begin with an ASCII letter or an underscore";
  if (!/^[A-Za-z0-9_]*$/.test(name)) {
    return "Must consist of ASCII letters, digits and underscores";
  }
  return undefined;
}

/**
 * The name that a service goes by when it names no variable itself; `undefined` when its tag,
 * which is trimmed already, does not make one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(deriveEnvironmentName("api-v2"), "API_V2");
 * assert.equal(deriveEnvironmentName("1st"), undefined);
 * ```
 */
export function deriveEnvironmentName(tag: string): string | undefined {
  const name = toUpperAscii(tag).replaceAll("-", "_");
  return environmentNameProblem(name) === undefined ? name : undefined;
}

/** What two names must not have in common: some systems do not tell capitals apart. */
export function toUpperAscii(name: string): string {
  return name.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}
