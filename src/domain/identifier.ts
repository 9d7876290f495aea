/**
 * The names that a reservation carries: its tag, project and task. All are trimmed; none may be
 * blank.
 *
 * @module
 */

import { validationError } from "../errors.ts";
import { isStorable, trimWhiteSpace, utf8Length } from "./text.ts";

/** The longest project, task or service tag, in UTF-8 bytes. */
export const MAX_IDENTIFIER_BYTES = 255;

/**
 * Reads a tag. It has no limit of length: rows written by trop 0.2 may exceed any.
 *
 * @throws {TropError} `validation` of `tag` when it is blank or cannot be stored.
 */
export function parseTag(text: string): string {
  const tag = trimWhiteSpace(text);
  if (tag === "") throw validationError("tag", "Cannot be empty or only whitespace");
  if (!isStorable(tag)) throw validationError("tag", "Cannot contain null bytes or broken Unicode");
  return tag;
}

/**
 * Reads a project, a task or a service's tag.
 *
 * @throws {TropError} `validation` of `field` when it is blank, longer than 255 bytes, or cannot
 * be stored.
 */
export function parseIdentifier(field: string, text: string): string {
  const identifier = trimWhiteSpace(text);
  if (identifier === "") throw validationError(field, "Cannot be empty or only whitespace");
  if (identifier.includes("\0")) throw validationError(field, "Cannot contain null bytes");
  if (!identifier.isWellFormed()) throw validationError(field, "Cannot contain broken Unicode");
  if (utf8Length(identifier) > MAX_IDENTIFIER_BYTES) {
    throw validationError(field, `Cannot exceed ${MAX_IDENTIFIER_BYTES} characters`);
  }
  return identifier;
}
