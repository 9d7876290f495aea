/**
 * What may lie in a data directory in place of a sound database: half a file, something else
 * altogether, or the companions without it.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { DatabaseOptions } from "../../src/database/config.ts";
import {
  atPath,
  create,
  createAll,
  get,
  getByPort,
  list,
  underPath,
} from "../../src/database/operations.ts";
import { withWrite, type WriteTransaction } from "../../src/database/transaction.ts";
import type { Reservation } from "../../src/domain/reservation.ts";
import type { Failure } from "../../src/errors.ts";
import { Barrier } from "../support/barrier.ts";
import {
  type DatabaseHome,
  databaseHome,
  failureOf,
  fileHash,
  homeWith,
  readRaw,
  reservation,
  reservations,
  validRows,
} from "../support/database.ts";
import { Peer } from "../support/peers.ts";

/** The ways in which commands open a file. */
const OPENINGS: Readonly<Record<string, Partial<DatabaseOptions>>> = {
  "for writing": {},
  "for a reading command": { queryOnly: true },
  "read-only": { readOnly: true },
};

const TRUNCATED = 200;

for (const [how, options] of Object.entries(OPENINGS)) {
  for (const length of [1, 15, 16, 99, 100, 511, 512, 4096, "half"] as const) {
    const name = `K08 a file cut to ${length} bytes is refused ${how}, and left alone`;
    Deno.test(name, () => {
      using home = homeWith(...reservations(TRUNCATED));
      Deno.truncateSync(home.path, length === "half" ? Deno.statSync(home.path).size / 2 : length);
      const before = fileHash(home.path);
      const failure = failureOf(() => home.open(options));
      assert.equal(failure.code, "database-corruption");
      assert.equal(fileHash(home.path), before);
    });
  }
}

Deno.test("K08 a file cut to 0 bytes is a fresh one", () => {
  using home = homeWith(...reservations(TRUNCATED));
  Deno.truncateSync(home.path, 0);
  assert.deepEqual(validRows(home.path), []);
});

/** What else can have the database's name, and what is said about it. */
const NOT_A_DATABASE: readonly {
  what: string;
  make: (path: string) => void;
  code: Failure["code"];
}[] = [
  {
    what: "a short text",
    make: (path) => Deno.writeTextFileSync(path, "shopping list\n"),
    code: "database-corruption",
  },
  {
    what: "a long text",
    make: (path) => Deno.writeTextFileSync(path, "shopping list\n".repeat(500)),
    code: "database-corruption",
  },
  { what: "a directory", make: (path) => Deno.mkdirSync(path), code: "cannot-open-database" },
  {
    what: "a named pipe",
    make: (path) => new Deno.Command("mkfifo", { args: [path] }).outputSync(),
    code: "cannot-open-database",
  },
  {
    what: "a link to nothing",
    make: (path) => Deno.symlinkSync("nowhere", path),
    code: "cannot-open-database",
  },
  {
    what: "a link to itself",
    make: (path) => Deno.symlinkSync("trop.db", path),
    code: "cannot-open-database",
  },
];

/** What lies at `path`, without following links. */
function entryAt(path: string): unknown {
  const { isFile, isSymlink, isDirectory, isFifo } = Deno.lstatSync(path);
  const contents = isFile ? Deno.readTextFileSync(path) : isSymlink ? Deno.readLinkSync(path) : "";
  return { isFile, isSymlink, isDirectory, isFifo, contents };
}

for (const { what, make, code } of NOT_A_DATABASE) {
  for (const [how, options] of Object.entries(OPENINGS)) {
    Deno.test(`K09 ${what} in the database's place is refused ${how}, and left alone`, () => {
      using home = databaseHome();
      make(home.path);
      const before = entryAt(home.path);
      assert.equal(failureOf(() => home.open(options)).code, code);
      assert.deepEqual(entryAt(home.path), before);
      assert.deepEqual([...Deno.readDirSync(home.directory)].map(({ name }) => name), ["trop.db"]);
    });
  }
}

/** A file whose last reservation, port 5001, is in the log alone: its users were all killed. */
async function leaveLog(home: DatabaseHome): Promise<void> {
  home.open().close();
  await using writer = new Peer();
  await using reader = new Peer();
  using barrier = new Barrier();
  const { path } = home;
  await writer.call("reserve", { path, paths: ["/w/first"] });
  const { end } = await reader.begin("holdSnapshot", { path }, barrier);
  const ended = Promise.allSettled([end]);
  await writer.call("reserve", { path, paths: ["/w/second"] });
  await Promise.all([reader.kill(), writer.kill()]);
  await ended;
}

