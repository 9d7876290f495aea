import assert from "node:assert/strict";
import { BLIND, type Home, trop } from "../support/program.ts";

const STRANGER = 12_345;
const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;

const COMMANDS: readonly string[][] = [
  ["reserve"],
  ["reserve", "--dry-run"],
  ["list"],
  ["prune"],
  ["assert-data-dir", "--validate"],
  ["init", "--overwrite"],
];

async function refusesAll(home: Home, reason: RegExp): Promise<void> {
  for (const command of COMMANDS) {
    await home.run(command, { status: 6, stderr: reason });
  }
}

Deno.test({
  name: "a data directory that others may write is refused, and it is said how to go on",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using home = await trop.home();
    await home.run(["reserve"], { stdout: "5000\n", env: BLIND });
    await Deno.chmod(home.path(".trop"), 0o757);
    const path = home.path(".trop");
    await refusesAll(
      home,
      new RegExp(
        `^Error: database error: ${path} could have been written by others: everyone may write ` +
          `it; run 'chmod go-w ${path}', or set TROP_ALLOW_SHARED_DATA_DIR=1 if you trust them\\n$`,
      ),
    );
    const env = { ...BLIND, TROP_ALLOW_SHARED_DATA_DIR: "1" };
    await home.run(["reserve"], { stdout: "5000\n", env });
    await home.run(["assert-data-dir", "--validate"], { env });
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o757, "modes are never changed");
    await Deno.chmod(path, 0o755);
    await home.run(["reserve"], { stdout: "5000\n", env: BLIND });
  },
});

Deno.test({
  name: "a checkout or the data directory itself cannot allow what the user did not",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using home = await trop.home({ ".trop": {} });
    await Deno.chmod(home.path(".trop"), 0o777);
    for (const file of [".trop/config.yaml", "trop.yaml"]) {
      await home.write({ [file]: "allow_shared_data_dir: true\n" });
      await home.run(["reserve"], { status: 7, stderr: /unknown key 'allow_shared_data_dir'/ });
      await Deno.remove(home.path(file));
    }
  },
});

Deno.test({
  name: "nothing is created in a data directory that others may write",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using home = await trop.home({ ".trop": {} });
    await Deno.chmod(home.path(".trop"), 0o777);
    const wanted = { status: 6, stderr: /\.trop could have been written by others/ };
    await home.run(["init", "--with-config"], wanted);
    await home.run(["init", "--dry-run"], wanted);
    await home.run(["reserve"], wanted);
    assert.deepEqual([...Deno.readDirSync(home.path(".trop"))], []);
  },
});

Deno.test({
  name: "a data directory or database of another user is refused, but not after sudo by that user",
  ignore: !isRoot,
  async fn() {
    await using home = await trop.home();
    await home.run(["reserve"], { stdout: "5000\n", env: BLIND });
    for (const path of [home.path(".trop/trop.db"), home.path(".trop")]) {
      await Deno.chown(path, STRANGER, STRANGER);
      await refusesAll(
        home,
        new RegExp(
          `^Error: database error: ${path} could .* belongs to user ${STRANGER}, and .* 0;`,
        ),
      );
      await home.run(["list"], { stdout: /5000/, env: { TROP_ALLOW_SHARED_DATA_DIR: "yes" } });
      await home.run(["list"], { stdout: /5000/, env: { SUDO_UID: String(STRANGER) } });
      await home.run(["list"], { status: 6, stderr: /./, env: { SUDO_UID: "1" } });
      await Deno.chown(path, 0, 0);
    }
    await home.run(["reserve"], { stdout: "5000\n", env: BLIND });
  },
});
