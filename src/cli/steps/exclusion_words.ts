/**
 * What commands that change exclusions say in common.
 *
 * @module
 */

import type { FileIdentity } from "../../config/source.ts";
import type { Compaction } from "../../operations/exclusions.ts";
import type { Output } from "../output.ts";

/** Says that all projects are affected, where the user's file stands in for that of a project. */
export function tellWhomItConcerns(output: Output, { layer }: FileIdentity): void {
  if (layer === "user") {
    output.status("There is no file of a project, so this holds for all projects");
  }
}

/** How much shorter a list became; `undefined` if it did not. */
export function describeCompaction({ from, list }: Compaction): string | undefined {
  return list.length < from ? `Compacted ${from} exclusions to ${list.length}` : undefined;
}
