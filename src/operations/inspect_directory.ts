/**
 * Whether a reserved directory is still there. "Cannot tell" is an answer of its own: a directory
 * behind an unmounted disk is not gone.
 *
 * @module
 */

import type { AbsolutePath } from "../domain/path.ts";
import { SystemDisk, whyElsewhere } from "./missing_directory.ts";

/** Why nobody can tell, in the words that warnings use. */
export type Obstacle =
  | "permission denied"
  | "symlink loop"
  | "transient I/O error"
  | "unsupported filesystem operation"
  | "unknown filesystem error"
  | "missing mount";

/** What a look at the directory found. */
export type DirectoryVerdict =
  | { readonly kind: "live" }
  | { readonly kind: "gone" }
  | { readonly kind: "unknown"; readonly obstacle: Obstacle; readonly reason: string };

const GONE: DirectoryVerdict = { kind: "gone" };

/** The system's codes for a path that cannot exist on this host, the Windows numbers last. */
const GONE_CODES: ReadonlySet<unknown> = new Set([
  "ENOTDIR",
  "ENAMETOOLONG",
  "EINVAL",
  "OS123",
  "OS161",
  "OS206",
  "OS267",
]);

const OBSTACLES: ReadonlyMap<unknown, Obstacle> = new Map<unknown, Obstacle>([
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["ELOOP", "symlink loop"],
  ["OS1921", "symlink loop"],
  ...[
    "ESTALE",
    "EBUSY",
    "EDEADLK",
    "ETXTBSY",
    "ENETDOWN",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "EINTR",
    "EAGAIN",
    "ETIMEDOUT",
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNABORTED",
    "ENOTCONN",
    "OS32",
    "OS33",
    "OS53",
    "OS54",
    "OS59",
    "OS64",
    "OS67",
    "OS121",
  ].map((code) => [code, "transient I/O error"] as const),
  ["ENOSYS", "unsupported filesystem operation"],
  ["EOPNOTSUPP", "unsupported filesystem operation"],
]);

/** Looks at `path` once, following symbolic links. It never fails. */
export function inspectDirectory(path: string): DirectoryVerdict {
  return inspect(path, () => GONE);
}

/**
 * A function that looks at the directories of reservations. One that is missing here may be on the
 * other side of a mount, or on a disk that is not mounted now: that is not gone.
 *
 * @param dataDirectory An absolute path.
 */
export function directoryInspector(
  dataDirectory: string,
): (path: AbsolutePath) => DirectoryVerdict {
  const disk = new SystemDisk(dataDirectory);
  return (path) =>
    inspect(path, (error) => {
      const elsewhere = whyElsewhere(path, disk);
      if (elsewhere === undefined) return GONE;
      return {
        kind: "unknown",
        obstacle: "missing mount",
        reason: `${elsewhere}: ${messageOf(error)}`,
      };
    });
}

function inspect(
  path: string,
  judgeMissing: (error: unknown) => DirectoryVerdict,
): DirectoryVerdict {
  try {
    return Deno.statSync(path).isDirectory ? { kind: "live" } : GONE;
  } catch (error) {
    return codeOf(error) === "ENOENT" ? judgeMissing(error) : verdictOf(error);
  }
}

function verdictOf(error: unknown): DirectoryVerdict {
  const reason = messageOf(error);
  // That trop may not look says nothing about the directory.
  if (error instanceof Deno.errors.NotCapable) {
    return { kind: "unknown", obstacle: "permission denied", reason };
  }
  const code = codeOf(error);
  if (GONE_CODES.has(code)) return GONE;
  return { kind: "unknown", obstacle: OBSTACLES.get(code) ?? "unknown filesystem error", reason };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's name for its refusal, or its number where the run time knows no name. */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return code ?? `OS${/os error (\d+)/.exec(error.message)?.[1]}`;
}
