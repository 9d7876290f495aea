// What may have the data directory's place, and what becomes of it while a command runs.

import assert from "node:assert/strict";
import { Barrier } from "../support/barrier.ts";
import { Peer } from "../support/peers.ts";
import { type Entry, type Home, symlink, trop } from "../support/program.ts";
import { databaseOf, homeStoring, portsIn } from "../support/stored.ts";

const COMMANDS = [
  "reserve",
  "reserve --dry-run",
  "release",
  "list",
  "prune",
  "migrate --from /a --to /b",
  "exclude 5000 --global",
  "init",
  "init --overwrite --with-config",
  "assert-data-dir --validate",
];

/** What is no directory, and of which no command can make one. */
const PLACES: Readonly<Record<string, Entry>> = {
  "a link to nothing": symlink("nowhere"),
  "a link to itself": symlink(".trop"),
  "a link to a file": symlink("file"),
  "a file": "not a directory\n",
};

for (const [what, entry] of Object.entries(PLACES)) {
  Deno.test(`with ${what} for a data directory every command says so and leaves it alone`, async () => {
    await using home = await trop.home({ file: "text\n", ".trop": entry });
    const before = await Deno.lstat(home.path(".trop"));
    for (const command of COMMANDS) {
      const { status, stdout, stderr } = await home.start(command.split(" ")).result();
      const story = `${command}: ${status} ${stdout} ${stderr}`;
      assert([1, 5, 6, 7].includes(status), story);
      assert.equal(stdout, "", story);
      assert.match(stderr, /^Error: [^\n]*\n$/, story);
      assert.doesNotMatch(stderr, /internal error|please report/, story);
    }
    const after = await Deno.lstat(home.path(".trop"));
    assert.deepEqual([after.ino, after.mtime], [before.ino, before.mtime]);
    assert.deepEqual([...Deno.readDirSync(home.directory)].map(({ name }) => name).toSorted(), [
      ".trop",
      "file",
    ]);
  });
}

Deno.test("a link to a directory is a data directory", async () => {
  await using home = await trop.home({ real: {}, ".trop": symlink("real") });
  await home.run(["reserve", "--skip-occupancy-check"], { stdout: "5000\n" });
  assert.deepEqual(portsIn(home), [5000]);
  assert.deepEqual([...Deno.readDirSync(home.path("real"))].map(({ name }) => name), ["trop.db"]);
});

/** What happens to the data directory while a process has its database open. */
const LOSSES: Readonly<Record<string, (home: Home) => Promise<void>>> = {
  "the data directory is removed": (home) => Deno.remove(home.path(".trop"), { recursive: true }),
  "the data directory is moved": (home) => Deno.rename(home.path(".trop"), home.path("elsewhere")),
  "the database is removed": (home) => Deno.remove(databaseOf(home)),
  "the database's log is removed": (home) => Deno.remove(`${databaseOf(home)}-wal`),
  "the data directory is replaced": async (home) => {
    await Deno.rename(home.path(".trop"), home.path("elsewhere"));
    await Deno.mkdir(home.path(".trop"), { mode: 0o700 });
  },
};

for (const [what, lose] of Object.entries(LOSSES)) {
  for (const task of ["holdLock", "holdSnapshot"] as const) {
    Deno.test(`K11 ${what} under a process that has the database (${task}), and the next one goes on`, async () => {
      await using home = await homeStoring([{ port: 5000 }]);
      await using peer = new Peer();
      using barrier = new Barrier();
      const { end } = await peer.begin(task, { path: databaseOf(home) }, barrier);
      await lose(home);
      barrier.release();
      // It may have lost what it did, but it ends, and takes nothing of the next one along.
      await end;
      await home.run(["reserve", "--path", "new", "--skip-occupancy-check"], {
        stdout: /^500[01]\n$/,
      });
      await home.run(["assert-data-dir", "--validate"]);
    });
  }
}
