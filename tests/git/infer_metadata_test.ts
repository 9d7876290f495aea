import assert from "node:assert/strict";
import fc from "fast-check";
import { type AbsolutePath, nativePaths } from "../../src/domain/path.ts";
import { inferMetadata } from "../../src/git/infer_metadata.ts";
import { git, makeRepository } from "../support/git.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const isWindows = Deno.build.os === "windows";

interface Layout {
  readonly name: string;
  /** Lays files out below `root`. */
  readonly make: (root: string) => void;
  /** Where to look from, relative to `root`. */
  readonly at: string;
  readonly project: string | null;
  readonly task: string | null;
  readonly ignore?: boolean;
}

/** A repository at `shop` whose `HEAD` holds `head`. */
function withHead(head: string | Uint8Array): Layout["make"] {
  return (root) => {
    makeRepository(`${root}/shop`);
    const bytes = typeof head === "string" ? new TextEncoder().encode(head) : head;
    Deno.writeFileSync(`${root}/shop/.git/HEAD`, bytes);
  };
}

/** A repository at `shop`, and in it a directory `x` with a file `.git`. */
function withDotGit(text: string): Layout["make"] {
  return (root) => {
    makeRepository(`${root}/shop`);
    Deno.mkdirSync(`${root}/shop/x`);
    Deno.writeTextFileSync(`${root}/shop/x/.git`, text);
  };
}

const LONG_NAME = ["a", "b", "c"].map((letter) => letter.repeat(90)).join("/");

