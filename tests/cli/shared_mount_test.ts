import assert from "node:assert/strict";
import { canMount, fuseMount } from "../support/fuse_mount.ts";
import { BLIND, type Home, trop } from "../support/program.ts";
import { rawConnection } from "../support/database.ts";

/** A home whose `.trop` is a mount; the files are in `real` as well. */
async function withMount(act: (home: Home) => Promise<void>): Promise<void> {
  await using home = await trop.home({ ".trop": {}, real: {} });
  using _mount = fuseMount(home.path("real"), home.path(".trop"));
  await act(home);
}

const WARNING = /^Warning: the database lies on a shared file system \(fuse\): two systems /;

/** The journal as the other side of the mount sees it. */
function journalOf(home: Home): string {
  using database = rawConnection(home.path("real/trop.db"));
  return String(database.prepare("PRAGMA journal_mode").get()?.["journal_mode"]);
}

const test = (name: string, fn: () => Promise<void>) => {
  Deno.test({ name: `on a real FUSE mount, ${name}`, ignore: !canMount, fn });
};

test("every command says once that it keeps a rollback journal", () =>
  withMount(async (home) => {
    await home.run(["reserve"], { stdout: "5000\n", stderr: WARNING, env: BLIND });
    assert.equal(journalOf(home), "delete");
    const { stderr } = await home.run(["reserve", "--tag", "b"], {
      stdout: "5001\n",
      env: BLIND,
      stderr: /It keeps a rollback journal there\. Use a local disk or a named volume with --data-/,
    });
    assert.equal(stderr.trim().split("\n").length, 1);
    await home.run(["reserve", "--quiet"], { stdout: "5000\n", env: BLIND });
  }));

test("the user's file or a variable settles the journal, and nothing is said", () =>
  withMount(async (home) => {
    await home.write({ ".trop/config.yaml": "sqlite_journal: rollback\n" });
    await home.run(["reserve"], { stdout: "5000\n", env: BLIND });
    assert.equal(journalOf(home), "delete");
    await home.run(["reserve"], {
      stdout: "5000\n",
      env: { ...BLIND, TROP_SQLITE_JOURNAL: "wal" },
    });
    assert.equal(journalOf(home), "wal");
    await home.run(["list"], { stdout: /5000/ });
    assert.equal(journalOf(home), "delete");
  }));

test("a log that another process uses is not taken away", () =>
  withMount(async (home) => {
    await home.run(["init", "--quiet"], { stdout: /./, env: { TROP_SQLITE_JOURNAL: "wal" } });
    using other = rawConnection(home.path("real/trop.db"));
    other.prepare("SELECT * FROM metadata").all();
    await home.run(["reserve"], {
      stdout: "5000\n",
      env: BLIND,
      stderr: /It keeps its write-ahead log, which is worse, because another process has it open/,
    });
    assert.equal(other.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "wal");
  }));

test("validation tells of it", () =>
  withMount(async (home) => {
    await home.run(["init"], { stdout: /Created database/, stderr: WARNING });
    await home.run(["assert-data-dir", "--validate"], {
      stderr: /shared file system \(fuse\).*\nWarning: the journal mode is delete, not wal\n$/,
    });
  }));
