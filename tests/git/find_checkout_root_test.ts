import assert from "node:assert/strict";
import { nativePaths } from "../../src/domain/path.ts";
import { findCheckoutRoot } from "../../src/git/find_checkout_root.ts";
import { git, makeRepository } from "../support/git.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** A repository at `shop` with the submodule `vendor/lib`, which has the submodule `deep/er`. */
function makeSuperproject(root: string): void {
  makeRepository(`${root}/deeper`);
  makeRepository(`${root}/library`);
  git(`${root}/library`, "submodule", "--quiet", "add", `${root}/deeper`, "deep/er");
  git(`${root}/library`, "commit", "--quiet", "--message", "add a submodule");
  makeRepository(`${root}/shop`);
  git(`${root}/shop`, "submodule", "--quiet", "add", `${root}/library`, "vendor/lib");
  git(`${root}/shop`, "submodule", "--quiet", "update", "--init", "--recursive");
  git(`${root}/shop`, "commit", "--quiet", "--message", "add a submodule");
}

interface Case {
  readonly name: string;
  readonly make: (root: string) => void;
  readonly at: string;
  readonly root: string | undefined;
}

const CASES: readonly Case[] = [
  {
    name: "the root of a checkout",
    make: (root) => makeRepository(`${root}/shop`),
    at: "shop",
    root: "shop",
  },
  {
    name: "a directory deep in a checkout",
    make(root) {
      makeRepository(`${root}/shop`);
      Deno.mkdirSync(`${root}/shop/a/b`, { recursive: true });
    },
    at: "shop/a/b",
    root: "shop",
  },
  {
    name: "a checkout in a directory called modules",
    make: (root) => makeRepository(`${root}/modules/shop`),
    at: "modules/shop",
    root: "modules/shop",
  },
  { name: "a submodule", make: makeSuperproject, at: "shop/vendor/lib", root: "shop" },
  {
    name: "a submodule of a submodule",
    make: makeSuperproject,
    at: "shop/vendor/lib/deep/er",
    root: "shop",
  },
  {
    name: "a submodule in a linked work tree",
    make(root) {
      makeSuperproject(root);
      git(`${root}/shop`, "worktree", "add", "--quiet", "../fix-1");
      git(`${root}/fix-1`, "submodule", "--quiet", "update", "--init");
    },
    at: "fix-1/vendor/lib",
    root: "fix-1",
  },
  {
    name: "a linked work tree inside its main one",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "worktree", "add", "--quiet", "trees/fix-1");
    },
    at: "shop/trees/fix-1",
    root: "shop/trees/fix-1",
  },
  {
    name: "a clone inside another checkout",
    make(root) {
      makeRepository(`${root}/shop`);
      makeRepository(`${root}/shop/tool`);
    },
    at: "shop/tool",
    root: "shop/tool",
  },
  {
    name: "a checkout with a separate git directory",
    make(root) {
      makeRepository(`${root}/shop`);
      git(`${root}/shop`, "init", "--quiet", "--separate-git-dir", `${root}/store`, "desk");
    },
    at: "shop/desk",
    root: "shop/desk",
  },
  {
    name: "a bare repository",
    make: (root) => git(root, "init", "--quiet", "--bare", "shop.git"),
    at: "shop.git",
    root: undefined,
  },
  {
    name: "the inside of a .git directory",
    make: (root) => makeRepository(`${root}/shop`),
    at: "shop/.git/refs",
    root: undefined,
  },
  {
    name: "no checkout",
    make: (root) => Deno.mkdirSync(`${root}/x`),
    at: "x",
    root: undefined,
  },
];

for (const { name, make, at, root } of CASES) {
  Deno.test(`findCheckoutRoot() on ${name}`, () => {
    using temporary = temporaryDirectory();
    make(temporary.path);
    const within = (path: string) => nativePaths.join(temporary.path, ...path.split("/"));
    assert.equal(findCheckoutRoot(within(at)), root === undefined ? undefined : within(root));
  });
}
