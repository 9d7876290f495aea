/**
 * What opening makes in the file system, and what commands leave alone there.
 *
 * The states that a file can be in are in state_test.ts. F10 needs the other tool's binary, and F12
 * is for `trop init`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { list } from "../../src/database/operations.ts";
import { withRead } from "../../src/database/transaction.ts";
import { Barrier } from "../support/barrier.ts";
import {
  databaseHome,
  doctor,
  fileHash,
  homeWith,
  rawRow,
  writeV1,
  writeV2,
} from "../support/database.ts";
import { atOnce, crew, Peer } from "../support/peers.ts";
import { type Circumstances, type Home, trop } from "../support/program.ts";

const ignore = Deno.build.os === "windows";

/** The permission bits of a file or directory. */
function mode(path: string): number {
  return Deno.statSync(path).mode! & 0o777;
}

for (const mask of [0o022, 0o077, 0o377]) {
  Deno.test(`F01 under umask ${mask.toString(8)} a new database is its owner's alone`, {
    ignore,
  }, () => {
    const before = Deno.umask(mask);
    try {
      using home = databaseHome();
      const path = `${home.directory}/above/data/trop.db`;
      const database = home.open({ path });
      withRead(database, "making the companions", list);
      assert.equal(mode(`${home.directory}/above`), 0o777 & ~mask);
      assert.equal(mode(`${home.directory}/above/data`), 0o700);
      for (const suffix of ["", "-wal", "-shm"]) assert.equal(mode(path + suffix), 0o600);
    } finally {
      Deno.umask(before);
    }
  });
}

Deno.test("F01 what exists keeps its modes", { ignore }, () => {
  using home = databaseHome();
  Deno.writeTextFileSync(home.path, "");
  Deno.chmodSync(home.path, 0o640);
  Deno.chmodSync(home.directory, 0o750);
  home.open().close();
  assert.equal(mode(home.path), 0o640);
  assert.equal(mode(home.directory), 0o750);
});

/** A home whose database holds one reservation for its directory `shop`. */
async function shop(): Promise<Home> {
  const home = await trop.home({ shop: {}, ".trop": {} });
  writeV2(home.path(".trop/trop.db"), { rows: [rawRow({ path: home.path("shop") })] });
  return home;
}

for (
  const command of [
    "list",
    "list-projects",
    "assert-reservation",
    "assert-port 5000",
    "assert-data-dir --validate",
    "reserve --dry-run",
    "release --dry-run",
    "prune --dry-run",
    "expire --dry-run",
    "autoclean --dry-run",
  ]
) {
  Deno.test(`F07 trop ${command} changes no byte of the file`, async () => {
    await using home = await shop();
    const before = fileHash(home.path(".trop/trop.db"));
    await home.run(command.split(" "), { cwd: "shop", stdout: /^/, stderr: /^/ });
    assert.equal(fileHash(home.path(".trop/trop.db")), before);
  });
}

/**
 * What makes a command that changes rows fail, and what it then says. Where it can
 * be read, it holds an old reservation for `directory`, so that every command has something to do.
 */
const OBSTACLES: readonly {
  readonly what: string;
  readonly make: (path: string, directory: string) => void;
  readonly circumstances?: Circumstances;
  readonly says: RegExp;
}[] = [
  {
    what: "a newer file",
    make: (path) => writeV2(path, { version: "3" }),
    says: /^Error: unsupported schema version: .*newer than client/,
  },
  {
    what: "another program's file",
    make: (path) => doctor(path, "CREATE TABLE songs (title)"),
    says: /^Error: database corruption detected: .* is not a trop database/,
  },
  {
    what: "a file that cannot be migrated",
    make: (path) => writeV1(path, { rows: [rawRow({ port: 0 })] }),
    says: /^Error: database migration from schema 1 to 2 blocked: /,
  },
  {
    what: "a damaged row",
    make: (path, directory) =>
      writeV2(path, { rows: [rawRow({ path: directory, project: " ", lastUsedAt: 1 })] }),
    says: /^Error: database corruption detected: table=reservations, field=project, /,
  },
  {
    what: "a file that may not be written",
    make: (path, directory) => {
      const gone = rawRow({ path: `${directory}/gone`, port: 5001 });
      writeV2(path, { rows: [rawRow({ path: directory, lastUsedAt: 1 }), gone] });
      Deno.chmodSync(path, 0o444);
    },
    circumstances: { unprivileged: true },
    says: /^Error: database error: cannot write .*permissions/,
  },
];

for (const { what, make, circumstances, says } of OBSTACLES) {
  for (const command of ["reserve", "release --recursive", "prune", "expire", "autoclean"]) {
    Deno.test(`F08 trop ${command} prints nothing on ${what}`, { ignore }, async () => {
      await using home = await trop.home({ ".trop": {} });
      const path = home.path(".trop/trop.db");
      make(path, home.directory);
      const before = fileHash(path);
      await home.run([...command.split(" "), "--quiet"], {
        ...circumstances,
        status: 6,
        stderr: says,
      });
      assert.equal(fileHash(path), before);
    });
  }
}

for (const command of ["reserve", "release", "prune", "expire", "autoclean"]) {
  Deno.test(`F08 trop ${command} prints nothing when the lock cannot be had`, async () => {
    await using home = await shop();
    await using peer = new Peer();
    using barrier = new Barrier();
    const { end } = await peer.begin("holdLock", { path: home.path(".trop/trop.db") }, barrier);
    await home.run([command, "--busy-timeout", "0"], {
      cwd: "shop",
      status: 2,
      stderr: "Error: database lock timeout while starting an immediate database transaction " +
        "after 0s\n",
    });
    barrier.release();
    await end;
  });
}

Deno.test("F11 when the last of eight processes has left, only the file is there", async () => {
  using home = homeWith();
  await using team = crew(8);
  const paths = Array.from({ length: 10 }, (_, index) => `/w/${index}`);
  await atOnce(team.peers, "reserve", () => ({ path: home.path, paths }));
  assert.deepEqual([...Deno.readDirSync(home.directory)].map(({ name }) => name), ["trop.db"]);
});
