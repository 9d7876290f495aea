/**
 * Path identity: which texts name the same directory, and which directory lies below which.
 *
 * All of it is text; nothing here looks at a disk, and symbolic links are never followed. The rules
 * of both platforms are always at hand, so that either can be tested anywhere.
 *
 * @module
 */

import { TropError } from "../errors.ts";
import { isStorable } from "./text.ts";
import { type SplitPath, splitWindowsRoot, stripVerbatim } from "./windows_root.ts";

declare const brand: unique symbol;

/** An absolute path in its one normalised spelling; {@linkcode PathRules} makes it. */
export type AbsolutePath = string & { readonly [brand]: "AbsolutePath" };

/** What a path that is not absolute is relative to. */
export interface PathBase {
  /** The current directory: an absolute path. */
  readonly cwd: string;
  /** Looked at only for a text that starts with `~`. */
  readonly home: string | undefined;
}

/** How one path lies to another, decided on whole components: `/w/a` is unrelated to `/w/ab`. */
export type PathRelation = "same" | "ancestor" | "descendant" | "unrelated";

/** The texts from `from` to just before `until`, in the order of their UTF-8 bytes. */
export interface TextRange {
  readonly from: string;
  readonly until: string;
}

/** The path rules of one platform. */
export interface PathRules {
  /** What stands between two names of a normalised path. */
  readonly separator: "/" | "\\";

  /** Whether `text` names the same path from every current directory; `C:x` and `\\x` do not. */
  isAbsolute(text: string): boolean;

  /**
   * The one spelling of the path that a person wrote as `text`: absolute, `~` replaced by home, no
   * `.`, `..`, doubled or trailing separator. `..` removes the name before it, whatever that is.
   *
   * @throws {TropError} `invalid-path` when `text` is empty or cannot be stored, when `..` climbs
   * above the root, for `~name`, and for `~` without a known home.
   */
  normalise(text: string, base: PathBase): AbsolutePath;

  /**
   * Whether `text`, exactly as it stands, may be the path of a stored row. Windows also takes the
   * normal paths that Unix wrote into a shared database, and the verbatim spellings of old rows.
   */
  isNormal(text: string): text is AbsolutePath;

  /** The root (`/`, `C:\`, `\\server\share\`), then the names below it. */
  components(path: AbsolutePath): readonly string[];

  /** What `a` is to `b`: `relation("/w", "/w/a")` is `"ancestor"`. */
  relation(a: AbsolutePath, b: AbsolutePath): PathRelation;

  /** Whether `path` is `ancestor` or lies below it. */
  contains(ancestor: AbsolutePath, path: AbsolutePath): boolean;

  /** The path that `names`, each a single component, lead to from `path`. */
  join(path: AbsolutePath, ...names: readonly string[]): AbsolutePath;

  /** The directory that holds `path`; `undefined` for a root. */
  parent(path: AbsolutePath): AbsolutePath | undefined;

  /** The last name of `path`; empty for a root. */
  basename(path: AbsolutePath): string;

  /**
   * Where the stored paths below `path` stand in byte order. `path` itself is outside, except a
   * root, which ends with the separator and so begins its own range: who wants only what lies
   * below a root leaves the root out.
   */
  subtree(path: AbsolutePath): readonly TextRange[];
}

/** Unix: one root, `/`. */
export const posixPaths: PathRules = {
  separator: "/",
  isAbsolute: (text) => text.startsWith("/"),
  isNormal: (text): text is AbsolutePath => isStorable(text) && isNormalPosix(text),
  normalise: (text, base) => normalise(POSIX, text, base),
  subtree: (path) => subtree(path, ["/"]),
  components,
  relation,
  contains,
  join,
  parent,
  basename,
};

/** Windows: drives, shares and devices; `/` and `\\` both separate; case is kept and counts. */
export const windowsPaths: PathRules = {
  ...posixPaths,
  separator: "\\",
  isAbsolute: (text) => WINDOWS.split(text) !== undefined,
  isNormal: (text): text is AbsolutePath =>
    isStorable(text) && (isNormalPosix(text) ? !text.includes("\\") : isNormalWindows(text)),
  normalise: (text, base) => normalise(WINDOWS, text, base),
  subtree: (path) => subtree(path, ["/", "\\"]),
};

/** The rules of the platform that trop runs on. */
export const nativePaths: PathRules = Deno.build.os === "windows" ? windowsPaths : posixPaths;

/** How one platform reads what a person typed. */
interface Platform {
  readonly separator: "/" | "\\";
  /** The root and what follows it; `undefined` unless `text` is absolute. */
  split(text: string): SplitPath | undefined;
  /** Where a `text` that is not absolute leads from `cwd`. */
  append(cwd: SplitPath, text: string): SplitPath;
  /** The last touch to a path that is normal otherwise. */
  respell(path: string): string;
}

const POSIX: Platform = {
  separator: "/",
  split: (text) => text.startsWith("/") ? { root: "/", rest: text } : undefined,
  append: (cwd, text) => ({ root: cwd.root, rest: `${cwd.rest}/${text}` }),
  respell: (path) => path,
};

const WINDOWS: Platform = {
  separator: "\\",
  split: (text) => splitWindowsRoot(text.replaceAll("/", "\\")),
  append: (cwd, text) => appendOnWindows(cwd, text.replaceAll("/", "\\")),
  respell: stripVerbatim,
};