for (
  const [what, lose, ports] of [
    ["everything", [], [5000, 5001]],
    // So it is the log that the second one is in.
    ["the file alone", ["-wal", "-shm"], [5000]],
    ["the file and its log", ["-shm"], [5000, 5001]],
    ["the log of a file that is gone", ["", "-shm"], []],
    ["the log and the shared memory of a file that is gone", [""], []],
  ] as const
) {
  const left = ports.join(" and ") || "none";
  Deno.test(`K12 after a death that leaves ${what}, the reservations are ${left}`, async () => {
    using home = databaseHome();
    await leaveLog(home);
    for (const suffix of lose) Deno.removeSync(home.path + suffix);
    assert.deepEqual(validRows(home.path).map(({ port }) => port), ports);
  });
}

Deno.test("K12 an old log beside a new, empty file brings no reservation back", async () => {
  using home = databaseHome();
  await leaveLog(home);
  Deno.truncateSync(home.path, 0);
  assert.deepEqual(validRows(home.path).map(({ port }) => port), []);
});

/** Bytes of a text, or of numbers, in a database file. */
function bytesOf(...parts: readonly (string | number)[]): Uint8Array {
  const bytes = parts.flatMap((part) => {
    return typeof part === "string" ? [...new TextEncoder().encode(part)] : [part];
  });
  return new Uint8Array(bytes);
}

/** Puts bytes in the place of others, which are there once. */
function replaceBytes(path: string, before: Uint8Array, after: Uint8Array): void {
  const bytes = Deno.readFileSync(path);
  const places = Array.from(bytes.keys())
    .filter((place) => before.every((byte, index) => bytes[place + index] === byte));
  assert.equal(places.length, 1, `${before} is there ${places.length} times`);
  bytes.set(after, places[0]!);
  Deno.writeFileSync(path, bytes);
}

const [ONE, TWO, THREE] = ["/w/one", "/w/two", "/w/six"].map((path, index) => {
  return reservation({ path, port: 5000 + index });
}) as [Reservation, Reservation, Reservation];
/** How a row of the table has a path and its port, how the index of keys has a path and its row. */
const row = ({ path, port }: Reservation) => bytesOf(path, port >> 8, port & 0xff);
const entry = (path: string, rowid: number) => bytesOf(path, rowid);
const NEW = reservation({ path: "/w/new", port: 5003 });

/** Damage that SQLite itself does not notice, and what must not be answered then. */
const CONTRADICTIONS: readonly {
  readonly what: string;
  readonly damage: readonly [before: Uint8Array, after: Uint8Array];
  readonly act: (transaction: WriteTransaction) => unknown;
}[] = [
  {
    what: "a row that has another row's port is not read",
    damage: [row(TWO), row({ ...TWO, port: THREE.port })],
    act: (it) => get(it, TWO),
  },
  {
    what: "a row that has nobody's port is not read",
    damage: [row(TWO), row({ ...TWO, port: NEW.port })],
    act: (it) => atPath(it, TWO.path),
  },
  {
    what: "a key that leads to another key's row is not read",
    damage: [entry(TWO.path, 2), entry(TWO.path, 3)],
    act: (it) => get(it, TWO),
  },
  {
    what: "a key that leads to another key's row is not released",
    damage: [entry(TWO.path, 2), entry(TWO.path, 3)],
    act: (it) => underPath(it, TWO.path),
  },
  {
    what: "a port that another row has as well is not listed",
    damage: [row(TWO), row({ ...TWO, port: THREE.port })],
    act: list,
  },
  {
    what: "a port that leads to a row with another one is not read",
    damage: [row(TWO), row({ ...TWO, port: NEW.port })],
    act: (it) => getByPort(it, TWO.port),
  },
  {
    what: "a key that its index lacks is not given a second port",
    damage: [entry(TWO.path, 2), entry("/w/twp", 2)],
    act: (it) => create(it, { ...TWO, port: NEW.port }),
  },
  {
    what: "a port that its index lacks is not given twice",
    damage: [row(TWO), row({ ...TWO, port: NEW.port })],
    act: (it) => create(it, NEW),
  },
  {
    what: "ports that an index lacks are not given twice",
    damage: [row(TWO), row({ ...TWO, port: NEW.port })],
    act: (it) => createAll(it, [NEW]),
  },
];

for (const { what, damage, act } of CONTRADICTIONS) {
  Deno.test(`K07 ${what}`, () => {
    using home = homeWith(ONE, TWO, THREE);
    replaceBytes(home.path, ...damage);
    const before = readRaw(home.path);
    const failure = failureOf(() => withWrite(home.open(), "asking in a test", act));
    assert.equal(failure.code, "database-corruption");
    assert.deepEqual(readRaw(home.path), before);
  });
}
