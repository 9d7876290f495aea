import assert from "node:assert/strict";
import fc from "fast-check";
import type { Database } from "../../src/database/connection.ts";
import { list, removeAll } from "../../src/database/operations.ts";
import { withRead, withWrite } from "../../src/database/transaction.ts";
import type { AbsolutePath } from "../../src/domain/path.ts";
import { formatKey, type Reservation } from "../../src/domain/reservation.ts";
import { executeMigrate, type MigrateRequest, planMigrate } from "../../src/operations/migrate.ts";
import {
  databaseHome,
  doctor,
  failureOf,
  homeWith,
  reservation,
  store,
} from "../support/database.ts";

const request = (
  from: string,
  to: string,
  options: Partial<Pick<MigrateRequest, "recursive" | "force">> = {},
): MigrateRequest => ({
  from: from as AbsolutePath,
  to: to as AbsolutePath,
  recursive: false,
  force: false,
  ...options,
});

function move(database: Database, request: MigrateRequest): void {
  withWrite(database, "moving", (transaction) => {
    executeMigrate(transaction, planMigrate(transaction, request));
  });
}

/** Keys with their ports, such as `/w/a:web 5000`. */
const show = (reservations: readonly Reservation[]) =>
  reservations.map((row) => `${formatKey(row)} ${row.port}`);

/** Rows of these keys, with the ports from 5000 on. */
const rows = (...keys: readonly string[]) =>
  keys.map((text, index) => {
    const [path = "", tag = null] = text.split(":");
    return reservation({ path, tag, port: 5000 + index });
  });

const RECURSIVE = { recursive: true };
const FORCE = { force: true };

/** What is stored before and after, or the failure. */
const CASES: readonly (readonly [
  title: string,
  before: readonly Reservation[],
  request: MigrateRequest,
  after: readonly string[] | Record<string, unknown>,
])[] = [
  [
    "moves all tags of the path and nothing below",
    rows("/w/a", "/w/a:web", "/w/a/b"),
    request("/w/a", "/w/c"),
    ["/w/a/b 5002", "/w/c 5000", "/w/c:web 5001"],
  ],
  [
    "moves whole components",
    rows("/w/a", "/w/a/b/c", "/w/ab"),
    request("/w/a", "/x", RECURSIVE),
    ["/w/ab 5002", "/x 5000", "/x/b/c 5001"],
  ],
  ["moves from the root", rows("/", "/w/a"), request("/", "/x", RECURSIVE), [
    "/x 5000",
    "/x/w/a 5001",
  ]],
  ["moves to the root", rows("/w", "/w/a"), request("/w", "/", RECURSIVE), ["/ 5000", "/a 5001"]],
  ["finds nothing", rows("/w/a/b"), request("/w/a", "/w/c"), {
    code: "not-found",
    message: "nothing is reserved for /w/a",
  }],
  ["finds nothing, recursively", rows("/w/b"), request("/w/a", "/w/c", RECURSIVE), ["/w/b 5000"]],
  ["leaves other tags at the destination", rows("/a", "/b:web"), request("/a", "/b"), [
    "/b 5000",
    "/b:web 5001",
  ]],
  [
    "stops at what is at the destination",
    rows("/a", "/a:web", "/b:web", "/b"),
    request("/a", "/b"),
    { code: "destination-taken", count: 2, example: "/b" },
  ],
  [
    "overwrites what is at the destination when forced",
    rows("/a", "/a:web", "/b:web", "/b:db"),
    request("/a", "/b", FORCE),
    ["/b 5000", "/b:db 5003", "/b:web 5001"],
  ],
  [
    "moves into itself without losing a row (D34, defect 24)",
    rows("/w/a", "/w/a/b", "/w/a/b/b"),
    request("/w/a", "/w/a/b", RECURSIVE),
    ["/w/a/b 5000", "/w/a/b/b 5001", "/w/a/b/b/b 5002"],
  ],
  [
    "moves out of itself, forced or not (D34, defect 24)",
    rows("/w/a/b", "/w/a/b/b"),
    request("/w/a/b", "/w/a", { recursive: true, force: true }),
    ["/w/a 5000", "/w/a/b 5001"],
  ],
  [
    "counts only the row that stays as being in the way (D34)",
    rows("/w/a/b", "/w/a/b/b", "/w/a"),
    request("/w/a/b", "/w/a", RECURSIVE),
    { code: "destination-taken", count: 1, example: "/w/a" },
  ],
  [
    "says that source and destination are the same (D35)",
    rows("/a", "/a:web"),
    request("/a", "/a"),
    {
      code: "same-path",
      path: "/a",
      count: 2,
    },
  ],
  [
    "leaves rows alone that are to stay where they are (D35)",
    rows("/a"),
    request("/a", "/a", FORCE),
    [
      "/a 5000",
    ],
  ],
  ["looks for rows before it compares the paths", rows("/b"), request("/a", "/a"), {
    code: "not-found",
    message: "nothing is reserved for /a",
  }],
];

