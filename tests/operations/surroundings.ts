/**
 * A world that a test makes up as it goes along, apart from the reservations.
 *
 * @module
 */

import type { AbsolutePath } from "../../src/domain/path.ts";
import type { World } from "../../src/operations/request.ts";

/** What a port can be. */
export type ToggledSet = "excluded" | "occupied" | "uncertain" | "unsafe";

/** Which ports are what, which directories are gone, and what time it is. */
export class Surroundings {
  now = 1000;
  readonly sets: Record<ToggledSet, Set<number>> = {
    excluded: new Set(),
    occupied: new Set(),
    uncertain: new Set(),
    unsafe: new Set(),
  };
  readonly gone = new Set<string>();

  /** Puts `port` into a set, or takes it out again. */
  toggle(what: ToggledSet, port: number): void {
    const set = this.sets[what];
    if (!set.delete(port)) set.add(port);
  }

  /** As a plan sees it. Git guesses a project for every path, and no task. */
  get world(): World {
    const { now, sets, gone } = this;
    return {
      now,
      directory: "/" as AbsolutePath,
      check: (port) => {
        if (sets.occupied.has(port)) return { kind: "occupied" };
        if (!sets.uncertain.has(port)) return { kind: "free" };
        const probe = { protocol: "tcp", family: "ipv4", scope: "localhost" } as const;
        const failure = {
          code: "probe-failed",
          port,
          address: "",
          reason: "no",
          ...probe,
        } as const;
        return { kind: "uncertain", failure };
      },
      inspect: (path) => ({ kind: gone.has(path) ? "gone" : "live" }),
      infer: (path) => ({ project: `guess of ${path}`, task: null }),
    };
  }
}
