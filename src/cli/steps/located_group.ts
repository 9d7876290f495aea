/**
 * Which group is in force, and whose directory its ports belong to.
 *
 * @module
 */

import { groupFile, type ServiceGroup } from "../../config/effective.ts";
import { type AbsolutePath, nativePaths } from "../../domain/path.ts";
import { physicalPath } from "../../operations/paths.ts";
import { normalisePath, type Session } from "./session.ts";

/** A group, and the directory whose reservations are its ports. */
export interface LocatedGroup {
  readonly group: ServiceGroup;
  readonly path: AbsolutePath;
}

/**
 * The group in force; `undefined` without one.
 *
 * @throws {TropError} When the directory of its file cannot be resolved.
 */
export function locateGroup(session: Session): LocatedGroup | undefined {
  const { group } = session.config;
  const file = groupFile(session.config);
  if (group === undefined || file === undefined) return undefined;
  const directory = nativePaths.parent(normalisePath(session, file));
  // A link to the file is not followed, but those on the way to its directory are.
  return directory && { group, path: physicalPath(directory) };
}
