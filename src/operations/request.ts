/**
 * What `reserve` and the group commands have in common: what a request says, and what of the world
 * its plan depends on.
 *
 * @module
 */

import type { Verdict } from "../allocation/occupancy.ts";
import type { AbsolutePath } from "../domain/path.ts";
import type { Port, PortRange } from "../domain/port.ts";
import type { DirectoryVerdict } from "./inspect_directory.ts";

/** What becomes of a field that a plain repetition keeps: its project or its task. */
export type FieldRequest =
  | { readonly kind: "keep" }
  | { readonly kind: "clear" }
  | { readonly kind: "set"; readonly value: string };

/** What is asked for, whether one port or several. */
export interface PortRequest {
  readonly project: FieldRequest;
  readonly task: FieldRequest;
  readonly allowProjectChange: boolean;
  readonly allowTaskChange: boolean;
  /** Takes a path that is unrelated to the current directory. */
  readonly allowUnrelatedPath: boolean;
  readonly range: PortRange;
  readonly isExcluded: (port: Port) => boolean;
  /** Whether nobody should get the port without asking for it. */
  readonly isUnsafe: (port: Port) => boolean;
  /** What is cleaned up, once, when no port is left. */
  readonly cleanup: {
    readonly prune: boolean;
    readonly expire: boolean;
    /** Seconds since the last use. */
    readonly maxAge: number;
  };
}

/** What the plan depends on besides the request and the database. */
export interface World {
  /** Seconds since 1970-01-01 UTC. */
  readonly now: number;
  /** The current directory as the system reports it. */
  readonly directory: AbsolutePath;
  readonly check: (port: Port) => Verdict;
  readonly inspect: (path: AbsolutePath) => DirectoryVerdict;
  /** Project and task of a new reservation where neither was asked for. */
  readonly infer: (
    path: AbsolutePath,
  ) => { readonly project: string | null; readonly task: string | null };
}
