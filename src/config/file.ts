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

/** Whether there is something at `path`; see {@linkcode statIfAny}. */
export function exists(path: string): boolean {
  return statIfAny(path) !== undefined;
}

/**
 * What is at `path`, links followed. What nobody here may look at is not there.
 *
 * @throws {TropError} `configuration` when that cannot be told, as on a disk that fails: going on
 * without the file would give out other ports.
 */
export function statIfAny(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (MISSING.some((kind) => error instanceof kind)) return undefined;
    throw toTropError(path, error);
  }
}

const MISSING = [
  Deno.errors.NotFound,
  Deno.errors.NotADirectory,
  Deno.errors.PermissionDenied,
  Deno.errors.FilesystemLoop,
];

/**
 * The text of the configuration file at `path`.
 *
 * @throws {TropError} `configuration` with `invalid-path` unless it is a readable file of UTF-8
 * and of reasonable size.
 */
export function readConfigFile(path: string): FileText {
  try {
    // Asked before it is opened: to open a pipe waits for a writer.
    if (!Deno.statSync(path).isFile) throw new Error("it is not a regular file");
    using file = Deno.openSync(path);
    return readText(file);
  } catch (error) {
    throw toTropError(path, error);
  }
}

/**
 * The text of a file that a command was told to work on.
 *
 * @throws {TropError} `io` of the command layer.
 */
export function readNamedFile(path: string): FileText {
  return onDisk("read", path, () => {
    using file = Deno.openSync(path);
    return readText(file);
  });
}

/** As {@linkcode readNamedFile}, for a file that is open already. */
export function readOpenFile(path: string, file: Deno.FsFile): FileText {
  return onDisk("read", path, () => readText(file));
}

/**
 * What `action` returns; what it throws becomes an `io` failure of the command layer.
 *
 * @param verb What was tried with the file at `path`.
 */
export function onDisk<T>(verb: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const message = `cannot ${verb} ${path}: ${reasonOf(cause)}`;
    throw new TropError({ code: "io", message, layer: "command" }, { cause });
  }
}

/** @throws {Error} that says why it cannot be a configuration. */
function readText(file: Deno.FsFile): FileText {
  const bytes = readUpTo(file, MAX_BYTES + 1);
  if (bytes.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
  const whole = decodeUtf8(bytes);
  const mark = whole.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  return { mark, text: whole.slice(mark.length) };
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error("it is not valid UTF-8", { cause });
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
  const failure: Failure = cause instanceof Deno.errors.NotCapable
    ? { code: "permission-missing", permission: "--allow-read", path }
    : { code: "invalid-path", path, reason: reasonOf(cause) };
  return new TropError({ code: "configuration", failure }, { cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
