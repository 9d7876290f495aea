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
const AT_PATH = "SEARCH reservations USING INDEX sqlite_autoindex_reservations_2 (path=?)";
const BY_PORT = "SEARCH reservations USING INDEX sqlite_autoindex_reservations_1 (port=?)";
const VERSION = "SEARCH metadata USING INDEX sqlite_autoindex_metadata_1 (key=?)";

const one = reservation();
const { path } = one;

const PLANS: Readonly<
  Record<string, { act: (transaction: WriteTransaction) => unknown; plan: readonly string[] }>
> = {
  "get()": { act: (it) => get(it, one), plan: [BY_KEY] },
  "getByPort()": { act: (it) => getByPort(it, one.port), plan: [BY_PORT] },
  "list()": {
    act: list,
    // All rows, in the order of the key.
    plan: ["SCAN reservations USING INDEX sqlite_autoindex_reservations_2"],
  },
  "atPath()": { act: (it) => atPath(it, path), plan: [AT_PATH] },
  "taggedAtPath()": {
    act: (it) => taggedAtPath(it, path),
    plan: [
      "SEARCH reservations USING INDEX sqlite_autoindex_reservations_2 (path=? AND tag>?)",
    ],
  },
  "underPath()": {
    act: (it) => underPath(it, path),
    plan: [
      "SEARCH reservations USING INDEX sqlite_autoindex_reservations_2 (path>? AND path<?)",
      AT_PATH,
    ],
  },
  "expired()": {
    act: (it) => expired(it, one.lastUsedAt),
    plan: [
      "SEARCH reservations USING INDEX idx_reservations_last_used (last_used_at<?)",
      // Among rows of the same second only.
      "USE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY",
    ],
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
  "create()": { act: (it) => failureOf(() => create(it, one)), plan: [BY_PORT] },
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