const LAYOUTS: readonly Layout[] = [
  {
    name: "a repository",
    make: (root) => makeRepository(`${root}/shop`),
    at: "shop",
    project: "shop",
    task: "main",
  },
  {
    name: "a directory deep in a repository",
    make(root) {
      makeRepository(`${root}/shop`);
      Deno.mkdirSync(`${root}/shop/a/b/c`, { recursive: true });
    },
    at: "shop/a/b/c",
    project: "shop",
    task: "main",
  },
  {
    name: "a repository in another one",
    make(root) {
      makeRepository(`${root}/shop`);
      makeRepository(`${root}/shop/tool`);
    },
    at: "shop/tool",
    project: "tool",
    task: "main",
  },
  {
    name: "a detached HEAD",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "checkout", "--quiet", "--detach");
    },
    at: "shop",
    project: "shop",
    task: null,
  },
  {
    name: "a branch without a commit",
    make(root) {
      Deno.mkdirSync(`${root}/shop`);
      git(`${root}/shop`, "init", "--quiet", "--initial-branch", "fresh");
    },
    at: "shop",
    project: "shop",
    task: "fresh",
  },
  {
    name: "a branch name with slashes",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "checkout", "--quiet", "-b", "feature/größe/form");
    },
    at: "shop",
    project: "shop",
    task: "feature/größe/form",
  },
  {
    name: "a branch name of more than 255 bytes",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "checkout", "--quiet", "-b", LONG_NAME);
    },
    at: "shop",
    project: "shop",
    task: null,
  },
  {
    name: "a branch name that is not UTF-8",
    make: withHead(new Uint8Array([...new TextEncoder().encode("ref: refs/heads/a"), 0xff, 0x0a])),
    at: "shop",
    project: "shop",
    task: null,
  },
  {
    name: "a HEAD on a remote's branch",
    make: withHead("ref: refs/remotes/origin/main\n"),
    at: "shop",
    project: "shop",
    task: null,
  },
  {
    name: "a HEAD with spaces and a carriage return",
    make: withHead("ref:\t refs/heads/topic \r\n"),
    at: "shop",
    project: "shop",
    task: "topic",
  },
  {
    name: "a HEAD of two lines",
    make: withHead("ref: refs/heads/a\nref: refs/heads/b\n"),
    at: "shop",
    project: "shop",
    task: null,
  },
  {
    name: "branches in a reftable",
    make: withHead("ref: refs/heads/.invalid\n"),
    at: "shop",
    project: "shop",
    task: null,
  },
  {
    name: "a HEAD that is a symbolic link, to a branch without a commit",
    make(root) {
      makeRepository(`${root}/shop`);
      Deno.removeSync(`${root}/shop/.git/HEAD`);
      Deno.symlinkSync("refs/heads/old/way", `${root}/shop/.git/HEAD`);
    },
    at: "shop",
    project: "shop",
    task: "old/way",
    ignore: isWindows,
  },
  {
    name: "a bare repository",
    make(root) {
      git(root, "init", "--quiet", "--bare", "shop.git");
    },
    at: "shop.git/hooks",
    project: "shop",
    task: "main",
  },
  {
    name: "a work tree whose name ends with .git",
    make: (root) => makeRepository(`${root}/shop.git`),
    at: "shop.git",
    project: "shop",
    task: "main",
  },
  {
    name: "the inside of a .git directory",
    make: (root) => makeRepository(`${root}/shop`),
    at: "shop/.git/objects",
    project: "shop",
    task: "main",
  },
  {
    name: "a linked work tree",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "worktree", "add", "--quiet", "-b", "other", "../fix-1");
      Deno.mkdirSync(`${root}/fix-1/below`);
    },
    at: "fix-1/below",
    project: "shop",
    task: "fix-1",
  },
  {
    name: "a linked work tree with a detached HEAD",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "worktree", "add", "--quiet", "--detach", "../fix-1");
    },
    at: "fix-1",
    project: "shop",
    task: "fix-1",
  },
  {
    name: "a linked work tree of a bare repository",
    make(root) {
      makeRepository(`${root}/shop`);
      git(root, "clone", "--quiet", "--bare", "shop", "copy.git");
      git(`${root}/copy.git`, "worktree", "add", "--quiet", "-b", "other", "../fix-1");
    },
    at: "fix-1",
    project: "copy",
    task: "fix-1",
  },
  {
    name: "a linked work tree with an absolute commondir",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "worktree", "add", "--quiet", "../fix-1");
      Deno.writeTextFileSync(
        `${root}/shop/.git/worktrees/fix-1/commondir`,
        `${root}/shop/.git\r\n`,
      );
    },
    at: "fix-1",
    project: "shop",
    task: "fix-1",
  },
  {
    name: "a linked work tree with a relative .git file that ends with CR LF",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "worktree", "add", "--quiet", "../fix-1");
      Deno.writeTextFileSync(`${root}/fix-1/.git`, "gitdir: ../shop/.git/worktrees/fix-1\r\n");
    },
    at: "fix-1",
    project: "shop",
    task: "fix-1",
  },
  {
    name: "a linked work tree that was pruned",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "worktree", "add", "--quiet", "../fix-1");
      Deno.removeSync(`${root}/shop/.git/worktrees`, { recursive: true });
    },
    at: "fix-1",
    project: null,
    task: null,
  },
  {
    name: "D24: a submodule, which is no linked work tree",
    make(root) {
      makeRepository(`${root}/library`);
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "submodule", "--quiet", "add", "../library", "vendor/lib");
      git(`${root}/shop/vendor/lib`, "checkout", "--quiet", "-b", "topic");
    },
    at: "shop/vendor/lib",
    project: "lib",
    task: "topic",
  },
  {
    name: "D24: a separate git directory, which is no linked work tree",
    make: (root) => git(root, "init", "--quiet", "--separate-git-dir", "shop.git", "desk"),
    at: "desk",
    project: "shop",
    task: "main",
  },
  {
    name: "a .git that is a symbolic link to a git directory",
    make(root) {
      makeRepository(`${root}/shop`);
      Deno.mkdirSync(`${root}/desk`);
      Deno.symlinkSync("../shop/.git", `${root}/desk/.git`);
    },
    at: "desk",
    project: "shop",
    task: "main",
    ignore: isWindows,
  },
  {
    name: "an empty .git directory in a repository",
    make(root) {
      makeRepository(`${root}/shop`);
      Deno.mkdirSync(`${root}/shop/x/.git`, { recursive: true });
    },
    at: "shop/x",
    project: "shop",
    task: "main",
  },
  ...[
    ["empty", ""],
    ["blank", "gitdir: \n"],
    ["foreign", "# not git's\n"],
    ["naming a missing directory", "gitdir: ../nowhere\n"],
    ["naming itself", "gitdir: .git\n"],
    ["naming its own directory", "gitdir: .\n"],
    ["with a null byte", "gitdir: ../.git\0\n"],
  ].map(([kind = "", text = ""]) => ({
    name: `a .git file that is broken (${kind}), in a repository`,
    make: withDotGit(text),
    at: "shop/x",
    project: "shop",
    task: "main",
  })),
  {
    name: "a .git file of gigabytes",
    make(root) {
      Deno.mkdirSync(`${root}/x`);
      using file = Deno.openSync(`${root}/x/.git`, { create: true, write: true });
      file.truncateSync(8 * 2 ** 30);
    },
    at: "x",
    project: null,
    task: null,
    ignore: isWindows, // whose files of gigabytes take them
  },
  {
    name: "a .git that is a pipe",
    make(root) {
      Deno.mkdirSync(`${root}/x`);
      new Deno.Command("mkfifo", { args: [`${root}/x/.git`] }).outputSync();
    },
    at: "x",
    project: null,
    task: null,
    ignore: isWindows,
  },
  {
    name: "a HEAD that is a pipe",
    make(root) {
      makeRepository(`${root}/shop`);
      Deno.removeSync(`${root}/shop/.git/HEAD`);
      new Deno.Command("mkfifo", { args: [`${root}/shop/.git/HEAD`] }).outputSync();
    },
    at: "shop",
    project: "shop",
    task: null,
    ignore: isWindows,
  },
  {
    name: "a .git that is a loop of symbolic links",
    make(root) {
      Deno.mkdirSync(`${root}/x`);
      Deno.symlinkSync(".git", `${root}/x/.git`);
    },
    at: "x",
    project: null,
    task: null,
    ignore: isWindows,
  },
  {
    name: "no repository",
    make: (root) => Deno.mkdirSync(`${root}/x`),
    at: "x",
    project: null,
    task: null,
  },
  {
    name: "a missing directory in a repository",
    make: (root) => makeRepository(`${root}/shop`),
    at: "shop/missing",
    project: null,
    task: null,
  },
  {
    name: "a file in a repository",
    make(root) {
      makeRepository(`${root}/shop`);
      Deno.writeTextFileSync(`${root}/shop/file`, "");
    },
    at: "shop/file",
    project: null,
    task: null,
  },
];

