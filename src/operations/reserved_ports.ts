/**
 * The ports that a directory has already, and the variables that carry them.
 *
 * @module
 */

import type { GroupService } from "../config/effective.ts";
import { deriveEnvironmentName } from "../config/group.ts";
import { atPath } from "../database/operations.ts";
import type { ReadTransaction } from "../database/transaction.ts";
import type { AbsolutePath } from "../domain/path.ts";
import type { Reservation } from "../domain/reservation.ts";
import { compareBytes } from "../domain/text.ts";

/** What to look at. */
export interface Place {
  readonly path: AbsolutePath;
  /** The services of the group in force there, if there is one, and whose ports they have. */
  readonly services: readonly GroupService[];
  readonly groupPath: AbsolutePath | undefined;
}

/** A reservation, and the variable that carries its port. */
export interface ReservedPort {
  readonly reservation: Reservation;
  /** `undefined` when nothing names one and the tag does not make a name. */
  readonly variable: string | undefined;
}

/**
 * What is reserved for `path`, and for the group's services at `groupPath`, in the order of the
 * tags. A tag that is a service's goes by the service's variable, wherever it is reserved.
 */
export function reservedPorts(
  transaction: ReadTransaction,
  { path, services, groupPath }: Place,
): ReservedPort[] {
  const variables = new Map(services.map(({ tag, variable }) => [tag, variable]));
  const own = atPath(transaction, path);
  const ofGroup = groupPath === undefined || groupPath === path
    ? []
    : atPath(transaction, groupPath).filter(({ tag }) => tag !== null && variables.has(tag));
  return [...ofGroup, ...own]
    .toSorted((a, b) => compareBytes(a.tag ?? "", b.tag ?? ""))
    .map((reservation) => ({ reservation, variable: variableOf(reservation.tag, variables) }));
}

function variableOf(
  tag: string | null,
  variables: ReadonlyMap<string, string>,
): string | undefined {
  if (tag === null) return "PORT";
  return variables.get(tag) ?? deriveEnvironmentName(tag);
}
