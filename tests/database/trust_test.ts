import assert from "node:assert/strict";
import { databaseOptions } from "../../src/database/config.ts";
import { prepareFile } from "../../src/database/files.ts";
import { whyDistrust } from "../../src/database/trust.ts";
import { databaseHome, failureOf } from "../support/database.ts";

const isUnix = Deno.build.os !== "windows";

/** Owner, group and mode of a file, who looks at it, and what he has against it. */
const ROWS: readonly (readonly [
  file: readonly [uid: number, gid: number, mode: number],
  user: number | undefined,
  reason?: string,
])[] = [
  [[1000, 1000, 0o40700], 1000],
  // What 0.2 made, with the two usual settings of umask.
  [[1000, 1000, 0o40755], 1000],
  [[1000, 1000, 0o40775], 1000],
  [[1000, 1000, 0o100664], 1000],
  [[1000, 100, 0o40755], 1000],
  [[1000, 100, 0o40775], 1000, "group 100 may write it"],
  [[1000, 1000, 0o40777], 1000, "everyone may write it"],
  [[1000, 1000, 0o41777], 1000, "everyone may write it"],
  [[1000, 100, 0o41777], 1000, "everyone may write it"],
  [[1001, 1001, 0o40755], 1000, "it belongs to user 1001, and you are 1000"],
  [[1001, 1001, 0o40777], 1000, "it belongs to user 1001, and you are 1000"],
  [[65534, 65534, 0o40700], 1000, "it belongs to user 65534, and you are 1000"],
  [[0, 0, 0o40755], 1000],
  [[0, 0, 0o40775], 1000],
  [[0, 100, 0o40775], 1000, "group 100 may write it"],
  [[0, 0, 0o40777], 0, "everyone may write it"],
  [[1000, 1000, 0o40700], 0, "it belongs to user 1000, and you are 0"],
  [[501, 20, 0o40755], 0],
  [[501, 20, 0o40775], 0, "group 20 may write it"],
  [[501, 501, 0o40755], 1000, "it belongs to user 501, and you are 1000"],
  [[1001, 1001, 0o40755], undefined],
  [[1001, 1001, 0o40757], undefined, "everyone may write it"],
];

for (const [[uid, gid, mode], user, reason] of ROWS) {
  const file = `${mode.toString(8)} of ${uid}:${gid}`;
  const viewer = user === undefined ? "who is not known" : `user ${user}, for whom 501 works,`;
  const verdict = reason === undefined ? "trusts" : "distrusts";
  Deno.test(`a person ${viewer} ${verdict} a file with mode ${file}`, () => {
    const actsFor = (number: number) => number === 501;
    assert.equal(whyDistrust({ uid, gid, mode }, { user, actsFor })?.reason, reason);
  });
}

Deno.test("a file without owner and mode, as on Windows, is trusted", () => {
  const viewer = { user: 1000, actsFor: () => false };
  assert.equal(whyDistrust({ uid: null, gid: null, mode: null }, viewer), undefined);
});

Deno.test({
  name: "the directory is looked at before a file is made in it, and the file as well",
  ignore: !isUnix,
  fn() {
    using home = databaseHome();
    Deno.chmodSync(home.directory, 0o777);
    const refused = (path: string) => {
      const failure = failureOf(() => home.open());
      assert(failure.code === "untrusted-files");
      assert.deepEqual(failure, { ...failure, path, remedy: "chmod" });
    };
    refused(home.directory);
    assert.deepEqual([...Deno.readDirSync(home.directory)], []);
    home.open({ allowShared: true }).close();
    refused(home.directory);
    Deno.chmodSync(home.directory, 0o700);
    Deno.chmodSync(home.path, 0o666);
    refused(home.path);
    home.open({ allowShared: true }).close();
  },
});

Deno.test({
  name: "where Deno does not tell who the user is, modes still count",
  ignore: !isUnix,
  permissions: { read: true, write: true, env: true },
  fn() {
    assert.throws(() => Deno.uid(), Deno.errors.NotCapable);
    using home = databaseHome();
    prepareFile(databaseOptions(home.path));
    Deno.chmodSync(home.path, 0o602);
    assert.equal(failureOf(() => home.open()).code, "untrusted-files");
  },
});
