/**
 * Real faults, from the system to the words on standard error. Which failure each of SQLite's codes
 * is, those included that nobody can provoke at will, is in failures_test.ts.
 *
 * Not provoked: a duplicate key, because storing replaces the key's own row; shared memory that
 * cannot be had or initialised; a recovery by another process, and an error in the protocol of its
 * locks.
 *
 * @module
 */

import assert from "node:assert/strict";
import { report } from "../../src/cli/report.ts";
import { create, list } from "../../src/database/operations.ts";
import { withRead, withWrite } from "../../src/database/transaction.ts";
import { type Failure, TropError } from "../../src/errors.ts";
import {
  type DatabaseHome,
  databaseHome,
  doctor,
  failureOf,
  homeWith,
  rawConnection,
  reservation,
  reservations,
  store,
} from "../support/database.ts";
import { IS_FFI } from "../support/flavour.ts";
import { type Answer, Peer, type PeerOptions } from "../support/peers.ts";

/** How something failed, and trop's words for it. */
interface Refusal {
  readonly failure: Failure;
  readonly text: string;
  readonly exitCode: number;
}

interface Fault {
  readonly id: string;
  readonly what: string;
  /** Has it happen to a file that holds {@linkcode ROW}. */
  readonly provoke: (home: DatabaseHome) => Refusal | Promise<Refusal>;
  readonly code: Failure["code"];
  readonly sqliteCode?: number;
  /** The beginning of the message, and what it advises. */
  readonly says: RegExp;
  readonly ignore?: boolean;
}

const ROW = reservation({ project: "secret-project", task: "secret-task" });
const OPERATION = "executing the test command";

/** The failure of `act` in this process. */
function here(act: () => unknown): Refusal {
  const failure = failureOf(act);
  return { failure, ...report(new TropError(failure), { usage: "trop", debug: false }) };
}

/** The failure of another process that reserves for `count` directories. */
async function inPeer(home: DatabaseHome, options: PeerOptions, count = 1): Promise<Refusal> {
  await using peer = new Peer(options);
  const paths = Array.from({ length: count }, (_, index) => `/w/${index}`);
  const answer: Answer<unknown> = await peer.try("reserve", { path: home.path, paths });
  assert("failure" in answer, JSON.stringify(answer));
  return answer;
}

/** The failure of SQL that trop itself would not run. */
function runInside(home: DatabaseHome, sql: string): Refusal {
  const database = home.open();
  return here(() => withWrite(database, OPERATION, (tx) => tx.prepare(sql).run()));
}

const UNPRIVILEGED = { unprivileged: true };
const notLinux = Deno.build.os !== "linux";

