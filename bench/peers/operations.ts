// The work of operations.py and operations.mjs, by trop's own driver.

import { openSqlite } from "../../src/database/driver.ts";

const [path = "", request = ""] = Deno.args;
const { schema, rows, writes, reads } = JSON.parse(request);

using connection = openSqlite(path, { readOnly: false, immutable: false, timeoutMs: 5000 });
for (const sql of ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", ...schema]) {
  connection.prepare(sql).get();
}
const begin = connection.prepare("BEGIN IMMEDIATE");
const commit = connection.prepare("COMMIT");
const insert = connection.prepare("INSERT INTO reservations VALUES (?, '', ?, ?, NULL, ?, ?)");
const update = connection.prepare(
  "UPDATE reservations SET last_used_at = ? WHERE path = ? AND tag = ?",
);
const select = connection.prepare("SELECT * FROM reservations WHERE path = ? AND tag = ?");

const pathOf = (index: number) => `/home/dev/project-${index % 50}/checkout-${index}`;

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
const version = String(connection.prepare("SELECT sqlite_version()").get()?.[0]);
console.log(JSON.stringify({ version, batch, write, read }));

/** Seconds. */
function time(act: () => void): number {
  const start = performance.now();
  act();
  return (performance.now() - start) / 1e3;
}
