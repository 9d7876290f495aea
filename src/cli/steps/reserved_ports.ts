/**
 * Looking up the ports that a directory has already, for the commands that hand them on.
 *
 * @module
 */

import { withRead } from "../../database/transaction.ts";
import { type AbsolutePath, nativePaths } from "../../domain/path.ts";
import { type ReservedPort, reservedPorts } from "../../operations/reserved_ports.ts";
import { type LocatedGroup, locateGroup } from "./located_group.ts";
import { openSessionDatabase, resolveTarget, type Session } from "./session.ts";

/** What was found. */
export interface Found {
  readonly path: AbsolutePath;
  readonly ports: readonly ReservedPort[];
  /** The group whose services are among the ports, as far as they have some. */
  readonly located: LocatedGroup | undefined;
}

/**
 * Looks up the ports of a directory, and of the group in force unless the directory was named.
 * Nothing is created where nothing was ever reserved, and looking does not count as a use.
 *
 * @param named What `--path` or its variable says.
 */
export function findReservedPorts(
  session: Session,
  { command, named }: { readonly command: string; readonly named: string | undefined },
): Found {
  const path = resolveTarget(session, named);
  const inForce = locateGroup(session);
  // It names the services of other directories only where it would be in force, too.
  const group = inForce && nativePaths.contains(inForce.path, path) ? inForce : undefined;
  const located = named === undefined || group?.path === path ? group : undefined;
  using database = openSessionDatabase(session, "look");
  const ports = withRead(database, `executing the ${command} command`, (transaction) => {
    return reservedPorts(transaction, {
      path,
      services: group?.group.services ?? [],
      groupPath: located?.path,
    });
  });
  return { path, ports, located };
}
