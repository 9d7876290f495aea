/**
 * Homes whose database is there already, for tests of the whole program.
 *
 * @module
 */

import { databaseOptions } from "../../src/database/config.ts";
import { openDatabase } from "../../src/database/connection.ts";
import { type Contents, type Fields, readRaw, reservation, store } from "./database.ts";
import { type Home, type Tree, trop } from "./program.ts";

/**
 * A home with the files of `tree` whose database holds `rows`: of the home directory, untagged,
 * just used, with the ports from 5000 on, unless they say otherwise. Their paths may be relative to
 * the home directory.
 */
export async function homeStoring(
  rows: readonly Partial<Fields>[],
  tree: Tree = {},
): Promise<Home> {
  const home = await trop.home(tree);
  using database = openDatabase(databaseOptions(databaseOf(home)));
  const now = Math.floor(Date.now() / 1000);
  const reservations = rows.map((row, index) => {
    const path = row.path === undefined ? home.directory : home.path(row.path);
    return reservation({ port: 5000 + index, createdAt: now, lastUsedAt: now, ...row, path });
  });
  store(database, ...reservations);
  return home;
}

/** The database of a home. */
export function databaseOf(home: Home): string {
  return home.path(".trop/trop.db");
}

/** The rows of a home's database, as they are stored. */
export function storedIn(home: Home): Contents["reservations"] {
  return readRaw(databaseOf(home)).reservations;
}

/** The ports that are reserved in a home, ascending. */
export function portsIn(home: Home): number[] {
  return storedIn(home).map(([, , port]) => Number(port)).toSorted((a, b) => a - b);
}
