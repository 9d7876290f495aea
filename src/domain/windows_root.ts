/**
 * What a Windows path starts with: a drive (`C:\`), a share (`\\server\share\`), a device
 * (`\\.\name\`), or the verbatim prefix (`\\?\`), which switches off Windows' own clean-up of names.
 *
 * All functions here take texts whose separators are backslashes.
 *
 * @module
 */

const VERBATIM_UNC = String.raw`\\\\[?.]\\UNC\\+[^\\]+\\+[^\\]+`;
const DEVICE_OR_UNC = String.raw`\\\\[^\\]+\\+[^\\]+`;
const DRIVE = String.raw`[A-Za-z]:(?=\\)`;
const ROOT = new RegExp(`^(?:${VERBATIM_UNC}|${DEVICE_OR_UNC}|${DRIVE})`, "i");

/** An absolute path in two parts. */
export interface SplitPath {
  /** Ends with a backslash; doubled backslashes are gone, case is kept. */
  readonly root: string;
  readonly rest: string;
}

/** Splits off the root of an absolute path; `undefined` when `text` is not absolute. */
export function splitWindowsRoot(text: string): SplitPath | undefined {
  const match = ROOT.exec(text)?.[0];
  if (match === undefined) return undefined;
  const lead = match.startsWith("\\\\") ? "\\\\" : "";
  const names = match.split("\\").filter((name) => name !== "");
  return { root: `${lead}${names.join("\\")}\\`, rest: text.slice(match.length) };
}

/** The longest path, in UTF-16 units, that every Windows program takes without the prefix. */
const MAX_PLAIN_LENGTH = 259;

const DRIVE_OR_UNC_BEHIND_VERBATIM = /^\\\\\?\\(?:([A-Za-z]:\\.*)|UNC(\\.*))$/is;

// Windows drops dots and spaces at a name's end, and takes these names, with any extension, for
// devices wherever they stand.
const CHANGED_WHEN_PLAIN =
  /[. ]$|^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(?:[.:]|$)/i;

/**
 * A normalised path without its verbatim prefix, if the plain spelling means the same directory.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(stripVerbatim("\\\\?\\C:\\w\\p"), "C:\\w\\p");
 * assert.equal(stripVerbatim("\\\\?\\C:\\w\\nul"), "\\\\?\\C:\\w\\nul");
 * ```
 */
export function stripVerbatim(path: string): string {
  const [, drive, unc] = DRIVE_OR_UNC_BEHIND_VERBATIM.exec(path) ?? [];
  const plain = drive ?? (unc && `\\${unc}`);
  if (plain === undefined || plain.length > MAX_PLAIN_LENGTH) return path;
  return plain.split("\\").some((name) => CHANGED_WHEN_PLAIN.test(name)) ? path : plain;
}
