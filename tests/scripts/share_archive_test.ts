import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pack, SHARE_ARCHIVE, shareFiles } from "../../scripts/share_archive.ts";
import { trop } from "../support/program.ts";
import { makeRelease, ReleaseServer, withSums } from "../support/releases.ts";

const INSTALLER = fileURLToPath(new URL("../../install.sh", import.meta.url));

// install.sh is for Linux and macOS.
const test = Deno.build.os === "windows" ? Deno.test.ignore : Deno.test;

test("the installer installs every file of the archive that a build makes", async () => {
  await using home = await trop.home();
  const files = await shareFiles();
  const release = await withSums({
    ...await makeRelease("1.0.0"),
    [SHARE_ARCHIVE]: await pack(files),
  });
  await using server = new ReleaseServer({ "1.0.0": release });
  const args = ["--server", server.url, "--dir", home.path("bin")];
  await home.run(args, { program: ["sh", INSTALLER], stdout: /^Installed trop 1\.0\.0: / });
  for (const [path, text] of Object.entries(files)) assert.equal(await home.read(path), text);
});