for (const [title, before, wanted, after] of CASES) {
  Deno.test(`migrate ${title}`, () => {
    using home = homeWith(...before);
    const database = home.open();
    const migrate = () => move(database, wanted);
    if (Array.isArray(after)) migrate();
    else assert.deepEqual(failureOf(migrate), after);
    const left = show(withRead(database, "looking", list));
    assert.deepEqual(left, Array.isArray(after) ? after : show(before).toSorted());
  });
}

Deno.test("migrate keeps everything but the path", () => {
  const before = reservation({
    tag: "web",
    project: "shop",
    task: "main",
    createdAt: 1,
    lastUsedAt: 2,
  });
  using home = homeWith(before);
  const database = home.open();
  move(database, request("/w/app", "/x"));
  assert.deepEqual(withRead(database, "looking", list), [{ ...before, path: "/x" }]);
});

Deno.test("migrate moves all or nothing", () => {
  const before = rows("/a/1", "/a/2", "/a/3");
  using home = homeWith(...before);
  doctor(
    home.path,
    `CREATE TRIGGER refuse BEFORE INSERT ON reservations WHEN new.path = '/b/2' BEGIN
      SELECT RAISE(ABORT, 'not there'); END`,
  );
  const database = home.open();
  const failure = failureOf(() => move(database, request("/a", "/b", RECURSIVE)));
  assert.equal(failure.code, "change-refused");
  assert.deepEqual(withRead(database, "looking", list), before);
});

Deno.test("migrate does what moving one row after another in a spare place would", () => {
  using home = databaseHome();
  const database = home.open();
  const path = fc.array(fc.constantFrom("a", "b"), { maxLength: 3 }).map((names) =>
    `/${names.join("/")}`
  );
  const keys = fc.uniqueArray(fc.tuple(path, fc.constantFrom("", ":t")), {
    maxLength: 8,
    selector: (key) => key.join(""),
  });
  fc.assert(
    fc.property(
      keys,
      path,
      path,
      fc.boolean(),
      fc.boolean(),
      (keys, from, to, recursive, force) => {
        const before = rows(...keys.map((key) => key.join("")));
        withWrite(database, "starting anew", (transaction) => {
          removeAll(transaction, list(transaction));
        });
        store(database, ...before);
        const wanted = expected(before, from, to, { recursive, force });
        const migrate = () =>
          withWrite(database, "moving", (transaction) => {
            executeMigrate(
              transaction,
              planMigrate(transaction, request(from, to, { recursive, force })),
            );
          });
        if (typeof wanted === "string") assert.equal(failureOf(migrate).code, wanted);
        else migrate();
        assert.deepEqual(
          show(withRead(database, "looking", list)).toSorted(),
          (typeof wanted === "string" ? show(before) : wanted).toSorted(),
        );
      },
    ),
  );
});

/** The rows after a move, or the code of its failure, found in another way. */
function expected(
  before: readonly Reservation[],
  from: string,
  to: string,
  { recursive, force }: { readonly recursive: boolean; readonly force: boolean },
): string[] | string {
  const prefix = from === "/" ? "/" : `${from}/`;
  const moving = before.filter(({ path }) => {
    return path === from || (recursive && path.startsWith(prefix));
  });
  const staying = new Map(
    before.filter((row) => !moving.includes(row)).map((row) => [formatKey(row), row.port]),
  );
  if (moving.length === 0 && !recursive) return "not-found";
  if (moving.length > 0 && from === to && !force) return "same-path";
  let taken = false;
  for (const { path, tag, port } of moving) {
    const rest = path === from ? "" : path.slice(prefix.length);
    const moved = rest === "" ? to : to === "/" ? `/${rest}` : `${to}/${rest}`;
    const key = formatKey({ path: moved, tag });
    taken ||= staying.has(key);
    staying.set(key, port);
  }
  if (taken && !force) return "destination-taken";
  return [...staying].map(([key, port]) => `${key} ${port}`);
}
