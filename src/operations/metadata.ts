/**
 * Project and task: where those of a new reservation come from, and when those of an old one may
 * change.
 *
 * @module
 */

import type { AbsolutePath } from "../domain/path.ts";
import type { Reservation } from "../domain/reservation.ts";
import { TropError } from "../errors.ts";
import type { FieldRequest, PortRequest, World } from "./request.ts";

/** The two fields that change only with permission. */
export type Metadata = Pick<Reservation, "project" | "task">;

/** What a new reservation of `path` gets: git is asked for what nobody asked for. */
export function newMetadata(
  path: AbsolutePath,
  { project, task }: Pick<PortRequest, "project" | "task">,
  { infer }: World,
): Metadata {
  const inferred = project.kind === "keep" || task.kind === "keep"
    ? infer(path)
    : { project: null, task: null };
  return { project: resolve(project, inferred.project), task: resolve(task, inferred.task) };
}

/**
 * What an existing reservation gets.
 *
 * @param group The directory of the group that it belongs to, for the message.
 * @throws {TropError} `sticky-field`: a script that names another project is most likely wrong.
 */
export function changedMetadata(
  request: PortRequest,
  previous: Metadata,
  group?: AbsolutePath,
): Metadata {
  const change = (field: "project" | "task", allowed: boolean) => {
    const stored = previous[field];
    const requested = resolve(request[field], stored);
    if (requested === stored || allowed) return requested;
    const place = group === undefined ? {} : { group };
    throw new TropError({ code: "sticky-field", field, stored, requested, ...place });
  };
  return {
    project: change("project", request.allowProjectChange),
    task: change("task", request.allowTaskChange),
  };
}

/** The field as it was asked for, or as it is kept. */
export function resolve(request: FieldRequest, kept: string | null): string | null {
  switch (request.kind) {
    case "keep":
      return kept;
    case "clear":
      return null;
    case "set":
      return request.value;
  }
}
