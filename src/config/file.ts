/**
 * Reading configuration files from the disk.
 *
 * @module
 */

import { type Failure, TropError } from "../errors.ts";

/** Far more than anyone writes, and little enough to be parsed in a moment, whatever it holds. */
const MAX_BYTES = 256 * 1024;

const BYTE_ORDER_MARK = "\ufeff";

/** What a file holds. */
export interface FileText {
  /** What the file begins with: a byte order mark or nothing. */
  readonly mark: string;
  /** The rest. */
  readonly text: string;
}

/** Whether there is something at `path`, links followed; what cannot be looked at is not there. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw toTropError(path, error);
    return false;
  }
}

/**
 * The text of the configuration file at `path`.
 *
 * @throws {TropError} `configuration` with `invalid-path` unless it is a readable file of UTF-8
 * and of reasonable size.
 */
export function readConfigFile(path: string): FileText {
  try {
    // Asked before it is opened: to open a pipe waits for a writer.
    if (!Deno.statSync(path).isFile) throw unreadable(path, "it is not a regular file");
    using file = Deno.openSync(path);
    return readConfigText(path, file);
  } catch (error) {
    throw toTropError(path, error);
  }
}

/** The text behind an open file; `path` is for the errors, as of {@linkcode readConfigFile}. */
export function readConfigText(path: string, file: Deno.FsFile): FileText {
  const bytes = readUpTo(file, MAX_BYTES + 1);
  if (bytes.length > MAX_BYTES) throw unreadable(path, `it is larger than ${MAX_BYTES} bytes`);
  try {
    const whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const mark = whole.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
    return { mark, text: whole.slice(mark.length) };
  } catch (cause) {
    throw unreadable(path, "it is not valid UTF-8", cause);
  }
}

function readUpTo(file: Deno.FsFile, limit: number): Uint8Array {
  const buffer = new Uint8Array(limit);
  let length = 0;
  while (length < limit) {
    const count = file.readSync(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

function toTropError(path: string, cause: unknown): TropError {
  if (cause instanceof TropError) return cause;
  if (cause instanceof Deno.errors.NotCapable) {
    return inConfiguration({ code: "permission-missing", permission: "--allow-read", path }, cause);
  }
  return unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
}

function unreadable(path: string, reason: string, cause?: unknown): TropError {
  return inConfiguration({ code: "invalid-path", path, reason }, cause);
}

function inConfiguration(failure: Failure, cause: unknown): TropError {
  return new TropError({ code: "configuration", failure }, { cause });
}