const FAULTS: readonly Fault[] = [
  {
    id: "E01",
    what: "another process keeps the write lock",
    provoke: (home) => {
      const [holder, database] = [home.open(), home.open({ busyTimeoutMs: 1000 })];
      return here(() =>
        withWrite(holder, OPERATION, () => withWrite(database, OPERATION, () => {}))
      );
    },
    code: "lock-timeout",
    sqliteCode: 5,
    says:
      /^Error: database lock timeout while starting an immediate database transaction after 1s\n$/,
  },
  {
    id: "E02",
    what: "a snapshot that became old is written to",
    provoke: (home) => {
      const [reader, writer] = [home.open(), home.open()];
      return here(() =>
        withRead(reader, OPERATION, (tx) => {
          list(tx);
          store(writer, reservation({ path: "/w/new", port: 5001 }));
          tx.prepare("DELETE FROM reservations").run();
        })
      );
    },
    code: "lock-timeout",
    sqliteCode: 517,
    says: /^Error: database lock timeout while executing the test command after 5s\n$/,
  },
  {
    id: "E03",
    what: "an unfinished statement of the same connection is in the way",
    provoke: (home) => {
      const database = home.open();
      return here(() =>
        withWrite(database, OPERATION, (tx) => {
          for (const _row of tx.prepare("SELECT * FROM reservations").iterate()) {
            tx.prepare("DROP TABLE reservations").run();
          }
        })
      );
    },
    code: "lock-timeout",
    sqliteCode: 6,
    says: /^Error: database lock timeout while executing the test command after 5s\n$/,
  },
  {
    id: "E04",
    what: "the file may not be written (K10)",
    provoke: (home) => {
      Deno.chmodSync(home.path, 0o444);
      return inPeer(home, UNPRIVILEGED);
    },
    code: "read-only-database",
    sqliteCode: 8,
    says: /^Error: database error: cannot write .*check the permissions of the file/,
    ignore: notLinux,
  },
  {
    id: "E05",
    what: "the shared memory of others may not be written (K10)",
    provoke: async (home) => {
      // Such as a process leaves that another user killed.
      for (const suffix of ["-wal", "-shm"]) Deno.writeTextFileSync(home.path + suffix, "");
      Deno.chmodSync(`${home.path}-shm`, 0o444);
      return await inPeer(home, UNPRIVILEGED);
    },
    code: "read-only-database",
    sqliteCode: 8,
    says: /^Error: database error: cannot write .*who owns the -wal and -shm files/,
    ignore: notLinux,
  },
  {
    id: "E06",
    what: "an unfinished change cannot be rolled back read-only",
    provoke: (home) => {
      leaveJournal(home);
      return here(() => home.open({ readOnly: true }));
    },
    code: "read-only-database",
    sqliteCode: 776,
    says: /^Error: database error: cannot write .*must be rolled back first; open it once/,
  },
  {
    id: "E07",
    what: "the directory may not be written (K10)",
    provoke: (home) => {
      Deno.chmodSync(home.directory, 0o555);
      return inPeer(home, UNPRIVILEGED);
    },
    code: "read-only-database",
    sqliteCode: 1544,
    says: /^Error: database error: cannot write .*data directory cannot be written.*--data-dir/,
    ignore: notLinux,
  },
  {
    id: "E08",
    what: "the file is moved while it is in use",
    provoke: (home) => {
      const database = home.open();
      database.prepare("PRAGMA journal_mode = DELETE").get();
      Deno.renameSync(home.path, `${home.path}.old`);
      return here(() => withWrite(database, OPERATION, (tx) => create(tx, ROW)));
    },
    code: "cannot-open-database",
    sqliteCode: 1032,
    says: /^Error: database error: cannot open .*moved or replaced.*run the command again/,
    ignore: Deno.build.os === "windows",
  },
  {
    id: "E09",
    what: "the file system takes no larger file (K05)",
    provoke: (home) => {
      const script = `trap "" XFSZ; ulimit -f 64; exec "$@"`;
      return inPeer(home, { script }, 1000);
    },
    code: "database-io",
    sqliteCode: 778,
    says: /^Error: database error: cannot read or write .*check the disk, its quota and the mount/,
    ignore: notLinux,
  },
  {
    id: "E10",
    what: "a page is damaged",
    provoke: (home) => {
      storeMany(home);
      const pages = Deno.statSync(home.path).size / 4096;
      using file = Deno.openSync(home.path, { write: true });
      for (let page = 2; page < pages; page++) {
        file.seekSync(page * 4096, Deno.SeekMode.Start);
        file.writeSync(new Uint8Array(64).fill(0xff));
      }
      return here(() => withRead(home.open(), OPERATION, list));
    },
    code: "database-corruption",
    sqliteCode: 11,
    says: /^Error: database corruption detected: physical.*restore a backup.*did not modify/,
  },
  {
    id: "E11",
    what: "the file may not grow (K06)",
    provoke: (home) => {
      const database = home.open();
      database.prepare("PRAGMA max_page_count = 20").get();
      return here(() => store(database, ...reservations(1000, 6000)));
    },
    code: "disk-full",
    says: /^Error: database error: the disk is full, .*was not changed; free some space/,
  },
  {
    id: "E12",
    what: "something else has the place of the log",
    provoke: (home) => {
      Deno.mkdirSync(`${home.path}-wal`);
      return here(() => home.open());
    },
    code: "cannot-open-database",
    sqliteCode: 14,
    says: /^Error: database error: cannot open .*check that the data directory.*--data-dir/,
  },
  {
    id: "E13",
    what: "the file is a text",
    provoke: (home) => {
      Deno.writeTextFileSync(home.path, "secret-project ".repeat(100));
      return here(() => home.open());
    },
    code: "database-corruption",
    sqliteCode: 26,
    says: /^Error: database corruption detected: .*not a database.*restore a backup/,
  },
  {
    id: "E14",
    what: "another directory has the port",
    provoke: (home) => here(() => store(home.open(), reservation({ path: "/w/other" }))),
    code: "port-conflict",
    says: /^Error: reservation conflict: port 5000 belongs to \/w\/app; 'trop list'/,
  },
  ...[
    { sqliteCode: 275, sql: "UPDATE reservations SET port = 0" },
    { sqliteCode: 1299, sql: "UPDATE reservations SET tag = NULL" },
    { sqliteCode: 3091, sql: "UPDATE reservations SET port = 'secret-port'" },
    { sqliteCode: 20, sql: "UPDATE reservations SET rowid = 'secret-row'" },
  ].map(({ sqliteCode, sql }) => ({
    id: "E15",
    what: `trop stores what its validation should refuse, ${sql}`,
    provoke: (home: DatabaseHome) => runInside(home, sql),
    code: "database-internal",
    sqliteCode,
    says: /^Error: database error: .*while executing the test command; please report it: /,
  } as const)),
  {
    id: "E16",
    what: "a trigger of somebody else's refuses",
    provoke: (home) => {
      doctor(
        home.path,
        `CREATE TRIGGER guard BEFORE INSERT ON reservations
          BEGIN SELECT RAISE(ABORT, 'not in my file'); END`,
      );
      return here(() => store(home.open(), reservation({ path: "/w/new", port: 5001 })));
    },
    code: "change-refused",
    sqliteCode: 1811,
    says: /^Error: database error: not in my file; a trigger .*refused .*nothing was changed: /,
  },
  {
    id: "E16",
    what: "a foreign key of somebody else's refuses",
    provoke: (home) => {
      doctor(
        home.path,
        `CREATE TABLE notes (port REFERENCES reservations(port));
         INSERT INTO notes VALUES (5000)`,
      );
      return runInside(home, "DELETE FROM reservations");
    },
    code: "change-refused",
    sqliteCode: 787,
    says: /^Error: database error: FOREIGN KEY .*foreign key .*refused .*nothing was changed: /,
  },
  {
    id: "E17",
    what: "a column goes while the file is in use",
    provoke: (home) => {
      const database = home.open();
      doctor(home.path, "ALTER TABLE reservations DROP COLUMN task");
      return here(() => withRead(database, OPERATION, list));
    },
    code: "database-corruption",
    sqliteCode: 1,
    says: /^Error: database corruption detected: .*required layout: no such column: task\. Copy/,
  },
  {
    id: "E18",
    what: "the file may not be read",
    provoke: (home) => {
      Deno.chmodSync(home.path, 0o000);
      return inPeer(home, UNPRIVILEGED);
    },
    code: "cannot-open-database",
    says: /^Error: database error: cannot open .*check that the data directory can be read/,
    ignore: notLinux,
  },
  ...["write", "read"].map((permission) => ({
    id: "E18",
    what: `Deno, which a library of C does not ask, may not ${permission} the file`,
    provoke: (home: DatabaseHome) => {
      const permissions = ["--allow-all", `--deny-${permission}=${home.directory}`];
      return inPeer(home, { permissions });
    },
    code: "permission-missing",
    says: new RegExp(`^Error: permission denied: .*--allow-${permission}`),
    ignore: IS_FFI && permission === "write",
  } as const)),
  {
    id: "E18",
    what: "the connection is closed already",
    provoke: (home) => {
      const database = home.open();
      database.close();
      return here(() => withRead(database, OPERATION, list));
    },
    code: "database-internal",
    says: /^Error: database error: .*while executing the test command; please report it: /,
  },
];

