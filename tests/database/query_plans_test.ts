// How SQLite finds the rows of each operation: by the index that is there for it. What each
// operation runs is watched, so that a query added to one shows up here.

import assert from "node:assert/strict";
import {
  atPath,
  create,
  expired,
  get,
  getByPort,
  isPortReserved,
  list,
  projects,
  remove,
  removeIfUnchanged,
  reservedPorts,
  taggedAtPath,
  underPath,
  updateLastUsed,
  updateMetadata,
} from "../../src/database/operations.ts";
import { withWrite, type WriteTransaction } from "../../src/database/transaction.ts";
import {
  failureOf,
  homeWith,
  port,
  rawConnection,
  reservation,
  reservations,
} from "../support/database.ts";
import { recordingDriver } from "../support/watched_driver.ts";

const BY_KEY = "SEARCH reservations USING INDEX sqlite_autoindex_reservations_2 (path=? AND tag=?)";
const AT_PATH = "sqlite_autoindex_reservations_2 (path=?)";
const BY_PORT = "sqlite_autoindex_reservations_1 (port=?)";

/** What an index finds is read from the table, and confirmed by the indexes of key and port. */
function found(index: string): string[] {
  return [
    "SEARCH reservations USING INTEGER PRIMARY KEY (rowid=?)",
    "LIST SUBQUERY 3",
    `SEARCH reservations USING COVERING INDEX ${index}`,
    "CORRELATED SCALAR SUBQUERY 1",
    "SEARCH other USING COVERING INDEX sqlite_autoindex_reservations_2 (path=? AND tag=?)",
    "CORRELATED SCALAR SUBQUERY 2",
    `SEARCH other USING COVERING INDEX ${BY_PORT}`,
  ];
}

const SORTED = "USE TEMP B-TREE FOR ORDER BY";
const VERSION = "SEARCH metadata USING INDEX sqlite_autoindex_metadata_1 (key=?)";

const one = reservation();
const { path } = one;

const PLANS: Readonly<
  Record<string, { act: (transaction: WriteTransaction) => unknown; plan: readonly string[] }>
> = {
  "get()": {
    act: (it) => get(it, one),
    plan: found("sqlite_autoindex_reservations_2 (path=? AND tag=?)"),
  },
  "getByPort()": { act: (it) => getByPort(it, one.port), plan: found(BY_PORT) },
  // All rows, as they are in the table.
  "list()": { act: list, plan: ["SCAN reservations", SORTED] },
  "atPath()": { act: (it) => atPath(it, path), plan: [...found(AT_PATH), SORTED] },
  "taggedAtPath()": {
    act: (it) => taggedAtPath(it, path),
    plan: [...found("sqlite_autoindex_reservations_2 (path=? AND tag>?)"), SORTED],
  },
  "underPath()": {
    act: (it) => underPath(it, path),
    plan: [
      ...[...found("sqlite_autoindex_reservations_2 (path>? AND path<?)"), SORTED],
      ...[...found(AT_PATH), SORTED],
    ],
  },
  "expired()": {
    act: (it) => expired(it, one.lastUsedAt),
    plan: [...found("idx_reservations_last_used (last_used_at<?)"), SORTED],
  },
  "reservedPorts()": {
    act: (it) => reservedPorts(it, { min: port(5000), max: port(7000) }),
    plan: [
      "SEARCH reservations USING COVERING INDEX idx_reservations_port (port>? AND port<?)",
    ],
  },
  "isPortReserved()": {
    act: (it) => isPortReserved(it, one.port),
    plan: [
      "SEARCH reservations USING COVERING INDEX sqlite_autoindex_reservations_1 (port=?)",
    ],
  },
  "projects()": {
    act: projects,
    plan: [
      "SEARCH reservations USING COVERING INDEX idx_reservations_project (project>?)",
    ],
  },
  // An insertion has no plan; the owner of a taken port is looked up.
  "create()": { act: (it) => failureOf(() => create(it, one)), plan: found(BY_PORT) },
  "updateLastUsed()": { act: (it) => updateLastUsed(it, one, 5), plan: [BY_KEY] },
  "updateMetadata()": {
    act: (it) => updateMetadata(it, one, { project: null, task: null, now: 5 }),
    plan: [BY_KEY],
  },
  "remove()": { act: (it) => remove(it, one), plan: [BY_KEY] },
  "removeIfUnchanged()": { act: (it) => removeIfUnchanged(it, one), plan: [BY_KEY] },
};

for (const [name, { act, plan }] of Object.entries(PLANS)) {
  Deno.test(`${name} goes by an index`, () => {
    // Port 5000 belongs to another key than `one`.
    using home = homeWith(...reservations(30));
    const { open, statements } = recordingDriver();
    const database = home.open({}, open);
    statements.length = 0;
    withWrite(database, "planning in a test", act);
    const details = statements.filter((sql) => !/^(BEGIN|COMMIT)/.test(sql))
      .flatMap((sql) => explain(home.path, sql));
    assert.deepEqual(details, [VERSION, ...plan]);
  });
}

/** SQLite's own words for how it would run `sql`. */
function explain(path: string, sql: string): string[] {
  using connection = rawConnection(path);
  return connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => String(detail));
}
