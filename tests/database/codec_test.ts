import assert from "node:assert/strict";
import {
  expired,
  get,
  getByPort,
  list,
  taggedAtPath,
  underPath,
} from "../../src/database/operations.ts";
import { type ReadTransaction, withRead } from "../../src/database/transaction.ts";
import { MAX_TIMESTAMP } from "../../src/domain/timestamp.ts";
import {
  type DatabaseHome,
  doctorRows,
  failureOf,
  homeWith,
  key,
  port,
  reservation,
} from "../support/database.ts";

/** In each column something that no message may show unless it is the key. */
const ROW = reservation({
  path: "/w/app",
  tag: "web",
  port: 54321,
  project: "secret project",
  task: "secret task",
  createdAt: 111222333,
  lastUsedAt: 444555666,
});
const SECRETS = /secret|54321|111222333|444555666|98765/;
const KEY = 'path="/w/app", tag="web"';

const PATH_PROBLEM = "path is not absolute or not in its normal form";
const NOT_TRIMMED = "text is not trimmed or is blank";
const TIME_RANGE = `time out of range 0..${MAX_TIMESTAMP}`;

for (
  const [field, value, reason, shownKey = KEY] of [
    ["path", "NULL", "expected TEXT, found NULL", 'path=<NULL>, tag="web"'],
    ["path", "98765", "expected TEXT, found INTEGER", 'path=<INTEGER>, tag="web"'],
    ["path", "9.8765", "expected TEXT, found REAL", 'path=<REAL>, tag="web"'],
    ["path", "x'2f61'", "expected TEXT, found BLOB", 'path=<BLOB>, tag="web"'],
    ["path", text(0x2f, 0xff), "text is not valid UTF-8", 'path=<invalid UTF-8>, tag="web"'],
    ["path", text(0x2f, 0xc0, 0xaf), "text is not valid UTF-8", 'path=<invalid UTF-8>, tag="web"'],
    [
      "path",
      text(0x2f, 0xed, 0xa0, 0x80),
      "text is not valid UTF-8",
      'path=<invalid UTF-8>, tag="web"',
    ],
    // As long as the one character that the driver puts in its place.
    [
      "path",
      text(0x2f, 0xf0, 0x9f, 0x98),
      "text is not valid UTF-8",
      'path=<invalid UTF-8>, tag="web"',
    ],
    ["path", "'/a' || char(0) || 'b'", "text contains NUL", 'path=<unreadable>, tag="web"'],
    ["path", "''", "path is empty", 'path="", tag="web"'],
    ["path", "'relative'", PATH_PROBLEM, 'path="relative", tag="web"'],
    ["path", "'/a/'", PATH_PROBLEM, 'path="/a/", tag="web"'],
    ["path", "'/a//b'", PATH_PROBLEM, 'path="/a//b", tag="web"'],
    ["path", "'/a/./b'", PATH_PROBLEM, 'path="/a/./b", tag="web"'],
    ["path", "'/a/..'", PATH_PROBLEM, 'path="/a/..", tag="web"'],
    ["path", "'\x1b[31m\"\\'", PATH_PROBLEM, 'path="\\u{1b}[31m\\"\\\\", tag="web"'],
    ["tag", "NULL", "expected TEXT, found NULL", 'path="/w/app", tag=<NULL>'],
    ["tag", "98765", "expected TEXT, found INTEGER", 'path="/w/app", tag=<INTEGER>'],
    ["tag", "x'61'", "expected TEXT, found BLOB", 'path="/w/app", tag=<BLOB>'],
    ["tag", "' web'", NOT_TRIMMED, 'path="/w/app", tag=" web"'],
    ["tag", "'web' || char(0x85)", NOT_TRIMMED, 'path="/w/app", tag="web\\u{85}"'],
    ["tag", "' '", NOT_TRIMMED, 'path="/w/app", tag=" "'],
    ["tag", text(0x61, 0x80), "text is not valid UTF-8", 'path="/w/app", tag=<invalid UTF-8>'],
    ["tag", "'a' || char(0)", "text contains NUL", 'path="/w/app", tag=<unreadable>'],
    ["tag", "char(0)", "text contains NUL", 'path="/w/app", tag=<unreadable>'],
    ["port", "NULL", "expected INTEGER, found NULL"],
    ["port", "'98765'", "expected INTEGER, found TEXT"],
    ["port", "98765.5", "expected INTEGER, found REAL"],
    ["port", "x'61'", "expected INTEGER, found BLOB"],
    ["port", "0", "port out of range 1..65535"],
    ["port", "-98765", "port out of range 1..65535"],
    ["port", "98765", "port out of range 1..65535"],
    ["port", "9223372036854775807", "port out of range 1..65535"],
    ["project", "98765", "expected TEXT, found INTEGER"],
    ["project", "x'61'", "expected TEXT, found BLOB"],
    ["project", "''", "empty text where NULL is meant"],
    ["project", "'secret '", NOT_TRIMMED],
    ["project", "'secret' || char(0)", "text contains NUL"],
    ["project", text(0x61, 0xff), "text is not valid UTF-8"],
    ["task", "9.8765", "expected TEXT, found REAL"],
    ["task", "x'61'", "expected TEXT, found BLOB"],
    ["task", "''", "empty text where NULL is meant"],
    ["task", "char(0x2003) || 'secret'", NOT_TRIMMED],
    ["task", "'secret' || char(0) || 'secret'", "text contains NUL"],
    ["task", text(0xf5), "text is not valid UTF-8"],
    ...["created_at", "last_used_at"].flatMap((field) =>
      [
        [field, "NULL", "expected INTEGER, found NULL"],
        [field, "'98765'", "expected INTEGER, found TEXT"],
        [field, "98765.5", "expected INTEGER, found REAL"],
        [field, "-98765", TIME_RANGE],
        [field, String(MAX_TIMESTAMP + 1), TIME_RANGE],
        // Beyond what a JavaScript number holds exactly (U41, P02).
        [field, "9007199254740992", TIME_RANGE],
        [field, "9223372036854775807", TIME_RANGE],
      ] as const
    ),
  ] as const
) {
  Deno.test(`a stored ${field} of ${value} is a corruption (U40, U41, U42)`, () => {
    using home = damagedHome({ [field]: value });
    const failure = failureOf(() => withRead(home.open(), "reading in a test", list));
    const { path } = home;
    const table = "reservations";
    assert.deepEqual(failure, {
      code: "database-corruption",
      path,
      table,
      field,
      key: shownKey,
      reason,
    });
    assert(!SECRETS.test(JSON.stringify(failure)), JSON.stringify(failure));
  });
}

