// The work of operations.ts, by better-sqlite3 on Node.js.

import { createRequire } from "node:module";

// Not imported: it is installed beside a copy of this file, and no dependency of trop.
const Database = createRequire(import.meta.url)("better-sqlite3");

const [path, request] = process.argv.slice(2);
const { schema, rows, writes, reads } = JSON.parse(request);

const connection = new Database(path, { timeout: 5000 });
connection.pragma("journal_mode = WAL");
connection.pragma("synchronous = NORMAL");
for (const sql of schema) connection.prepare(sql).run();
const begin = connection.prepare("BEGIN IMMEDIATE");
const commit = connection.prepare("COMMIT");
const insert = connection.prepare("INSERT INTO reservations VALUES (?, '', ?, ?, NULL, ?, ?)");
const update = connection.prepare(
  "UPDATE reservations SET last_used_at = ? WHERE path = ? AND tag = ?",
);
const select = connection.prepare("SELECT * FROM reservations WHERE path = ? AND tag = ?");
// Trop reads integers and rows in this way too.
select.raw().safeIntegers();

const pathOf = (index) => `/home/dev/project-${index % 50}/checkout-${index}`;

const batch = time(() => {
  begin.run();
  for (let index = 0; index < rows; index++) {
    insert.run(pathOf(index), 1 + index, `project-${index % 50}`, 1_000_000, 1_000_000);
  }
  commit.run();
});
const write = time(() => {
  for (let index = 0; index < writes; index++) {
    begin.run();
    update.run(2_000_000 + index, pathOf((index * 7919) % rows), "");
    commit.run();
  }
});
const read = time(() => {
  for (let index = 0; index < reads; index++) select.get(pathOf((index * 7919) % rows), "");
});
const version = connection.prepare("SELECT sqlite_version()").pluck().get();
connection.close();
console.log(JSON.stringify({ version, batch, write, read }));

/** Seconds. */
function time(act) {
  const start = performance.now();
  act();
  return (performance.now() - start) / 1e3;
}
