import assert from "node:assert/strict";
import { report } from "../../src/cli/report.ts";
import { type Failure, TropError } from "../../src/errors.ts";

const OPTIONS = { usage: "trop reserve [OPTIONS]", debug: false };

type FailureOf<C extends Failure["code"]> = Extract<Failure, { readonly code: C }>;
type Row<F> = readonly [failure: F, exitCode: number, text: string];

const DB = "/home/dev/.trop/trop.db";
const ADVICE =
  `Copy ${DB} and its -wal and -shm files before anything else, then delete all three, ` +
  "and restore a backup or reserve again; trop did not modify or repair the stored data";

const WIDEN = "or widen the range with --min and --max or in trop.yaml";
const IN_THE_WAY = "1 reserved, 1 in use: release some with 'trop release', stop what " +
  `'trop scan --min 5000 --max 5001' shows, ${WIDEN}`;

/** One row for each code; a new code does not compile until it has one. */
const ROWS: { readonly [C in Failure["code"]]: Row<FailureOf<C>> } = {
  "usage": [
    { code: "usage", message: "unexpected argument 'x'" },
    2,
    "error: unexpected argument 'x'\n\nUsage: trop reserve [OPTIONS]\n\n" +
    "For more, try 'trop reserve --help'.",
  ],
  "invalid-arguments": [
    { code: "invalid-arguments", message: "File not found: a.yaml" },
    4,
    "Error: Invalid arguments: File not found: a.yaml",
  ],
  "validation": [
    { code: "validation", field: "shell", message: "Cannot be fish soup" },
    6,
    "Error: validation error for 'shell': Cannot be fish soup",
  ],
  "configuration": [
    {
      code: "configuration",
      failure: {
        code: "validation",
        field: "project",
        message: "Cannot be empty or only whitespace",
        source: "TROP_PROJECT",
      },
    },
    7,
    "Error: Configuration error: validation error for 'project' (TROP_PROJECT): " +
    "Cannot be empty or only whitespace",
  ],
  "invalid-path": [
    { code: "invalid-path", path: "/..", reason: "it climbs above the root" },
    6,
    "Error: invalid path /..: it climbs above the root",
  ],
  "path-not-found": [
    { code: "path-not-found", path: "/no/such" },
    6,
    "Error: path not found: /no/such",
  ],
  "path-denied": [{ code: "path-denied", path: "/root" }, 6, "Error: permission denied: /root"],
  "path-unrelated": [
    { code: "path-unrelated", target: "/w/a", directory: "/w/b" },
    1,
    "Error: path relationship violation: /w/a is unrelated to the current directory /w/b; " +
    "pass --allow-unrelated-path to use it all the same",
  ],
  "sticky-field": [
    { code: "sticky-field", field: "task", stored: "main", requested: null },
    1,
    "Error: cannot change sticky field 'task': stored 'main', requested none; " +
    "pass --allow-task-change or --force to change it",
  ],
  "not-found": [
    { code: "not-found", message: "no reservation at /w/a" },
    6,
    "Error: not found: no reservation at /w/a",
  ],
  "same-path": [
    { code: "same-path", path: "/w/a", count: 2 },
    6,
    "Error: reservation conflict: source and destination are the same path, so the " +
    "2 reservation(s) at /w/a are in their own way; pass --force to leave them as they are",
  ],
  "destination-taken": [
    { code: "destination-taken", count: 2, example: "/w/b:web" },
    6,
    "Error: reservation conflict: 2 reservation(s) at the destination, such as /w/b:web; " +
    "pass --force to overwrite them",
  ],
  "assertion-failed": [
    { code: "assertion-failed", message: "Assertion failed: port 5000 is not reserved" },
    1,
    "Error: Assertion failed: port 5000 is not reserved",
  ],
  "not-reserved": [
    { code: "not-reserved", key: { path: "/w/a", tag: "db" }, tags: ["api", "web"] },
    1,
    "Error: no port is reserved for /w/a:db; --tag takes one of api, web",
  ],
  "program-not-found": [
    { code: "program-not-found", program: "nope", reason: "command not found" },
    127,
    "Error: cannot run 'nope': command not found",
  ],
  "program-not-executable": [
    { code: "program-not-executable", program: "./x\n", reason: "permission denied" },
    126,
    "Error: cannot run './x\\n': permission denied",
  ],
  "io": [
    { code: "io", message: "cannot read a.yaml: it is a directory", layer: "command" },
    5,
    "Error: I/O error: cannot read a.yaml: it is a directory",
  ],
  "permission-missing": [
    { code: "permission-missing", permission: "--allow-write", path: DB },
    6,
    `Error: permission denied: ${DB}; Deno needs --allow-write for it`,
  ],
  "lock-timeout": [
    {
      code: "lock-timeout",
      operation: "starting an immediate database transaction",
      timeoutMs: 5000,
      waitedMs: 4321,
      sqliteCode: 5,
      path: DB,
    },
    2,
    "Error: database lock timeout while starting an immediate database transaction after 5s",
  ],
  "not-initialised": [
    { code: "not-initialised", path: DB },
    3,
    `Error: Data directory not found (use --data-dir or enable auto-init): there is no ${DB}`,
  ],
  "unsupported-schema-version": [
    { code: "unsupported-schema-version", path: DB, expected: 2, found: 999 },
    6,
    `Error: unsupported schema version: found 999, expected 2; ${DB} is newer than client ` +
    "support and the stored data was left as it was: upgrade trop, or choose another data " +
    "directory with --data-dir",
  ],
  "migration-required": [
    { code: "migration-required", path: DB, found: 1, target: 2 },
    6,
    `Error: database schema migration required from version 1 to 2: ${DB} was left as it was; ` +
    "run a command that may write it, such as 'trop list', and it is migrated",
  ],
  "migration-blocked": [
    {
      code: "migration-blocked",
      path: DB,
      from: 1,
      to: 2,
      violations: [
        { category: "duplicate reserved ports", count: 2, keys: ["/a", "/b:web"] },
        { category: "empty legacy tags", count: 1, keys: [] },
      ],
    },
    6,
    "Error: database migration from schema 1 to 2 blocked: duplicate reserved ports=2 " +
    `(/a, /b:web); empty legacy tags=1; ${DB} was left unchanged and trop will not choose or ` +
    "discard reservations: inspect a copy with sqlite3 and correct it, or delete the file and " +
    "reserve again",
  ],
  "database-corruption": [
    {
      code: "database-corruption",
      path: DB,
      table: "reservations",
      field: "port",
      key: 'path="/a", tag="<untagged>"',
      reason: "expected INTEGER, found TEXT",
    },
    6,
    "Error: database corruption detected: table=reservations, field=port, " +
    `key=path="/a", tag="<untagged>": expected INTEGER, found TEXT. ${ADVICE}`,
  ],
  "read-only-database": [
    { code: "read-only-database", path: DB, hint: "check its permissions", sqliteCode: 8 },
    6,
    `Error: database error: cannot write ${DB}: check its permissions`,
  ],
  "cannot-open-database": [
    { code: "cannot-open-database", path: DB, reason: "Is a directory", hint: "move it away" },
    6,
    `Error: database error: cannot open ${DB}: Is a directory; move it away`,
  ],
  "sqlite-library": [
    { code: "sqlite-library", candidates: ["a.so", "b.so"], reason: "a.so: no such file" },
    6,
    "Error: database error: cannot load an SQLite library, tried a.so, b.so: a.so: no such file; " +
    "set TROP_SQLITE_LIBRARY to the path of one",
  ],
  "untrusted-files": [
    {
      code: "untrusted-files",
      path: "/srv/trop",
      reason: "group 100 may write it",
      remedy: "chmod",
    },
    6,
    "Error: database error: /srv/trop could have been written by others: group 100 may write it; " +
    "run 'chmod go-w /srv/trop', or set TROP_ALLOW_SHARED_DATA_DIR=1 if you trust them",
  ],
  "disk-full": [
    { code: "disk-full", path: DB },
    6,
    `Error: database error: the disk is full, so ${DB} was not changed; ` +
    "free some space and run the command again",
  ],
  "database-io": [
    {
      code: "database-io",
      path: DB,
      message: "disk I/O error (SQLite code 778)",
      hint: "check the disk",
      sqliteCode: 778,
    },
    6,
    `Error: database error: cannot read or write ${DB}; check the disk: ` +
    "disk I/O error (SQLite code 778)",
  ],
  "change-refused": [
    { code: "change-refused", path: DB, message: "not in my file", sqliteCode: 1811 },
    6,
    "Error: database error: not in my file; a trigger or foreign key that trop did not make " +
    `refused the change, and nothing was changed: 'sqlite3 ${DB} .schema' shows it`,
  ],
  "port-conflict": [
    { code: "port-conflict", port: 5000, owner: { path: "/a", tag: "web" } },
    6,
    "Error: reservation conflict: port 5000 belongs to /a:web; " +
    "'trop list' shows all reservations",
  ],
  "key-conflict": [
    { code: "key-conflict", key: { path: "/a", tag: null } },
    6,
    "Error: reservation conflict: /a has a reservation already; 'trop list' shows it",
  ],
  "database-internal": [
    {
      code: "database-internal",
      path: DB,
      operation: "executing the list command",
      message: "out of memory",
    },
    6,
    `Error: database error: ${DB} gave an unexpected answer while executing the list command; ` +
    "please report it: out of memory",
  ],
  "range-exhausted": [
    {
      code: "range-exhausted",
      min: 5000,
      max: 5001,
      blockers: { reserved: 1, excluded: 0, unsafe: 0, occupied: 1 },
      pruning: true,
      expiration: true,
      pruned: 0,
      expired: 2,
    },
    6,
    "Error: port range 5000-5001 exhausted after cleanup: remaining blockers after the single " +
    "retry: reserved, occupied; automatic cleanup pruned 0 and expired 2 reservation(s); " +
    `automatic pruning and expiration enabled; ${IN_THE_WAY}`,
  ],
  "group-allocation-failed": [
    {
      code: "group-allocation-failed",
      services: 3,
      min: 5000,
      max: 5009,
      blockers: { reserved: 7, excluded: 1, unsafe: 0, occupied: 0 },
      pruning: true,
      expiration: true,
      pruned: 1,
      expired: 0,
    },
    6,
    "Error: group allocation failed after attempting 3 service(s): no base in 5000-5009 has a " +
    "free port at every offset (7 reserved, 1 excluded); automatic cleanup pruned 1 and " +
    "expired 0 reservation(s); automatic pruning and expiration enabled; release some with " +
    "'trop release', shorten excluded_ports, which 'trop config' shows, or widen the range in " +
    "trop.yaml",
  ],
  "group-conflict": [
    {
      code: "group-conflict",
      path: "/w/a",
      problem: { kind: "tags", missing: ["api"], extra: ["\u001b[2J\nexport PATH=/x", "b"] },
    },
    6,
    "Error: reservation conflict: the tags reserved for /w/a are not those of the group: 'api' " +
    "not reserved, '\\u{1b}[2J\\nexport PATH=/x', 'b' reserved but not in the group; release " +
    "what is not needed with 'trop release --tag', or pass --force to replace all of them",
  ],
  "probe-failed": [
    {
      code: "probe-failed",
      port: 80,
      protocol: "tcp",
      family: "ipv6",
      scope: "localhost",
      address: "::1",
      reason: "Permission denied (os error 13)",
    },
    6,
    "Error: port 80 is possibly occupied: cannot probe TCP IPv6 localhost at [::1]:80: " +
    "Permission denied (os error 13)",
  ],
};

