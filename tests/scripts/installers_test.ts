import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { writeInstallers } from "../../scripts/installers.ts";
import { trop } from "../support/program.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const RELEASE = { server: "https://example.org/trop/releases", version: "1.2.3-rc.1" };

/** The lines of `text` that are not lines of `original`. */
function changed(text: string, original: string): string[] {
  const before = new Set(original.split("\n"));
  return text.split("\n").filter((line) => !before.has(line));
}

Deno.test("the installers of a release know where it is, and are otherwise as in the repository", async () => {
  await using home = await trop.home();
  await writeInstallers(home.directory, RELEASE);
  for (
    const [file, lines] of [
      ["install.sh", [
        "default_server='https://example.org/trop/releases'",
        "default_version='1.2.3-rc.1'",
      ]],
      ["install.ps1", [
        "  $default_server='https://example.org/trop/releases'",
        "  $default_version='1.2.3-rc.1'",
      ]],
    ] as const
  ) {
    const original = await Deno.readTextFile(ROOT + file);
    const text = await home.read(file);
    assert.deepEqual(changed(text, original), lines);
    assert.equal(text.split("\n").length, original.split("\n").length);
  }
});

Deno.test("the dev container Feature of a release has everything in its own directory", async () => {
  await using home = await trop.home();
  await writeInstallers(home.directory, RELEASE);
  const feature = home.path("devcontainer/src/trop");
  const names = (await Array.fromAsync(Deno.readDir(feature))).map(({ name }) => name).sort();
  assert.deepEqual(names, [
    "dev-container.sh",
    "devcontainer-feature.json",
    "install.sh",
    "installer.sh",
  ]);
  assert.equal(await home.read(`${feature}/installer.sh`), await home.read("install.sh"));
  assert.equal((await Deno.stat(`${feature}/install.sh`)).mode! & 0o777, 0o755);
});

for (const server of ["https://example.org/'; reboot; '", "https://example.org/\n", "$(reboot)"]) {
  Deno.test(`no installer is written for the server ${JSON.stringify(server)}`, async () => {
    await using home = await trop.home();
    await assert.rejects(
      writeInstallers(home.directory, { server, version: "1.0.0" }),
      /cannot stand in install\.sh/,
    );
    assert.deepEqual(await Array.fromAsync(Deno.readDir(home.directory)), []);
  });
}
