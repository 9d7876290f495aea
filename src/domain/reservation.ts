/**
 * What trop keeps: one port for one key.
 *
 * @module
 */

import type { AbsolutePath } from "./path.ts";
import type { Port } from "./port.ts";

/** What identifies a reservation; the path alone, without a tag, is a key of its own. */
export interface Key {
  readonly path: AbsolutePath;
  readonly tag: string | null;
}

/** A port and the directory it belongs to. */
export interface Reservation extends Key {
  readonly port: Port;
  readonly project: string | null;
  readonly task: string | null;
  /** Seconds since 1970-01-01 UTC, as is {@linkcode lastUsedAt}. */
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

/** A key as messages show it: `path` or `path:tag`. */
export function formatKey(
  { path, tag }: { readonly path: string; readonly tag: string | null },
): string {
  return tag === null ? path : `${path}:${tag}`;
}
