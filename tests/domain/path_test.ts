import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { posix, win32 } from "node:path";
import fc from "fast-check";
import {
  type AbsolutePath,
  nativePaths,
  type PathRelation,
  type PathRules,
  posixPaths,
  windowsPaths,
} from "../../src/domain/path.ts";
import { TropError } from "../../src/errors.ts";

const UNIX_BASE = { cwd: "/w/p", home: "/h/u" };
const WINDOWS_BASE = { cwd: "C:\\w\\p", home: "C:\\h\\u" };
const PLATFORMS = [
  { name: "posixPaths", rules: posixPaths, base: UNIX_BASE, node: posix },
  { name: "windowsPaths", rules: windowsPaths, base: WINDOWS_BASE, node: win32 },
] as const;

/** The reason why `text` is refused, or a failed test. */
function refusal(rules: PathRules, text: string, base: { cwd: string; home: string | undefined }) {
  try {
    const path = rules.normalise(text, base);
    throw new Error(`not refused but ${path}`);
  } catch (error) {
    assert(error instanceof TropError && error.failure.code === "invalid-path", String(error));
    assert.equal(error.failure.path, text);
    return error.failure.reason;
  }
}

// Tables: what a person may write.

for (
  const [text, path] of [
    [".", "/w/p"],
    ["./", "/w/p"],
    ["a/..", "/w/p"],
    ["a//b/./c/", "/w/p/a/b/c"],
    ["../x", "/w/x"],
    ["../..", "/"],
    ["/", "/"],
    ["//x", "/x"],
    ["~", "/h/u"],
    ["~/", "/h/u"],
    ["~/x/", "/h/u/x"],
    ["~\\x", "/h/u/x"],
    ["~/../x", "/h/x"],
    ["~\\\\x", "/h/u/\\x"],
    ["./~", "/w/p/~"],
    ["./~bob", "/w/p/~bob"],
    ["a\\..\\b", "/w/p/a\\..\\b"],
    ["C:\\x", "/w/p/C:\\x"],
    ["...", "/w/p/..."],
    [" ", "/w/p/ "],
    ["a\nb", "/w/p/a\nb"],
  ] as const
) {
  Deno.test(`on Unix ${JSON.stringify(text)} is ${path}`, () => {
    assert.equal(posixPaths.normalise(text, UNIX_BASE), path);
  });
}

for (
  const [text, path] of [
    [".", "C:\\w\\p"],
    ["a/b\\.\\c//", "C:\\w\\p\\a\\b\\c"],
    ["..\\x", "C:\\w\\x"],
    ["C:/a/../b", "C:\\b"],
    ["c:\\Case", "c:\\Case"],
    ["D:\\", "D:\\"],
    ["\\x", "C:\\x"],
    ["/x", "C:\\x"],
    ["C:", "C:\\w\\p"],
    ["C:x", "C:\\w\\p\\x"],
    ["c:x", "C:\\w\\p\\x"],
    ["C:..\\x", "C:\\w\\x"],
    ["D:x", "D:\\x"],
    ["~", "C:\\h\\u"],
    ["~\\x", "C:\\h\\u\\x"],
    ["~/x", "C:\\h\\u\\x"],
    ["\\\\server\\share", "\\\\server\\share\\"],
    ["//server/share/x/..", "\\\\server\\share\\"],
    ["\\\\server\\share\\x\\", "\\\\server\\share\\x"],
    ["\\\\.\\pipe\\x", "\\\\.\\pipe\\x"],
  ] as const
) {
  Deno.test(`on Windows ${JSON.stringify(text)} is ${path}`, () => {
    assert.equal(windowsPaths.normalise(text, WINDOWS_BASE), path);
  });
}

Deno.test("on Windows a share can be the current directory", () => {
  const base = { cwd: "\\\\server\\share\\w", home: undefined };
  assert.equal(windowsPaths.normalise("x", base), "\\\\server\\share\\w\\x");
  assert.equal(windowsPaths.normalise("\\x", base), "\\\\server\\share\\x");
  assert.equal(windowsPaths.normalise("C:x", base), "C:\\x");
});