const EXHAUSTED = ROWS["range-exhausted"][0];
const LOCKED = ROWS["lock-timeout"][0];
const LOCK_LINE = "Error: database lock timeout while " +
  "starting an immediate database transaction after";

const VARIANTS: readonly Row<Failure>[] = [
  [
    { code: "sticky-field", field: "project", stored: null, requested: "shop" },
    1,
    "Error: cannot change sticky field 'project': stored none, requested 'shop'; " +
    "pass --allow-project-change or --force to change it",
  ],
  [
    { code: "sticky-field", field: "task", stored: "a", requested: "b", group: "/w/a" },
    1,
    "Error: cannot change sticky field 'task': stored 'a' for the group at /w/a, " +
    "requested 'b'; pass --allow-task-change or --force to change it",
  ],
  [
    { code: "io", message: "cannot create /x: Permission denied", layer: "domain" },
    6,
    "Error: I/O error: cannot create /x: Permission denied",
  ],
  [{ ...LOCKED, timeoutMs: 0 }, 2, `${LOCK_LINE} 0s`],
  [{ ...LOCKED, timeoutMs: 1000 }, 2, `${LOCK_LINE} 1s`],
  [{ ...LOCKED, timeoutMs: 300 }, 2, `${LOCK_LINE} 300ms`],
  [
    { code: "database-corruption", path: DB, reason: "physical database corruption: no header" },
    6,
    `Error: database corruption detected: physical database corruption: no header. ${ADVICE}`,
  ],
  [
    {
      code: "database-corruption",
      path: DB,
      reason: "it is missing",
      advice: "Look for it",
      untouched: "data directory",
    },
    6,
    "Error: database corruption detected: it is missing. Look for it; " +
    "trop did not initialize or modify the data directory",
  ],
  [
    { ...EXHAUSTED, pruning: false, expiration: false, pruned: 0, expired: 0 },
    6,
    "Error: port range 5000-5001 exhausted: cleanup was skipped (automatic pruning and " +
    `expiration disabled); remaining blockers: reserved, occupied; ${IN_THE_WAY}`,
  ],
  [
    {
      ...EXHAUSTED,
      blockers: { reserved: 0, excluded: 0, unsafe: 1, occupied: 1 },
      failure: { ...ROWS["probe-failed"][0], port: 5001, address: "127.0.0.1", family: "ipv4" },
    },
    6,
    "Error: port range 5000-5001 exhausted after cleanup: remaining blockers after the single " +
    "retry: excluded, occupied; automatic cleanup pruned 0 and expired 2 reservation(s); " +
    "automatic pruning and expiration enabled; 1 refused by browsers or used by the system, " +
    "1 in use (port 5001 is possibly occupied: cannot probe TCP IPv4 localhost at " +
    "127.0.0.1:5001: Permission denied (os error 13)): pass --allow-unsafe-ports, stop what " +
    `'trop scan --min 5000 --max 5001' shows, ${WIDEN}`,
  ],
  [
    {
      ...EXHAUSTED,
      pruning: false,
      blockers: { reserved: 0, excluded: 0, unsafe: 2, occupied: 0 },
    },
    6,
    "Error: port range 5000-5001 exhausted after cleanup: remaining blockers after the single " +
    "retry: excluded; automatic cleanup pruned 0 and expired 2 reservation(s); " +
    "automatic pruning disabled; 2 refused by browsers or used by the system: " +
    `pass --allow-unsafe-ports, ${WIDEN}`,
  ],
  [
    {
      ...EXHAUSTED,
      expiration: false,
      blockers: { reserved: 0, excluded: 2, unsafe: 0, occupied: 0 },
      pruned: 1,
      expired: 0,
    },
    6,
    "Error: port range 5000-5001 exhausted after cleanup: remaining blockers after the single " +
    "retry: excluded; automatic cleanup pruned 1 and expired 0 reservation(s); " +
    `automatic expiration disabled; 2 excluded: shorten excluded_ports, which ` +
    `'trop config' shows, ${WIDEN}`,
  ],
  [
    {
      ...ROWS["group-allocation-failed"][0],
      blockers: { reserved: 0, excluded: 0, unsafe: 0, occupied: 0 },
      pruning: false,
      expiration: false,
    },
    6,
    "Error: group allocation failed after attempting 3 service(s): their offsets reach beyond " +
    "the ports 5000-5009; cleanup was skipped (automatic pruning and expiration disabled); " +
    "widen the range in trop.yaml",
  ],
  [
    { code: "group-conflict", path: "/w/a", problem: { kind: "ports" } },
    6,
    "Error: reservation conflict: the ports reserved for /w/a do not fit the preferred ports, " +
    "the offsets and the range of the group; pass --force to replace them",
  ],
  [
    { code: "group-conflict", path: "/w/a", problem: { kind: "field", field: "task" } },
    6,
    "Error: reservation conflict: the reservations of /w/a that would be replaced differ in " +
    "their task; name the one to store",
  ],
  [
    { code: "path-not-found", path: "/a\n\u001b[2Jb\u202e" },
    6,
    "Error: path not found: /a\\n\\u{1b}[2Jb\\u{202e}",
  ],
];