/** The path of `name` in a directory that is used as it was given, whatever it ends in. */
export function pathIn(directory: string, name: string): string {
  let end = directory.length;
  while (end > 1 && "/\\".includes(directory[end - 1]!)) end--;
  return `${directory.slice(0, end)}/${name}`;
}

function normalise(platform: Platform, text: string, base: PathBase): AbsolutePath {
  if (text === "") throw invalidPath(text, "it is empty");
  const { root, rest } = locate(platform, text, base);
  if (!isStorable(root + rest)) {
    throw invalidPath(text, "it is not valid UTF-8 or contains a null byte");
  }
  const names: string[] = [];
  for (const name of rest.split(platform.separator)) {
    if (name === "" || name === ".") continue;
    if (name !== "..") names.push(name);
    else if (names.pop() === undefined) {
      throw invalidPath(text, `its ".." escapes the root ${root}`);
    }
  }
  return platform.respell(root + names.join(platform.separator)) as AbsolutePath;
}

/** The absolute path that `text` stands for, with all the dots and separators still in it. */
function locate(platform: Platform, text: string, base: PathBase): SplitPath {
  if (!text.startsWith("~")) return platform.split(text) ?? platform.append(cwd(), text);
  if (!/^~(?:[\\/]|$)/.test(text)) {
    throw invalidPath(text, "~ with a user name is unsupported, want ~ or ~/…");
  }
  if (!base.home) throw invalidPath(text, "the home directory is unknown");
  const home = platform.split(base.home) ?? platform.append(cwd(), base.home);
  // The dot keeps the rest from being absolute or on another drive: `~//x` lies below home.
  return platform.append(home, `.${platform.separator}${text.slice(2)}`);

  function cwd(): SplitPath {
    const split = platform.split(platform.respell(base.cwd));
    if (split === undefined) throw invalidPath(base.cwd, "the current directory is not absolute");
    return split;
  }
}

/** `C:x` is relative to the current directory if that is on drive C, else to the drive's root. */
function appendOnWindows(cwd: SplitPath, text: string): SplitPath {
  if (text.startsWith("\\")) return { root: cwd.root, rest: text };
  const drive = /^[A-Za-z]:/.exec(text)?.[0];
  if (drive === undefined) return { root: cwd.root, rest: `${cwd.rest}\\${text}` };
  const root = `${drive}\\`;
  const rest = text.slice(drive.length);
  if (root.toUpperCase() !== cwd.root.toUpperCase()) return { root, rest };
  return { root: cwd.root, rest: `${cwd.rest}\\${rest}` };
}

function invalidPath(path: string, reason: string): TropError {
  return new TropError({ code: "invalid-path", path, reason });
}

function isNormalPosix(text: string): boolean {
  if (text === "/") return true;
  // Not a regular expression: the first one of a run takes longer than all else here.
  const closed = `${text}/`;
  return text.startsWith("/") && !closed.includes("//") && !closed.includes("/./") &&
    !closed.includes("/../");
}

function isNormalWindows(text: string): boolean {
  const root = splitWindowsRoot(text)?.root;
  if (root === undefined || !text.startsWith(root) || text.includes("/")) return false;
  return text === root || !/\\\.{0,2}(?:\\|$)/.test(text.slice(root.length - 1));
}

// From here on a path is normal, and its first character tells how it separates names: Windows
// paths begin with a drive or a backslash, and those that Unix wrote with a slash. So there is
// nothing left to tell the platforms apart by.

function separatorOf(path: AbsolutePath): "/" | "\\" {
  return path.startsWith("/") ? "/" : "\\";
}

function rootOf(path: AbsolutePath): string {
  return path.startsWith("/") ? "/" : splitWindowsRoot(path)?.root ?? "";
}

function components(path: AbsolutePath): readonly string[] {
  const root = rootOf(path);
  return path === root ? [root] : [root, ...path.slice(root.length).split(separatorOf(path))];
}

function relation(a: AbsolutePath, b: AbsolutePath): PathRelation {
  if (a === b) return "same";
  if (contains(a, b)) return "ancestor";
  return contains(b, a) ? "descendant" : "unrelated";
}

function contains(ancestor: AbsolutePath, path: AbsolutePath): boolean {
  return path === ancestor || path.startsWith(asPrefix(ancestor));
}

/** What the text of everything below `path` begins with; a root ends with its separator anyway. */
function asPrefix(path: AbsolutePath): string {
  return isRoot(path) ? path : path + separatorOf(path);
}

function isRoot(path: AbsolutePath): boolean {
  return path.endsWith(separatorOf(path));
}

function join(path: AbsolutePath, ...names: readonly string[]): AbsolutePath {
  if (names.length === 0) return path;
  return asPrefix(path) + names.join(separatorOf(path)) as AbsolutePath;
}

function parent(path: AbsolutePath): AbsolutePath | undefined {
  if (isRoot(path)) return undefined;
  const end = path.lastIndexOf(separatorOf(path));
  return path.slice(0, Math.max(end, rootOf(path).length)) as AbsolutePath;
}

function basename(path: AbsolutePath): string {
  return path.slice(path.lastIndexOf(separatorOf(path)) + 1);
}

function subtree(path: AbsolutePath, separators: readonly ("/" | "\\")[]): readonly TextRange[] {
  if (isRoot(path)) return [below(path.slice(0, -1), separatorOf(path))];
  return separators.map((separator) => below(path, separator));
}

/** All texts that begin with `prefix` and `separator`: up to the next byte in its place. */
function below(prefix: string, separator: "/" | "\\"): TextRange {
  return { from: prefix + separator, until: prefix + (separator === "/" ? "0" : "]") };
}