Deno.test("D06: ~//x lies below home", () => {
  for (const text of ["~//x", "~///x", "~/./x", "~//./x/"]) {
    assert.equal(posixPaths.normalise(text, UNIX_BASE), "/h/u/x");
    assert.equal(windowsPaths.normalise(text, WINDOWS_BASE), "C:\\h\\u\\x");
  }
  assert.equal(windowsPaths.normalise("~\\\\x", WINDOWS_BASE), "C:\\h\\u\\x");
  assert.equal(windowsPaths.normalise("~\\D:\\x", WINDOWS_BASE), "C:\\h\\u\\D:\\x");
});

const LONGEST_PLAIN = `C:\\${"x".repeat(256)}`;
for (
  const [verbatim, path] of [
    ["\\\\?\\C:\\", "C:\\"],
    ["\\\\?\\C:", "C:\\"],
    ["\\\\?\\C:\\a\\b", "C:\\a\\b"],
    ["//?/C:/a", "C:\\a"],
    ["\\\\?\\UNC\\server\\share", "\\\\server\\share\\"],
    ["\\\\?\\unc\\server\\share\\x", "\\\\server\\share\\x"],
    ["\\\\?\\C:\\console\\.git\\a.b", "C:\\console\\.git\\a.b"],
    [`\\\\?\\${LONGEST_PLAIN}`, LONGEST_PLAIN],
    ...[
      "\\\\?\\C:\\a.\\b",
      "\\\\?\\C:\\a ",
      "\\\\?\\C:\\con",
      "\\\\?\\C:\\a\\Aux.txt",
      "\\\\?\\C:\\com1\\a",
      "\\\\?\\C:\\lpt² .x",
      "\\\\?\\UNC\\server\\share\\nul",
      "\\\\?\\Volume{b75e2c83-0000}\\a",
      `\\\\?\\${LONGEST_PLAIN}x`,
    ].map((kept) => [kept, kept] as const),
  ] as const
) {
  const name = verbatim.length > 50 ? `${verbatim.slice(0, 9)}… (${verbatim.length})` : verbatim;
  const outcome = verbatim === path ? "keeps its prefix" : "has one spelling, the plain one";
  Deno.test(`D07: ${name} ${outcome}`, () => {
    assert.equal(windowsPaths.normalise(verbatim, WINDOWS_BASE), path);
    assert(windowsPaths.isNormal(path));
  });
}

Deno.test("D07: a verbatim current directory counts as the plain one", () => {
  const base = { cwd: "\\\\?\\C:\\w", home: undefined };
  assert.equal(windowsPaths.normalise("x", base), "C:\\w\\x");
  assert.equal(windowsPaths.normalise("C:x", base), "C:\\w\\x");
});

for (const { name, rules, base } of PLATFORMS) {
  Deno.test(`${name} refuse what climbs above the root, and name it`, () => {
    const root = rules === posixPaths ? "/" : "C:\\";
    for (const text of ["/..", "/a/../../b", "../../..", "~/../../.."]) {
      assert.equal(refusal(rules, text, base), `its ".." escapes the root ${root}`);
    }
  });

  Deno.test(`${name} refuse ~ with a user name, and ~ without a home`, () => {
    for (const text of ["~bob", "~bob/x", "~~", "~."]) {
      assert.match(refusal(rules, text, base), /user name is unsupported/);
    }
    for (const home of [undefined, ""]) {
      assert.match(refusal(rules, "~/x", { ...base, home }), /home directory is unknown/);
    }
  });

  Deno.test(`${name} refuse the empty text, null bytes and lone surrogates`, () => {
    assert.equal(refusal(rules, "", base), "it is empty");
    for (const text of ["a\0", "\0/..", "//s\0/a/b", "\ud800", "/a\udfff/b", "~/\ud83d"]) {
      assert.match(refusal(rules, text, base), /not valid UTF-8 or contains a null byte/);
      assert(!rules.isNormal(text));
    }
  });

  Deno.test(`${name} ask for home and the current directory only when they need them`, () => {
    const untouchable = {
      get cwd(): string {
        throw new Error("cwd was read");
      },
      get home(): string {
        throw new Error("home was read");
      },
    };
    const path = rules.normalise(base.cwd, untouchable);
    assert.equal(path, base.cwd);
    assert.equal(rules.normalise("~", { ...base, cwd: "nonsense" }), base.home);
  });

  Deno.test(`${name} take a relative home from the current directory`, () => {
    const path = rules.normalise("~/x", { ...base, home: "h" });
    assert.equal(path, rules.normalise("h/x", base));
  });

  Deno.test(`${name} take very long and very deep paths`, () => {
    const long = "x".repeat(1_000_000);
    assert.equal(rules.basename(rules.normalise(long, base)), long);
    const deep = rules.normalise("x/".repeat(300_000), base);
    assert(rules.isNormal(deep));
    assert.equal(rules.components(deep).length, 300_003);
    assert.equal(rules.normalise("x/".repeat(300_000) + "../".repeat(300_000), base), base.cwd);
  });
}