for (const [failure, exitCode, text] of [...Object.values(ROWS), ...VARIANTS]) {
  Deno.test(`report() ends with ${exitCode} and says ${JSON.stringify(text.slice(0, 90))}`, () => {
    const actual = report(new TropError(failure), OPTIONS);
    assert.deepEqual(actual, { text: `${text}\n`, exitCode });
  });
}

Deno.test("report() asks to report what trop does not know, without a stack", () => {
  const { text, exitCode } = report(new TypeError("x is\nnot a function"), OPTIONS);
  assert.equal(
    text,
    "Error: internal error: x is\\nnot a function; this is a defect in trop: please report it, " +
      "with what the same command prints when TROP_DEBUG=1 is set\n",
  );
  assert.equal(exitCode, 6);
  assert.match(report("a text", OPTIONS).text, /^Error: internal error: a text; /);
});

Deno.test("report() shows the stack of a defect to somebody who debugs, and of nothing else", () => {
  const debug = { ...OPTIONS, debug: true };
  assert.match(
    report(new TypeError("oops"), debug).text,
    /^Error: .*\nTypeError: oops\n +at .*\n/,
  );
  const known = report(new TropError({ code: "path-not-found", path: "/a" }), debug);
  assert.equal(known.text, "Error: path not found: /a\n");
});

Deno.test("report() passes on which permission Deno misses", () => {
  const error = new Deno.errors.NotCapable('Requires env access to "HOME"');
  assert.deepEqual(report(error, OPTIONS), {
    text: 'Error: permission denied: Requires env access to "HOME"\n',
    exitCode: 6,
  });
});