for (const { name, make, at, project, task, ignore = false } of LAYOUTS) {
  Deno.test(`inferMetadata() on ${name}`, { ignore }, () => {
    using temporary = temporaryDirectory();
    make(temporary.path);
    const path = nativePaths.join(temporary.path, ...at.split("/"));
    assert.deepEqual(inferMetadata(path), { project, task });
  });
}

Deno.test("inferMetadata() bears any bytes in git's files", () => {
  using temporary = temporaryDirectory();
  const { path } = temporary;
  for (const directory of ["x/.git/objects", "x/.git/refs", "y"]) {
    Deno.mkdirSync(`${path}/${directory}`, { recursive: true });
  }
  const start = (text: string) =>
    fc.uint8Array({ maxLength: 20 }).map((rest) =>
      new Uint8Array([...new TextEncoder().encode(text), ...rest])
    );
  fc.assert(
    fc.property(
      start("ref: refs/heads/"),
      start("."),
      start("gitdir: "),
      (head, common, dotGit) => {
        Deno.writeFileSync(`${path}/x/.git/HEAD`, head);
        Deno.writeFileSync(`${path}/x/.git/commondir`, common);
        Deno.writeFileSync(`${path}/y/.git`, dotGit);
        inferMetadata(nativePaths.join(path, "x"));
        inferMetadata(nativePaths.join(path, "y"));
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("inferMetadata() bears a path that no system takes", () => {
  const nothing = { project: null, task: null };
  assert.deepEqual(inferMetadata("/\0" as AbsolutePath), nothing);
  assert.deepEqual(inferMetadata(`/${"x".repeat(100_000)}` as AbsolutePath), nothing);
});