Deno.test("a current directory that is not absolute is refused", () => {
  assert.throws(() => posixPaths.normalise("x", { cwd: "w", home: undefined }), TropError);
  assert.throws(() => windowsPaths.normalise("x", { cwd: "C:w", home: undefined }), TropError);
});

// Tables: what may be stored.

const STORED: readonly [text: string, unix: boolean, windows: boolean][] = [
  ["/", true, true],
  ["/a", true, true],
  ["/a/b.c/...", true, true],
  ["/a b/ü/\n", true, true],
  ["/a\\b", true, false],
  ["/C:/x", true, true],
  ["", false, false],
  ["a", false, false],
  ["./a", false, false],
  ["~/a", false, false],
  ["//", false, false],
  ["//a", false, false],
  ["/a/", false, false],
  ["/a//b", false, false],
  ["/a/./b", false, false],
  ["/a/.", false, false],
  ["/a/../b", false, false],
  ["/..", false, false],
  ["/a\0", false, false],
  ["C:\\", false, true],
  ["C:\\a\\b", false, true],
  ["c:\\a", false, true],
  ["\\\\server\\share\\", false, true],
  ["\\\\server\\share\\a", false, true],
  // Rows of trop 0.2; D07 keeps new ones from being written.
  ["\\\\?\\C:\\a", false, true],
  ["C:", false, false],
  ["C:a", false, false],
  ["\\a", false, false],
  ["C:/a", false, false],
  ["C:\\a/b", false, false],
  ["C:\\a\\", false, false],
  ["C:\\a\\\\b", false, false],
  ["C:\\a\\.\\b", false, false],
  ["C:\\..", false, false],
  ["\\\\server\\share", false, false],
  ["\\\\server", false, false],
  ["\\\\?\\C:\\a\\..\\b", false, false],
];

for (const [text, unix, windows] of STORED) {
  Deno.test(`isNormal(${JSON.stringify(text)})`, () => {
    assert.deepEqual([posixPaths.isNormal(text), windowsPaths.isNormal(text)], [unix, windows]);
  });
}

for (
  const [a, relation, b] of [
    ["/w/a", "same", "/w/a"],
    ["/w", "ancestor", "/w/a/b"],
    ["/w/a/b", "descendant", "/w"],
    ["/w/a", "unrelated", "/w/ab"],
    ["/w/a", "unrelated", "/W/a"],
    ["/", "ancestor", "/w"],
    ["/", "same", "/"],
    ["C:\\", "ancestor", "C:\\w"],
    ["C:\\w", "unrelated", "D:\\w"],
    ["C:\\w", "unrelated", "C:\\w2"],
    ["\\\\s\\share\\", "ancestor", "\\\\s\\share\\a"],
    ["\\\\s\\share\\", "unrelated", "\\\\s\\share2\\"],
  ] as const
) {
  Deno.test(`${a} and ${b}: ${relation}`, () => {
    assert.equal(windowsPaths.relation(a as AbsolutePath, b as AbsolutePath), relation);
    assert.equal(
      windowsPaths.contains(a as AbsolutePath, b as AbsolutePath),
      relation === "same" || relation === "ancestor",
    );
  });
}

