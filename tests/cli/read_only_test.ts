/**
 * Commands that only read where nothing can be written: on a read-only mount, and in a directory
 * that the user may not write.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { fileHash, rawConnection, rawRow, writeV1 } from "../support/database.ts";
import { type Circumstances, type Expectation, type Home, trop } from "../support/program.ts";
import { databaseOf, homeStoring } from "../support/stored.ts";

const IMMUTABLE = "Warning: the database is read as if nobody could write it, because its " +
  "directory is read-only; another process may be writing\n";

/** What each prints when it can. */
const READING: readonly (readonly [args: string, wanted: Expectation])[] = [
  ["list --format csv", { stdout: /^port,.*\n5000,/ }],
  ["list-projects", { stdout: "blog\n" }],
  ["assert-reservation --path /gone", { stdout: "5000\n" }],
  ["assert-port 5000", {}],
  ["env --path /gone --shell sh", { stdout: "export PORT=5000\n" }],
  ["url --path /gone", { stdout: "http://localhost:5000\n" }],
  ["assert-data-dir --validate", {}],
  ["release --path /gone --force --dry-run", { stderr: /1\. Delete reservation for \/gone\n/ }],
  ["prune --dry-run", { stderr: /Would remove 1 / }],
  ["expire --dry-run", { stderr: /Would expire 0 / }],
  ["autoclean --dry-run", { stderr: /Would remove 1 / }],
  ["migrate --from /gone --to /w --dry-run", { stderr: /\/gone -> \/w / }],
];

const WRITING = ["reserve", "release --path /gone --force", "prune", "autoclean"];

/** Runs the program where the home directory is mounted read-only. */
const MOUNTED: Circumstances = {
  script: 'exec unshare -m sh -c \'mount --bind "$HOME" "$HOME" && ' +
    'mount -o remount,ro,bind "$HOME" && cd "$HOME" && exec "$@"\' sh "$@"',
};

/** Whether this process may mount: in most places only root may. */
function canMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const script = "mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp";
    return new Deno.Command("unshare", { args: ["-m", "sh", "-c", script] }).outputSync().success;
  } catch {
    return false;
  }
}

const store = () => homeStoring([{ path: "/gone", project: "blog" }]);

const PLACES: readonly {
  readonly place: string;
  readonly ignore: boolean;
  readonly circumstances: Circumstances;
  prepare(home: Home): Promise<void>;
}[] = [
  {
    place: "on a read-only mount",
    ignore: !canMount(),
    circumstances: MOUNTED,
    prepare: () => Promise.resolve(),
  },
  {
    place: "in a directory of somebody else's",
    ignore: Deno.build.os !== "linux",
    circumstances: { unprivileged: true },
    async prepare(home) {
      await Deno.chmod(databaseOf(home), 0o444);
      await Deno.chmod(home.path(".trop"), 0o555);
    },
  },
];

for (const { place, ignore, circumstances, prepare } of PLACES) {
  Deno.test({
    name: `reading works ${place}, and says what it relies on (D05, defect 7)`,
    ignore,
    async fn() {
      await using home = await store();
      await prepare(home);
      const before = fileHash(databaseOf(home));
      for (const [args, { stdout, stderr = /^/ }] of READING) {
        const result = await home.run(args.split(" "), {
          ...circumstances,
          ...(stdout !== undefined && { stdout }),
          stderr,
        });
        assert(result.stderr.startsWith(IMMUTABLE), `${args}: ${result.stderr}`);
        const quiet = await home.run([...args.split(" "), "--quiet"], {
          ...circumstances,
          stdout: /^/,
        });
        assert.equal(quiet.stderr, "");
      }
      assert.equal(fileHash(databaseOf(home)), before);
      assert.deepEqual([...Deno.readDirSync(home.path(".trop"))].length, 1);
    },
  });

  Deno.test({
    name: `what would write fails ${place}`,
    ignore,
    async fn() {
      await using home = await store();
      await prepare(home);
      for (const args of WRITING) {
        await home.run(args.split(" "), {
          ...circumstances,
          status: 6,
          stderr: /^Error: database error: cannot (write|open) .*trop\.db: .*--data-dir\n$/,
        });
      }
    },
  });

  Deno.test({
    name: `a database of version 1 cannot be read ${place}, and it is said why`,
    ignore,
    async fn() {
      await using home = await trop.home({ ".trop": {} });
      writeV1(databaseOf(home), { rows: [rawRow()] });
      await prepare(home);
      await home.run(["list"], {
        ...circumstances,
        status: 6,
        stderr: /^Error: database schema migration required from version 1 to 2: .*\n$/,
      });
    },
  });
}

Deno.test("a write-ahead log that nobody may replay is not passed over", async () => {
  await using home = await store();
  using other = rawConnection(databaseOf(home));
  other.exec("UPDATE reservations SET port = 6000");
  await Deno.mkdir(home.path("copy"));
  for (const suffix of ["", "-wal"]) {
    await Deno.copyFile(databaseOf(home) + suffix, home.path(`copy/trop.db${suffix}`));
  }
  await Deno.chmod(home.path("copy"), 0o555);
  await home.run(["list", "--data-dir", "copy"], {
    unprivileged: true,
    status: 6,
    stderr: /^Error: database error: /,
  });
});

Deno.test("reading while another process writes waits for nobody", async () => {
  await using home = await store();
  using other = rawConnection(databaseOf(home));
  other.exec("BEGIN IMMEDIATE; UPDATE reservations SET port = 6000");
  for (const [args, wanted] of READING) {
    await home.run([...args.split(" "), "--busy-timeout", "0"], wanted);
  }
});

Deno.test({
  name: "without every permission of Deno reading fails there for the same reason as writing",
  ignore: Deno.build.os !== "linux" || Deno.env.has("TROP_UNDER_TEST"),
  async fn() {
    await using home = await store();
    const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
    const flags = ["--quiet", "--no-prompt", "--allow-read", "--allow-write", "--allow-env"];
    const program = [Deno.execPath(), "run", ...flags, main];
    await Deno.chmod(databaseOf(home), 0o444);
    await Deno.chmod(home.path(".trop"), 0o555);
    await home.run(["list"], {
      program,
      unprivileged: true,
      status: 6,
      stderr:
        /^Error: database error: cannot write \S+trop\.db: the data directory .*--data-dir\n$/,
    });
    await Deno.chmod(home.path(".trop"), 0o755);
    await home.run(["__complete", "projects", "--", "trop"], { program, stdout: "blog\n" });
  },
});
