/**
 * Whether a reserved directory is still there. "Cannot tell" is an answer of its own: a directory
 * behind an unmounted disk is not gone.
 *
 * @module
 */

/** Why nobody can tell, in the words that warnings use. */
export type Obstacle =
  | "permission denied"
  | "symlink loop"
  | "transient I/O error"
  | "unsupported filesystem operation"
  | "unknown filesystem error";

/** What a look at the directory found. */
export type DirectoryVerdict =
  | { readonly kind: "live" }
  | { readonly kind: "gone" }
  | { readonly kind: "unknown"; readonly obstacle: Obstacle; readonly reason: string };

const GONE: DirectoryVerdict = { kind: "gone" };

/** The system's codes for a path that cannot exist on this host, the Windows numbers last. */
const GONE_CODES: ReadonlySet<unknown> = new Set([
  "ENOENT",
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
  try {
    return Deno.statSync(path).isDirectory ? { kind: "live" } : GONE;
  } catch (error) {
    return verdictOf(error);
  }
}

function verdictOf(error: unknown): DirectoryVerdict {
  const reason = error instanceof Error ? error.message : String(error);
  // That trop may not look says nothing about the directory.
  if (error instanceof Deno.errors.NotCapable) {
    return { kind: "unknown", obstacle: "permission denied", reason };
  }
  const code = codeOf(error);
  if (GONE_CODES.has(code)) return GONE;
  return { kind: "unknown", obstacle: OBSTACLES.get(code) ?? "unknown filesystem error", reason };
}

/** The system's name for its refusal, or its number where the run time knows no name. */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return code ?? `OS${/os error (\d+)/.exec(error.message)?.[1]}`;
}
