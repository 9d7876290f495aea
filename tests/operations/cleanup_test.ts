import assert from "node:assert/strict";
import { list } from "../../src/database/operations.ts";
import { withRead, withWrite } from "../../src/database/transaction.ts";
import type { Reservation } from "../../src/domain/reservation.ts";
import {
  type CleanupRequest,
  findStale,
  removeStale,
  SECONDS_PER_DAY,
  type Stale,
} from "../../src/operations/cleanup.ts";
import type { DirectoryVerdict } from "../../src/operations/inspect_directory.ts";
import {
  type DatabaseHome,
  doctor,
  failureOf,
  homeWith,
  MONDAY,
  reservation,
  reservations,
} from "../support/database.ts";
import { recordingDriver } from "../support/watched_driver.ts";

const DENIED: DirectoryVerdict = {
  kind: "unknown",
  obstacle: "permission denied",
  reason: "Permission denied (os error 13)",
};

/** A world in which `/gone/…` is gone and nobody may look at `/denied/…`. */
function request(changes: Partial<CleanupRequest> = {}): CleanupRequest {
  return {
    prune: true,
    expire: true,
    maxAge: 30 * SECONDS_PER_DAY,
    now: MONDAY,
    inspect: (path) =>
      path.startsWith("/gone")
        ? { kind: "gone" }
        : path.startsWith("/denied")
        ? DENIED
        : { kind: "live" },
    ...changes,
  };
}

/** A last use that is this many seconds longer ago than 30 days. */
const old = (seconds = 1) => ({ lastUsedAt: MONDAY - 30 * SECONDS_PER_DAY - seconds });

const ROWS: readonly Reservation[] = [
  reservation({ path: "/w/new", port: 5000 }),
  reservation({ path: "/w/old", port: 5001, ...old() }),
  reservation({ path: "/w/older", port: 5002, tag: "b", ...old(9) }),
  reservation({ path: "/w/older", port: 5003, tag: "a", ...old(9) }),
  reservation({ path: "/gone/b", port: 5004, tag: "web" }),
  reservation({ path: "/gone/b", port: 5005, ...old() }),
  reservation({ path: "/gone/a", port: 5006 }),
  reservation({ path: "/denied", port: 5007 }),
  reservation({ path: "/denied/old", port: 5008, ...old(5) }),
];

const ports = (reservations: readonly Reservation[]) => reservations.map(({ port }) => port);
const shown = ({ pruned, expired, unknown }: Stale) => ({
  pruned: ports(pruned),
  expired: ports(expired),
  unknown: unknown.map(({ path }) => path as string),
});

function find(home: DatabaseHome, changes: Partial<CleanupRequest> = {}): Stale {
  return withRead(
    home.open(),
    "looking",
    (transaction) => findStale(transaction, request(changes)),
  );
}

for (
  const [what, changes, wanted] of [
    ["what is gone, then what is old, each row once", {}, {
      pruned: [5006, 5005, 5004],
      expired: [5003, 5002, 5008, 5001],
      unknown: ["/denied", "/denied/old"],
    }],
    ["only what is gone", { expire: false }, {
      pruned: [5006, 5005, 5004],
      expired: [],
      unknown: ["/denied", "/denied/old"],
    }],
    ["only what is old, without a look at the disk", { prune: false }, {
      pruned: [],
      expired: [5003, 5002, 5008, 5005, 5001],
      unknown: [],
    }],
    ["nothing when asked for nothing", { prune: false, expire: false }, {
      pruned: [],
      expired: [],
      unknown: [],
    }],
  ] as const
) {
  Deno.test(`findStale() finds ${what}`, () => {
    using home = homeWith(...ROWS);
    const inspect = () => {
      throw new Error("it looked");
    };
    const stale = find(home, { ...changes, ...("prune" in changes && { inspect }) });
    assert.deepEqual(shown(stale), wanted);
  });
}

