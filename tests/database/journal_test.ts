import assert from "node:assert/strict";
import type { DatabaseOptions } from "../../src/database/config.ts";
import type { Database } from "../../src/database/connection.ts";
import { list } from "../../src/database/operations.ts";
import { withRead } from "../../src/database/transaction.ts";
import {
  type DatabaseHome,
  databaseHome,
  homeWith,
  noticesOf,
  reservation,
  store,
  writeV2,
} from "../support/database.ts";
import { recordingDriver } from "../support/watched_driver.ts";

const SHARED: Partial<DatabaseOptions> = { sharedFileSystem: () => "virtiofs" };
const ROLLBACK: Partial<DatabaseOptions> = { journal: "rollback" };
const SYNCHRONOUS = { wal: 1n, delete: 2n } as const;

type Start = "missing" | "log" | "log, open elsewhere" | "log, left behind" | "rollback";

/** What becomes of a file; on a shared file system every commit waits for the disk. */
const ROWS: readonly {
  readonly start: Start;
  readonly options: Partial<DatabaseOptions>;
  readonly mode: "wal" | "delete";
  readonly synchronous?: bigint;
  readonly notices?: Database["notices"];
}[] = [
  { start: "missing", options: {}, mode: "wal" },
  { start: "rollback", options: {}, mode: "wal" },
  { start: "rollback", options: { journal: "wal" }, mode: "wal" },
  { start: "missing", options: ROLLBACK, mode: "delete" },
  { start: "rollback", options: ROLLBACK, mode: "delete" },
  { start: "log", options: ROLLBACK, mode: "delete" },
  { start: "log, left behind", options: ROLLBACK, mode: "delete" },
  {
    start: "log, open elsewhere",
    options: ROLLBACK,
    mode: "wal",
    notices: [{ code: "write-ahead-log-kept" }],
  },
  { start: "missing", options: SHARED, mode: "delete", notices: [sharing("delete")] },
  { start: "rollback", options: SHARED, mode: "delete", notices: [sharing("delete")] },
  { start: "log", options: SHARED, mode: "delete", notices: [sharing("delete")] },
  {
    start: "log, open elsewhere",
    options: SHARED,
    mode: "wal",
    synchronous: 2n,
    notices: [sharing("wal")],
  },
  {
    start: "log, left behind",
    options: SHARED,
    mode: "wal",
    synchronous: 2n,
    notices: [sharing("wal")],
  },
  { start: "rollback", options: { ...SHARED, journal: "wal" }, mode: "wal", synchronous: 2n },
  { start: "log", options: { ...SHARED, ...ROLLBACK }, mode: "delete" },
];

for (const { start, options, mode, synchronous = SYNCHRONOUS[mode], notices = [] } of ROWS) {
  const place = options.sharedFileSystem ? "a shared" : "a local";
  const { journal = "auto" } = options;
  Deno.test(`${journal} on ${place} file system makes ${mode} of: ${start}`, () => {
    using home = homeStarting(start);
    const database = home.open(options);
    assert.equal(pragma(database, "journal_mode"), mode);
    assert.equal(pragma(database, "synchronous"), synchronous);
    assert.deepEqual(noticesOf(database), notices);
    store(database, reservation({ path: "/w/new", port: 5009 }));
    const ports = withRead(home.open(), "looking", list).map((row) => row.port as number);
    assert.deepEqual(ports, start === "missing" ? [5009] : [5000, 5009]);
  });
}

Deno.test("a log that was left behind is gone after one more command", () => {
  using home = homeStarting("log, left behind");
  home.open(SHARED).close();
  assert.equal(pragma(home.open(SHARED), "journal_mode"), "delete");
});

Deno.test("opening to validate tells of a shared file system and changes nothing", () => {
  using home = homeWith(reservation());
  const { open, statements } = recordingDriver();
  const database = home.open({ ...SHARED, readOnly: true }, open);
  assert.deepEqual(noticesOf(database), [sharing("wal", false)]);
  assert(!statements.some((sql) => /journal_mode =|synchronous/.test(sql)), statements.join());
});

Deno.test("behind a link, it is the file itself that counts", () => {
  using home = homeStarting("log, left behind");
  const link = `${home.directory}/link.db`;
  Deno.symlinkSync("trop.db", link);
  const { ino } = Deno.statSync(home.path);
  const inodes: (number | null)[] = [];
  const sharedFileSystem = (path: string) => {
    inodes.push(Deno.statSync(path).ino);
    return "virtiofs";
  };
  assert.deepEqual(noticesOf(home.open({ path: link, sharedFileSystem })), [sharing("wal")]);
  assert.deepEqual(inodes, [ino]);
});

function sharing(mode: string, isInUse = mode === "wal"): Database["notices"][number] {
  return { code: "shared-file-system", type: "virtiofs", mode, isInUse };
}

function homeStarting(start: Start): DatabaseHome {
  const home = databaseHome();
  if (start === "missing") return home;
  const journalMode = start === "rollback" ? "DELETE" : "WAL";
  writeV2(home.path, { rows: [reservation()], journalMode });
  if (start === "log, open elsewhere") withRead(home.open(), "looking", list);
  if (start === "log, left behind") Deno.writeFileSync(`${home.path}-wal`, new Uint8Array());
  return home;
}

function pragma(database: Database, name: string): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[0];
}
