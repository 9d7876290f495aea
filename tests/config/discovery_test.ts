import assert from "node:assert/strict";
import { discoverProject, nameProjectFiles } from "../../src/config/discovery.ts";
import { type AbsolutePath, nativePaths } from "../../src/domain/path.ts";
import { TropError } from "../../src/errors.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

type Reach = "checkout" | "filesystem";

/** A temporary directory with empty files and, for names that end in a slash, directories. */
function tree(...names: readonly string[]) {
  const directory = temporaryDirectory();
  const at = (name: string) => nativePaths.join(directory.path, ...name.split("/"));
  for (const name of names) {
    const isDirectory = name.endsWith("/");
    const path = at(name.replace(/\/$/, ""));
    const parent = nativePaths.parent(path);
    Deno.mkdirSync(isDirectory ? path : parent ?? path, { recursive: true });
    if (!isDirectory) Deno.writeTextFileSync(path, "");
  }
  const relative = (path: AbsolutePath) => path.slice(directory.path.length + 1);
  return {
    at,
    [Symbol.dispose]: () => directory[Symbol.dispose](),
    /** The files found from `name`, and those ignored with the checkout that is not left. */
    discover(name: string, reach: Reach = "checkout"): string {
      const { files, ignored } = discoverProject(at(name), reach);
      const found = [files.project, files.private].flatMap((file) => file ? [relative(file)] : []);
      const passed = ignored
        ? [`(${relative(ignored.file)} outside ${relative(ignored.checkout)})`]
        : [];
      return [...found, ...passed].join(" ");
    },
  };
}

function git(directory: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command("git", {
    args: [
      "-c",
      "user.name=t",
      "-c",
      "user.email=t@t",
      "-c",
      "protocol.file.allow=always",
      ...args,
    ],
    cwd: directory,
  }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
}

Deno.test("the first directory upwards with either file ends the walk", () => {
  using files = tree("trop.yaml", "a/trop.local.yaml", "a/b/c/", "a/d/trop.yaml", "e/");
  assert.equal(files.discover("a/b/c"), "a/trop.local.yaml");
  assert.equal(files.discover("a/d"), "a/d/trop.yaml");
  assert.equal(files.discover("e"), "trop.yaml");
});

Deno.test("both files of a directory are found, hidden names are not", () => {
  using files = tree("trop.yaml", "trop.local.yaml", "a/.trop.yaml", "a/.trop.local.yaml");
  assert.equal(files.discover("a"), "trop.yaml trop.local.yaml");
});

Deno.test("a dangling link is no file, a directory of the name is one", () => {
  using files = tree("a/", "b/trop.yaml/", "trop.yaml");
  Deno.symlinkSync("nowhere", files.at("a/trop.yaml"));
  assert.equal(files.discover("a"), "trop.yaml");
  assert.equal(files.discover("b"), "b/trop.yaml");
});

Deno.test("a file above the root of the checkout belongs to another checkout", () => {
  using files = tree("main/trop.yaml", "main/src/", "main/.worktrees/");
  git(files.at("main"), "init", "--quiet");
  git(files.at("main"), "commit", "--quiet", "--allow-empty", "--message=x");
  git(files.at("main"), "worktree", "add", "--quiet", "--detach", ".worktrees/fix");
  Deno.mkdirSync(files.at("main/.worktrees/fix/deep"));
  const passed = "(main/trop.yaml outside main/.worktrees/fix)";
  assert.equal(files.discover("main/.worktrees/fix/deep"), passed);
  assert.equal(files.discover("main/.worktrees/fix"), passed);
  assert.equal(files.discover("main/.worktrees/fix", "filesystem"), "main/trop.yaml");
  assert.equal(files.discover("main/src"), "main/trop.yaml");
  assert.equal(files.discover("main/.worktrees"), "main/trop.yaml");
  Deno.writeTextFileSync(files.at("main/.worktrees/fix/trop.yaml"), "");
  assert.equal(files.discover("main/.worktrees/fix/deep"), "main/.worktrees/fix/trop.yaml");
});

Deno.test("a checkout inside an ordinary directory does not look above itself either", () => {
  using files = tree("trop.yaml", "app/src/", "plain/");
  git(files.at("app"), "init", "--quiet");
  assert.equal(files.discover("app/src"), "(trop.yaml outside app)");
  assert.equal(files.discover("plain"), "trop.yaml");
});

Deno.test("a submodule belongs to its superproject", () => {
  using files = tree("library/", "main/trop.yaml");
  for (const name of ["library", "main"]) {
    git(files.at(name), "init", "--quiet");
    git(files.at(name), "commit", "--quiet", "--allow-empty", "--message=x");
  }
  git(files.at("main"), "submodule", "--quiet", "add", "../library", "vendor/library");
  assert.equal(files.discover("main/vendor/library"), "main/trop.yaml");
});

Deno.test("a named file stands for itself, or for both of a project's files", () => {
  using files = tree("trop.yaml", "trop.local.yaml", "a/trop.local.yaml", "other.yaml", "~/x.yaml");
  const name = (path: string) => nameProjectFiles(files.at(path), { cwd: "/", home: undefined });
  const pair = { project: files.at("trop.yaml"), private: files.at("trop.local.yaml") };
  assert.deepEqual(name("trop.yaml"), pair);
  assert.deepEqual(name("trop.local.yaml"), pair);
  assert.deepEqual(name("a/trop.local.yaml"), { private: files.at("a/trop.local.yaml") });
  assert.deepEqual(name("other.yaml"), { project: files.at("other.yaml") });
});

Deno.test("a named file must be a file", () => {
  using files = tree("a/");
  for (
    const [path, message] of [
      [files.at("b.yaml"), "Configuration file not found"],
      [files.at("a"), "Path is not a file"],
      ["~/x.yaml", "Configuration file not found"],
    ] as const
  ) {
    assert.throws(
      () => nameProjectFiles(path, { cwd: "/", home: "/" }),
      new TropError({ code: "invalid-arguments", message: `${message}: ${path}` }),
    );
  }
});