Deno.test("findStale() looks at every directory once", () => {
  using home = homeWith(...ROWS);
  const seen: string[] = [];
  find(home, {
    inspect: (path) => {
      seen.push(path);
      return { kind: "live" };
    },
  });
  assert.deepEqual(seen, [
    "/denied",
    "/denied/old",
    "/gone/a",
    "/gone/b",
    "/w/new",
    "/w/old",
    "/w/older",
  ]);
});

for (
  const [lastUsedAt, expires] of [
    [MONDAY - 30 * SECONDS_PER_DAY, false],
    [MONDAY - 30 * SECONDS_PER_DAY - 1, true],
    [MONDAY + 1000, false],
    [0, true],
  ] as const
) {
  Deno.test(`a last use ${MONDAY - lastUsedAt} s ago ${expires ? "is" : "is not"} too old`, () => {
    using home = homeWith(reservation({ lastUsedAt, createdAt: 0 }));
    assert.equal(find(home).expired.length, expires ? 1 : 0);
  });
}

Deno.test("nothing is too old when the age reaches back beyond 1970", () => {
  using home = homeWith(reservation({ lastUsedAt: 0, createdAt: 0 }));
  const maxAge = (2 ** 32 - 1) * SECONDS_PER_DAY;
  assert.deepEqual(find(home, { maxAge }).expired, []);
});

/** What {@linkcode removeStale} says, and what is left. */
function clean(home: DatabaseHome) {
  const database = home.open();
  const stale = withWrite(database, "cleaning up", (transaction) => {
    return removeStale(transaction, findStale(transaction, request()));
  });
  return { removed: shown(stale), left: ports(withRead(database, "looking", list)) };
}

Deno.test("removeStale() removes what was found, and nothing else", () => {
  using home = homeWith(...ROWS);
  const { removed, left } = clean(home);
  assert.deepEqual(removed.pruned, [5006, 5005, 5004]);
  assert.deepEqual(removed.expired, [5003, 5002, 5008, 5001]);
  assert.deepEqual(left, [5007, 5000]);
});

Deno.test("removeStale() keeps a reservation that changed, and counts one that vanished", () => {
  using home = homeWith(
    reservation({ path: "/gone/a", port: 5000 }),
    reservation({ path: "/gone/b", port: 5001 }),
    reservation({ path: "/gone/c", port: 5002 }),
  );
  doctor(
    home.path,
    `CREATE TRIGGER meddle AFTER DELETE ON reservations WHEN old.path = '/gone/a' BEGIN
      UPDATE reservations SET last_used_at = last_used_at + 1 WHERE path = '/gone/b';
      DELETE FROM reservations WHERE path = '/gone/c';
    END`,
  );
  const { removed, left } = clean(home);
  assert.deepEqual(removed.pruned, [5000, 5002]);
  assert.deepEqual(left, [5001]);
});

Deno.test("removeStale() removes all or nothing", () => {
  using home = homeWith(...ROWS);
  doctor(
    home.path,
    `CREATE TRIGGER refuse BEFORE DELETE ON reservations WHEN old.port = 5001 BEGIN
      SELECT RAISE(ABORT, 'not this one');
    END`,
  );
  const failure = failureOf(() => clean(home));
  assert(failure.code === "change-refused");
  assert.match(failure.message, /not this one/);
  assert.equal(withRead(home.open(), "looking", list).length, ROWS.length);
});

for (const [count, cache] of [[499, []], [2000, ["PRAGMA cache_size = -65536"]]] as const) {
  Deno.test(`${count} stale reservations are removed with ${cache[0] ?? "the usual cache"}`, () => {
    const { open, statements } = recordingDriver();
    using home = homeWith(...reservations(count, 5000));
    const database = home.open({}, open);
    statements.length = 0;
    const all = request({ inspect: () => ({ kind: "gone" }) });
    withWrite(database, "testing", (tx) => removeStale(tx, findStale(tx, all)));
    assert.deepEqual(withRead(database, "testing", list), []);
    assert.deepEqual(statements.filter((sql) => sql.includes("cache_size")), cache);
  });
}