for (
  const [path, parts] of [
    ["/", ["/"]],
    ["/a/b", ["/", "a", "b"]],
    ["C:\\", ["C:\\"]],
    ["C:\\a", ["C:\\", "a"]],
    ["\\\\s\\share\\", ["\\\\s\\share\\"]],
    ["\\\\s\\share\\a", ["\\\\s\\share\\", "a"]],
    ["\\\\?\\C:\\a.\\b", ["\\\\?\\C:\\", "a.", "b"]],
    ["\\\\?\\UNC\\s\\share\\nul", ["\\\\?\\UNC\\s\\share\\", "nul"]],
  ] as const
) {
  Deno.test(`${path} consists of ${parts.join(" and ")}`, () => {
    const [root = "", ...names] = parts;
    const rules = windowsPaths;
    assert.deepEqual(rules.components(path as AbsolutePath), parts);
    assert.equal(rules.join(root as AbsolutePath, ...names), path);
    assert.equal(rules.basename(path as AbsolutePath), names.at(-1) ?? "");
    const parent = names.length === 0 ? undefined : rules.join(
      root as AbsolutePath,
      ...names.slice(0, -1),
    );
    assert.equal(rules.parent(path as AbsolutePath), parent);
  });
}

Deno.test("subtree() gives a range per separator, and a root its one", () => {
  assert.deepEqual(posixPaths.subtree("/a" as AbsolutePath), [{ from: "/a/", until: "/a0" }]);
  assert.deepEqual(posixPaths.subtree("/" as AbsolutePath), [{ from: "/", until: "0" }]);
  assert.deepEqual(windowsPaths.subtree("C:\\a" as AbsolutePath), [
    { from: "C:\\a/", until: "C:\\a0" },
    { from: "C:\\a\\", until: "C:\\a]" },
  ]);
  assert.deepEqual(windowsPaths.subtree("C:\\" as AbsolutePath), [
    { from: "C:\\", until: "C:]" },
  ]);
});

Deno.test("nativePaths are the platform's own", () => {
  assert.equal(nativePaths, Deno.build.os === "windows" ? windowsPaths : posixPaths);
});

// Properties: node:path as the judge.

// No upper case: node's relative() ignores case on Windows, which path identity does not.
const NAMES = [
  "a",
  "ab",
  "a.b",
  "...",
  "ü",
  "\u{1d4b3}",
  "\uffee",
  "a b",
  "-",
  "0",
  "%",
  "~",
  "c:",
];
const SEPARATORS: Record<string, readonly string[]> = {
  posixPaths: ["/"],
  windowsPaths: ["/", "\\"],
};
const ROOTS: Record<string, readonly string[]> = {
  posixPaths: ["", "/", "//"],
  windowsPaths: ["", "/", "\\", "c:", "c:/", "c:\\", "d:\\", "\\\\s\\a\\", "//s//ab", "//s"],
};

/** What a person may type: a root, then names, dots and doubled separators. */
function typed(name: string): fc.Arbitrary<string> {
  const segment = fc.constantFrom(...NAMES, "", ".", "..", "..");
  return fc.record({
    root: fc.constantFrom(...ROOTS[name] ?? []),
    segments: fc.array(fc.tuple(segment, fc.constantFrom(...SEPARATORS[name] ?? []))),
  }).map(({ root, segments }) => root + segments.flat().join(""))
    // Devices are not node's business in the same way, and ~ is not at all.
    .filter((text) => !/^$|^~|^[\\/]{2}[.?](?:[\\/]|$)/.test(text));
}

