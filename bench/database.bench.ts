// The database layer at the sizes of a developer's machine, a busy build host, and the most that
// the ports allow. `deno task bench` runs it and writes docs/benchmarks.md.

import { RESERVATION_COLUMNS, toReservation } from "../src/database/codec.ts";
import type { Database } from "../src/database/connection.ts";
import { verify } from "../src/database/integrity.ts";
import {
  create,
  createAll,
  expired,
  get,
  list,
  makeRoom,
  projects,
  remove,
  removeIfUnchanged,
  reservedPorts,
  underPath,
} from "../src/database/operations.ts";
import { type ReadTransaction, withRead, withWrite } from "../src/database/transaction.ts";
import type { AbsolutePath } from "../src/domain/path.ts";
import type { Reservation } from "../src/domain/reservation.ts";
import {
  type DatabaseHome,
  databaseHome,
  homeWith,
  MONDAY,
  port,
  writeV1,
} from "../tests/support/database.ts";
import type { Group } from "./budgets.ts";
import { makeRows, ONE_MORE } from "./rows.ts";

const UNDO = new Error("the changes of a benchmark are undone");
const SUBTREE = "/home/dev/project-7" as AbsolutePath;

for (const count of [10, 1_000, 10_000, 60_000]) {
  const name = `${count} rows`;
  const rows = makeRows(count);
  const home = keep(homeWith(...rows));
  const database = home.open();
  const middle = rows[count / 2]!;
  const cutoff = MONDAY + count / 10;

  read(database, "get by key", name, (it) => get(it, middle));
  read(database, "reserved ports 5000 to 7000", name, (it) => {
    return reservedPorts(it, { min: port(5000), max: port(7000) });
  });
  read(database, "reserved ports 1 to 65535", name, (it) => {
    return reservedPorts(it, { min: port(1), max: port(65535) });
  });
  read(database, "list all", name, list);
  read(database, "projects", name, projects);
  read(database, "expired, 10 % of rows", name, (it) => expired(it, cutoff));
  // What most commands find that clean up before they reserve.
  read(database, "expired, none", name, (it) => expired(it, MONDAY));
  read(database, "subtree, 2 % of rows", name, (it) => underPath(it, SUBTREE));
  read(database, "subtree, 2 % of rows", `${name}, with LIKE`, (it) => {
    return it.prepare(`SELECT ${RESERVATION_COLUMNS} FROM reservations WHERE path LIKE ?`)
      .all(`${SUBTREE}/%`).map((row) => toReservation(it, row));
  });
  read(database, "integrity_check", name, (it) => it.prepare("PRAGMA integrity_check").all());
  read(database, "full validation", name, verify);

  createOne(database, name);

  bench("expire 10 % of rows, rolled back", name, (b) => {
    b.start();
    try {
      withWrite(database, "benchmark", (transaction) => {
        const old = expired(transaction, cutoff);
        makeRoom(transaction, old.length);
        for (const row of old) removeIfUnchanged(transaction, row);
        throw UNDO;
      });
    } catch (error) {
      if (error !== UNDO) throw error;
    }
    b.end();
  });

  bench("batch create of all rows", name, (b) => {
    using home = databaseHome();
    const empty = home.open();
    b.start();
    withWrite(empty, "benchmark", (transaction) => createAll(transaction, rows));
    b.end();
  });

  const closed = keep(homeWith(...rows));
  bench("open and close", name, () => closed.open().close());

  const old = keep(databaseHome());
  writeV1(old.path, { rows });
  bench("migration from version 1", name, (b) => {
    using home = databaseHome();
    Deno.copyFileSync(old.path, home.path);
    b.start();
    home.open().close();
    b.end();
  });

  if (count === 1_000) compareTransactions(rows, name);
  if (count === 60_000) compareIndexes(rows, name);
}

/** What a transaction of its own costs, and one that waits for the disk. */
function compareTransactions(rows: readonly Reservation[], name: string): void {
  bench("1000 creates", "one transaction each", (b) => {
    using home = databaseHome();
    const empty = home.open();
    b.start();
    for (const row of rows) {
      withWrite(empty, "benchmark", (transaction) => create(transaction, row));
    }
    b.end();
  });
  bench("1000 creates", "one transaction for all", (b) => {
    using home = databaseHome();
    const empty = home.open();
    b.start();
    withWrite(empty, "benchmark", (transaction) => createAll(transaction, rows));
    b.end();
  });
  const durable = keep(homeWith(...rows)).open();
  durable.prepare("PRAGMA synchronous = FULL").run();
  createOne(durable, `${name}, synchronous FULL`);
}

/** The same questions to a database that lacks the index for them. */
function compareIndexes(rows: readonly Reservation[], name: string): void {
  const bare = keep(homeWith(...rows)).open();
  const without = (index: string) => {
    bare.prepare(`DROP INDEX ${index}`).run();
    return `${name}, without ${index}`;
  };
  read(bare, "reserved ports 5000 to 7000", without("idx_reservations_port"), (it) => {
    return reservedPorts(it, { min: port(5000), max: port(7000) });
  });
  read(bare, "projects", without("idx_reservations_project"), projects);
  read(bare, "expired, none", without("idx_reservations_last_used"), (it) => {
    return expired(it, MONDAY);
  });
}

function read(
  database: Database,
  group: Group,
  name: string,
  act: (transaction: ReadTransaction) => unknown,
): void {
  bench(group, name, () => {
    withRead(database, "benchmark", act);
  });
}

/** Creates a row; its removal, so that the number of rows stays, is not measured. */
function createOne(database: Database, name: string): void {
  bench("create, own transaction", name, (b) => {
    b.start();
    withWrite(database, "benchmark", (transaction) => create(transaction, ONE_MORE));
    b.end();
    withWrite(database, "benchmark", (transaction) => remove(transaction, ONE_MORE));
  });
}

/** Registers a benchmark. What takes long is not repeated for longer than it has to be. */
function bench(group: Group, name: string, fn: (b: Deno.BenchContext) => void): void {
  Deno.bench({ group, name, fn, n: 5, warmup: 1 });
}

/** Removes a home when all benchmarks have run. */
function keep(home: DatabaseHome): DatabaseHome {
  addEventListener("unload", () => home[Symbol.dispose]());
  return home;
}
