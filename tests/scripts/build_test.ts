import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { COMMIT, VERSION } from "../../src/version.ts";
import { git, makeRepository } from "../support/git.ts";
import { type Home, trop } from "../support/program.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What a build reads. */
const SOURCES = [
  "deno.json",
  "deno.lock",
  "devcontainer",
  "install.ps1",
  "install.sh",
  "main.ts",
  "LICENSE",
  "schema",
  "scripts",
  "src",
];

/** Builds the copy of this repository in `directory`. @returns The bytes of every file by name. */
async function build(home: Home, directory: string): Promise<ReadonlyMap<string, string>> {
  const program = [Deno.execPath(), "task", "--quiet", "build"];
  await home.run([], { program, cwd: directory, stdout: /^Built .*\/dist:\n/ });
  const files = new Map<string, string>();
  for (const { name, isFile } of Deno.readDirSync(home.path(`${directory}/dist`))) {
    if (isFile) files.set(name, await home.read(`${directory}/dist/${name}`));
  }
  return files;
}

/** Commits a copy of this repository as it is at this moment. @returns Its commit. */
async function makeCopy(home: Home, directory: string): Promise<string> {
  makeRepository(home.path(directory));
  const from = SOURCES.map((name) => `${ROOT}${name}`);
  await home.run([], { program: ["cp", "-R", ...from, home.path(directory)] });
  git(home.path(directory), "add", ".");
  git(home.path(directory), "commit", "--quiet", "--message", "copy");
  const program = ["git", "rev-parse", "HEAD"];
  return (await home.run([], { program, cwd: directory, stdout: /./ })).stdout.trim();
}

Deno.test("a build", async (test) => {
  await using home = await trop.home();
  const commit = await makeCopy(home, "one");
  git(home.directory, "clone", "--quiet", "one", "another/place");
  const files = await build(home, "one");

  await test.step("gives the same bytes in another place", async () => {
    assert.deepEqual(await build(home, "another/place"), files);
  });

  await test.step("is made of modules whose exports keep their values, as linking wants", async () => {
    const { sources } = JSON.parse(files.get("trop.js.map") ?? "");
    for (const source of sources.filter((name: string) => !name.startsWith("npm:"))) {
      assert.doesNotMatch(await home.read(`one/${source}`), /^export (let|var) /m, source);
    }
  });

  await test.step("has only names in its source map that tell nothing of the machine", () => {
    const { sources } = JSON.parse(files.get("trop.js.map") ?? "");
    assert(sources.includes("src/cli/app.ts"));
    for (const source of sources) assert.match(source, /^(src\/|main\.ts$|npm:[a-z-]+@[0-9.]+\/)/);
  });

  await test.step("leads from its code back to the line of the source", async () => {
    const lines = (files.get("trop.js") ?? "").split("\n");
    const phrase = "Manage ephemeral port reservations";
    const line = lines.findIndex((line) => line.includes(phrase));
    const map = new SourceMap(JSON.parse(files.get("trop.js.map") ?? ""));
    const entry = map.findEntry(line, lines[line]?.indexOf(phrase) ?? 0);
    assert("originalSource" in entry);
    const source = await Deno.readTextFile(`${ROOT}${entry.originalSource}`);
    assert(source.split("\n")[entry.originalLine]?.includes(phrase));
  });

  await test.step("carries the licences of all that is in it", () => {
    const [banner] = (files.get("trop.js") ?? "").split("*/");
    assert.match(banner ?? "", /^\/\*!\ntrop [0-9.]+, commit [0-9a-f]{40}\n\nMIT License\n/);
    assert.match(banner ?? "", /\nContains yaml [0-9.]+:\n\nCopyright Eemeli Aro/);
  });

  await test.step("imports nothing but the SQLite of the run time", async () => {
    const program = [Deno.execPath(), "info", "--json", "one/dist/trop.js"];
    const { modules: [module] } = JSON.parse(
      (await home.run([], { program, stdout: /./ })).stdout,
    );
    const specifiers = module.dependencies.map((one: { specifier: string }) => one.specifier);
    assert.deepEqual(specifiers, ["node:sqlite"]);
  });

  await test.step("runs alone, without configuration, packages and network", async () => {
    await home.write({ "alone/trop.js": files.get("trop.js") ?? "", "alone/trop.yaml": "{}\n" });
    const flags = ["--no-config", "--no-npm", "--no-remote", "--no-prompt", "--allow-all"];
    const program = [Deno.execPath(), "run", ...flags, "--unstable-net", "trop.js"];
    const bare = { program, cwd: "alone", env: { DENO_DIR: home.path("empty") } };
    await home.run(["reserve"], { ...bare, stdout: "5000\n" });
    await home.run(["--version", "--verbose"], {
      ...bare,
      stdout: new RegExp(`^trop ${VERSION}\ncommit: ${commit}\n`),
    });
  });

  await test.step("is kept in V8's code cache when it has run", () => {
    using cache = new DatabaseSync(home.path("empty/v8_code_cache_v2"), { readOnly: true });
    const size = cache.prepare("SELECT length(data) AS size FROM codecache WHERE specifier LIKE ?");
    assert(Number(size.get("file:%/alone/trop.js")?.["size"]) > 50_000);
  });

  await test.step("does not make Deno read its source map at every start", () => {
    assert(!files.get("trop.js")?.includes("sourceMappingURL"));
  });

  await test.step("has completions and manual where the installer looks for them", async () => {
    await home.run(["-xzf", "one/dist/trop-share.tar.gz"], { program: ["tar"] });
    for (const { name } of Deno.readDirSync(home.path("share/man/man1"))) {
      const page = await Deno.readTextFile(`${ROOT}man/${name}`);
      assert.equal(await home.read(`share/man/man1/${name}`), page);
    }
    const completions = {
      bash: "bash-completion/completions/trop",
      fish: "fish/vendor_completions.d/trop.fish",
      zsh: "zsh/site-functions/_trop",
    };
    for (const [shell, path] of Object.entries(completions)) {
      const stdout = await home.read(`share/${path}`);
      await home.run(["completions", shell, "--quiet"], { stdout });
    }
  });

  await test.step("has checksums that sha256sum agrees with", async () => {
    const program = ["sha256sum", "--check", "--strict", "SHA256SUMS"];
    const { stdout } = await home.run([], { program, cwd: "one/dist", stdout: /./ });
    const checked = stdout.trim().split("\n").map((line) => line.replace(/: OK$/, ""));
    assert.deepEqual([...checked, "SHA256SUMS"].sort(), [...files.keys()].sort());
  });

  await test.step("of changed sources names no commit, and keeps nothing of the one before", async () => {
    await home.write({ "one/LICENSE": "Changed\n", "one/dist/stale": "" });
    const changed = await build(home, "one");
    assert(changed.get("trop.js")?.startsWith(`/*!\ntrop ${VERSION}, commit ${COMMIT}\n`));
    assert.deepEqual([...changed.keys()].sort(), [...files.keys()].sort());
  });
});
