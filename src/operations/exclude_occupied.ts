/**
 * `scan --autoexclude`: ports that others use are never given out again.
 *
 * @module
 */

import { type EffectiveConfig, exclusionsFile } from "../config/effective.ts";
import { changeExclusions } from "../config/writer.ts";
import { compactExclusions, covers, type Exclusion, exclusionTest } from "../domain/exclusion.ts";
import type { Port } from "../domain/port.ts";

/** What became of a file's list. */
export interface ExcludedPorts {
  readonly file: string;
  /** Whether the file is the user's, for want of one of the project. */
  readonly isUsers: boolean;
  /** How many ports were added. */
  readonly added: number;
  /** The numbers of entries, where compacting made them fewer. */
  readonly compacted?: { readonly from: number; readonly to: number };
}

/**
 * Adds the `ports` that no layer excludes yet, each as an entry of its own, to the file that a new
 * exclusion goes to. Without any, and with nothing to compact, the file is left alone.
 *
 * @param compact Also writes the file's list as short as it gets.
 * @throws {TropError} Whatever `changeExclusions` throws.
 */
export async function excludeOccupied(
  config: EffectiveConfig,
  ports: readonly Port[],
  { compact }: { readonly compact: boolean },
): Promise<ExcludedPorts> {
  const { file, isUsers } = exclusionsFile(config);
  const isExcluded = exclusionTest(config.excludedPorts);
  const entries = ports.filter((port) => !isExcluded(port)).map(toEntry);
  let done: ExcludedPorts = { file, isUsers, added: 0 };
  if (entries.length === 0 && !compact) return done;
  const layer = isUsers ? "user" : file === config.projectFiles.private ? "private" : "project";
  await changeExclusions({ file, layer }, (current) => {
    // Another process may have added one in the meantime.
    const missing = entries.filter((entry) => !covers(current, entry));
    const extended = [...current, ...missing];
    const shortest = compact ? compactExclusions(extended) : extended;
    done = { file, isUsers, added: missing.length };
    if (shortest.length === extended.length) return extended;
    done = { ...done, compacted: { from: extended.length, to: shortest.length } };
    return shortest;
  }, { create: true });
  return done;
}

function toEntry(port: Port): Exclusion {
  return { form: "single", start: port, end: port };
}
