import assert from "node:assert/strict";
import { type AbsolutePath, nativePaths } from "../../src/domain/path.ts";
import { TropError } from "../../src/errors.ts";
import {
  assertRelated,
  physicalPath,
  physicalPathOfMissing,
  workingDirectory,
} from "../../src/operations/paths.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const isWindows = Deno.build.os === "windows";

function failureOf(act: () => unknown): TropError["failure"] {
  try {
    act();
  } catch (error) {
    if (error instanceof TropError) return error.failure;
    throw error;
  }
  throw new Error("nothing was thrown");
}

Deno.test("workingDirectory() knows a directory as reported and without links", {
  ignore: isWindows,
}, () => {
  using temporary = temporaryDirectory();
  Deno.mkdirSync(`${temporary.path}/target`);
  Deno.symlinkSync("target", `${temporary.path}/link`);
  assert.deepEqual(workingDirectory(`${temporary.path}/link`), {
    reported: `${temporary.path}/link`,
    physical: `${temporary.path}/target`,
  });
});

Deno.test("workingDirectory() fails for a directory that is gone", () => {
  using temporary = temporaryDirectory();
  const gone = `${temporary.path}/gone`;
  assert.deepEqual(failureOf(() => workingDirectory(gone)), { code: "path-not-found", path: gone });
});

Deno.test("physicalPath() resolves every symbolic link", { ignore: isWindows }, () => {
  using temporary = temporaryDirectory();
  const target = nativePaths.join(temporary.path, "target", "below");
  Deno.mkdirSync(target, { recursive: true });
  Deno.symlinkSync("target", `${temporary.path}/link`);
  assert.equal(physicalPath(nativePaths.join(temporary.path, "link", "below")), target);
});

Deno.test("physicalPath() tells a missing path from a loop of links", { ignore: isWindows }, () => {
  using temporary = temporaryDirectory();
  const missing = nativePaths.join(temporary.path, "missing");
  assert.deepEqual(failureOf(() => physicalPath(missing)), {
    code: "path-not-found",
    path: missing,
  });
  Deno.symlinkSync("loop", `${temporary.path}/loop`);
  const failure = failureOf(() => physicalPath(nativePaths.join(temporary.path, "loop")));
  assert(failure.code === "io");
  assert.equal(failure.layer, "domain");
});

Deno.test("physicalPathOfMissing() resolves what exists and keeps the rest", () => {
  using temporary = temporaryDirectory();
  const { path } = temporary;
  Deno.writeTextFileSync(`${path}/file`, "");
  if (!isWindows) Deno.symlinkSync(".", `${path}/link`);
  const link = isWindows ? "." : "link";
  for (const rest of [["a"], ["a", "b", "c"], ["file", "below"]]) {
    const asked = nativePaths.normalise([path, link, ...rest].join("/"), {
      cwd: path,
      home: undefined,
    });
    assert.equal(physicalPathOfMissing(asked), nativePaths.join(path, ...rest));
  }
});

Deno.test("assertRelated() takes what is above, below or the same, as written or physically", () => {
  using temporary = temporaryDirectory();
  const at = (...names: string[]) => nativePaths.join(temporary.path, ...names);
  Deno.mkdirSync(at("w", "p"), { recursive: true });
  const cwd = at("w", "p");
  assertRelated(cwd, cwd);
  assertRelated(at("w"), cwd);
  assertRelated(at("w", "p", "missing", "below"), cwd);
  if (isWindows) return;
  Deno.symlinkSync("w", at("link"));
  assertRelated(at("link", "p", "missing"), cwd);
  assertRelated(at("w", "p", "a"), at("link", "p"));
  assertRelated("/" as AbsolutePath, cwd);
});

Deno.test("assertRelated() refuses siblings, and what it cannot resolve", () => {
  using temporary = temporaryDirectory();
  const at = (...names: string[]) => nativePaths.join(temporary.path, ...names);
  Deno.mkdirSync(at("w", "p"), { recursive: true });
  const cwd = at("w", "p");
  const targets = [at("w", "pp"), at("w", "q"), at("missing")];
  if (!isWindows) {
    Deno.symlinkSync("loop", at("loop"));
    targets.push(at("loop", "x"));
  }
  for (const target of targets) {
    assert.deepEqual(failureOf(() => assertRelated(target, cwd)), {
      code: "path-unrelated",
      target,
      directory: cwd,
    });
  }
});