Deno.test("of several damaged columns the first one is named (U40)", () => {
  const columns = ["path", "tag", "port", "project", "task", "created_at", "last_used_at"];
  columns.forEach((field, index) => {
    using home = damagedHome(
      Object.fromEntries(columns.slice(index).map((name) => [name, "x'61'"])),
    );
    const failure = failureOf(() => withRead(home.open(), "reading in a test", list));
    assert(failure.code === "database-corruption");
    assert.equal(failure.field, field);
  });
});

Deno.test("bytes of the wrong class are told as that, not as bad text (U40)", () => {
  using home = damagedHome({ path: "x'ff'", tag: "char(0xfffd)" });
  const failure = failureOf(() => withRead(home.open(), "reading in a test", list));
  assert(failure.code === "database-corruption");
  assert.equal(failure.key, 'path=<BLOB>, tag="\\u{fffd}"');
  assert.equal(failure.reason, "expected TEXT, found BLOB");
});

for (
  const [name, act] of [
    ["get()", (it) => get(it, ROW)],
    ["getByPort()", (it) => getByPort(it, ROW.port)],
    ["list()", list],
    ["taggedAtPath()", (it) => taggedAtPath(it, ROW.path)],
    ["underPath()", (it) => underPath(it, ROW.path)],
    ["expired()", (it) => expired(it, MAX_TIMESTAMP)],
  ] as readonly (readonly [string, (transaction: ReadTransaction) => unknown])[]
) {
  Deno.test(`${name} does not give back a damaged row (U40)`, () => {
    using home = damagedHome({ task: "''" });
    const failure = failureOf(() => withRead(home.open(), "reading in a test", act));
    assert(failure.code === "database-corruption");
    assert.equal(failure.field, "task");
  });
}

Deno.test("a row that is not asked for fails nobody", () => {
  using home = homeWith(ROW, reservation());
  doctorRows(home.path, "UPDATE reservations SET project = '' WHERE tag = 'web'");
  assert.deepEqual(
    withRead(home.open(), "reading in a test", (it) => get(it, reservation())),
    reservation(),
  );
});

Deno.test("bytes behind a NUL do not make a row another key's (U42, P03)", () => {
  using home = damagedHome({ path: "'/w/app' || char(0) || 'x'" });
  const database = home.open();
  withRead(database, "reading in a test", (it) => {
    assert.equal(get(it, ROW), undefined);
    assert.equal(get(it, key("/w/app")), undefined);
    const failure = failureOf(() => getByPort(it, port(54321)));
    assert.equal(failure.code, "database-corruption");
  });
});

Deno.test("a stored replacement character is no damage (U33)", () => {
  const stored = reservation({ path: "/\ufffd", tag: "\ufffd", project: "\ufffd", task: "\ufffd" });
  using home = homeWith(stored);
  assert.deepEqual(withRead(home.open(), "reading in a test", list), [stored]);
});

Deno.test("a long key is cut to 512 characters (K14)", () => {
  const path = `/${"é".repeat(2000)}`;
  using home = homeWith({ ...ROW, ...key(path, "t".repeat(100_000)) });
  doctorRows(home.path, "UPDATE reservations SET project = ''");
  const failure = failureOf(() => withRead(home.open(), "reading in a test", list));
  assert(failure.code === "database-corruption");
  const [, shownPath, shownTag] = /^path="(.*)…", tag="(.*)…"$/.exec(failure.key ?? "") ?? [];
  assert(shownPath !== undefined && shownPath.length <= 512);
  assert(shownTag !== undefined && shownTag.length === 512);
});

/** A home whose only row is {@linkcode ROW} with some columns set to SQL expressions. */
function damagedHome(columns: Readonly<Record<string, string>>): DatabaseHome {
  const home = homeWith(ROW);
  const assignments = Object.entries(columns).map(([name, value]) => `${name} = ${value}`);
  doctorRows(home.path, `UPDATE reservations SET ${assignments.join(", ")}`);
  return home;
}

/** The SQL for a text of these bytes. */
function text(...bytes: readonly number[]): string {
  return `CAST(x'${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}' AS TEXT)`;
}