for (const { name, rules, base, node } of PLATFORMS) {
  const cwd = base.cwd.toLowerCase();
  const normal: fc.Arbitrary<AbsolutePath> = fc.tuple(
    fc.constantFrom(...new Set(ROOTS[name]?.map((root) => node.resolve(cwd, root)))),
    fc.array(fc.constantFrom(...NAMES), { maxLength: 4 }),
  ).map(([root, names]) => node.join(root, ...names) as AbsolutePath);

  Deno.test(`${name}.normalise() agrees with node:path, except above the root`, () => {
    fc.assert(fc.property(typed(name), (text) => {
      let path: string;
      try {
        path = rules.normalise(text, { cwd, home: undefined });
      } catch {
        return assert(climbsAboveRoot(text));
      }
      assert(!climbsAboveRoot(text));
      assert.equal(path, node.resolve(cwd, text));
    }));

    /** Whether `..` removes a name that was put right behind the root. */
    function climbsAboveRoot(text: string): boolean {
      const { root } = node.parse(text);
      const isBelowCwd = root === "" || root === "c:";
      const start = isBelowCwd ? cwd.slice(node.parse(cwd).root.length) : "";
      return !node.resolve(`/guard/${start}/${text.slice(root.length)}`).includes("guard");
    }
  });

  Deno.test(`${name}.normalise() gives what isNormal() takes, and changes it no more`, () => {
    fc.assert(fc.property(typed(name), (text) => {
      if (text.includes("..")) text = text.replaceAll("..", "x");
      const path = rules.normalise(text, base);
      assert(rules.isNormal(path));
      assert(rules.isAbsolute(path));
      assert.equal(rules.normalise(path, base), path);
    }));
  });

  Deno.test(`${name}.isNormal() takes what node:path leaves as it is`, () => {
    fc.assert(fc.property(fc.oneof(typed(name), normal), (text) => {
      const isUnix = text.startsWith("/");
      const expected = isUnix
        ? posix.resolve(text) === text && (rules === posixPaths || !text.includes("\\"))
        : rules === windowsPaths && /^(?:[a-z]:|\\\\)/.test(text) && win32.resolve(text) === text;
      assert.equal(rules.isNormal(text), expected);
    }));
  });

  Deno.test(`${name}.relation() agrees with node:path`, () => {
    fc.assert(fc.property(normal, normal, (a, b) => {
      const way = node.relative(a, b);
      const ups = way.split(node.sep).filter((step) => step === "..").length;
      const expected: PathRelation = way === ""
        ? "same"
        : node.parse(a).root !== node.parse(b).root
        ? "unrelated"
        : ups === 0
        ? "ancestor"
        : ups === way.split(node.sep).length
        ? "descendant"
        : "unrelated";
      assert.equal(rules.relation(a, b), expected);
    }));
  });

  Deno.test(`${name}.parent() and basename() agree with node:path`, () => {
    fc.assert(fc.property(normal, (path) => {
      const parent = node.dirname(path);
      assert.equal(rules.parent(path) ?? path, parent);
      assert.equal(rules.basename(path), path === parent ? "" : node.basename(path));
    }));
  });

  Deno.test(`${name}.join() undoes components()`, () => {
    fc.assert(fc.property(normal, (path) => {
      const [root = "", ...names] = rules.components(path);
      assert.equal(rules.join(root as AbsolutePath, ...names), path);
    }));
  });

  Deno.test(`${name}.subtree() holds, in byte order, what relation() finds below`, () => {
    fc.assert(fc.property(normal, normal, (path, other) => {
      const candidates = [
        path,
        other,
        rules.join(path, rules.basename(other) || "x"),
        ...["-", "0", "]", "x", "\u{1d4b3}"].map((tail) => path + tail),
      ].filter((text) => rules.isNormal(text));
      for (const candidate of candidates) {
        const isIn = rules.subtree(path).some(({ from, until }) =>
          Buffer.compare(bytes(from), bytes(candidate)) <= 0 &&
          Buffer.compare(bytes(candidate), bytes(until)) < 0
        );
        const isRoot = candidate === path && rules.parent(path) === undefined;
        assert.equal(isIn, isRoot || rules.relation(path, candidate) === "ancestor", candidate);
      }
    }));
  });
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
