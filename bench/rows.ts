/**
 * The rows that the benchmarks of the database work on.
 *
 * @module
 */

import type { Reservation } from "../src/domain/reservation.ts";
import { MONDAY, reservation } from "../tests/support/database.ts";

/** How many projects the rows belong to; each is a directory with all its checkouts below. */
export const PROJECTS = 50;

/** Reservations of `count` checkouts, with ports and times of last use spread over their ranges. */
export function makeRows(count: number): Reservation[] {
  const step = Math.floor(65_534 / count);
  return Array.from({ length: count }, (_, index) => {
    const project = `project-${index % PROJECTS}`;
    return reservation({
      path: `/home/dev/${project}/checkout-${index}`,
      project,
      port: 1 + index * step,
      createdAt: MONDAY,
      // A prime: all differ, and neighbours in the table are none in time.
      lastUsedAt: MONDAY + (index * 7919) % count,
    });
  });
}

/** A reservation that {@linkcode makeRows} has left room for. */
export const ONE_MORE = reservation({ path: "/home/dev/one-more", port: 65_535 });