/** Enough rows for some dozen pages. */
function storeMany(home: DatabaseHome): void {
  using database = home.open();
  store(database, ...reservations(1000, 6000));
}

/** Leaves the file as a process does that dies in the middle of a change without a log. */
function leaveJournal(home: DatabaseHome): void {
  storeMany(home);
  using kept = databaseHome();
  const files = ["", "-journal"];
  {
    using database = rawConnection(home.path);
    database.exec("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1");
    database.exec("BEGIN; UPDATE reservations SET last_used_at = 0");
    for (const suffix of files) Deno.copyFileSync(home.path + suffix, kept.path + suffix);
  }
  for (const suffix of files) Deno.copyFileSync(kept.path + suffix, home.path + suffix);
}

for (const { id, what, provoke, code, sqliteCode, says, ignore = false } of FAULTS) {
  Deno.test(`${id} ${what}: ${code}`, { ignore }, async () => {
    using home = homeWith(ROW);
    const { failure, text, exitCode } = await provoke(home);
    const found = failure as { code: string; path?: string; sqliteCode?: number };
    assert.equal(found.code, code, text);
    assert.equal(found.sqliteCode, sqliteCode, text);
    assert.equal(exitCode, code === "lock-timeout" ? 2 : 6);
    assert.match(text, says);
    assert.doesNotMatch(text, /secret/);
    if (found.path !== undefined) assert.equal(found.path, home.path);
    if (code !== "lock-timeout" && code !== "port-conflict") assert(text.includes(home.path), text);
  });
}
