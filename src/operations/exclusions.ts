/**
 * Changes to the excluded ports of a configuration file: `exclude`, `compact-exclusions`, and what
 * `scan` found in use.
 *
 * @module
 */

import { type EffectiveConfig, exclusionsFile } from "../config/effective.ts";
import type { FileIdentity } from "../config/source.ts";
import { changeExclusions, previewExclusions } from "../config/writer.ts";
import {
  addExclusion,
  compactExclusions,
  covers,
  type Exclusion,
  exclusionTest,
} from "../domain/exclusion.ts";
import type { Port } from "../domain/port.ts";

/**
 * Adds `added` to the file's list, which is created if need be.
 *
 * @returns Whether there was anything to add: the list may hold all its ports already.
 * @throws {TropError} Whatever `changeExclusions` throws.
 */
export async function excludePorts(target: FileIdentity, added: Exclusion): Promise<boolean> {
  const change = (current: readonly Exclusion[]) => addExclusion(current, added);
  const { before, after } = await changeExclusions(target, change, { create: true });
  return before !== after;
}

/** How many entries a list had, and what it has become. */
export interface Compaction {
  readonly from: number;
  readonly list: readonly Exclusion[];
}

/**
 * Writes the file's list as short as it gets; one that cannot be shortened stays as it is.
 *
 * @param dryRun Changes nothing, and needs no right to.
 * @returns `undefined` when the file has no list.
 * @throws {TropError} Whatever `changeExclusions` throws.
 */
export async function compactList(
  target: FileIdentity,
  { dryRun }: { readonly dryRun: boolean },
): Promise<Compaction | undefined> {
  const edit = dryRun ? previewExclusions : changeExclusions;
  const { before, after } = await edit(target, shorten);
  return before && after && { from: before.length, list: after };
}

/** The same list unless it can be said with fewer entries. */
function shorten(list: readonly Exclusion[]): readonly Exclusion[] {
  const shortest = compactExclusions(list);
  return shortest.length < list.length ? shortest : list;
}

/** What became of a file's list. */
export interface ExcludedPorts {
  readonly target: FileIdentity;
  /** How many ports were added. */
  readonly added: number;
  /** What compacting did, where that was asked for. */
  readonly compaction?: Compaction;
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
  const target = exclusionsFile(config);
  const isExcluded = exclusionTest(config.excludedPorts);
  const entries = ports.filter((port) => !isExcluded(port)).map(toEntry);
  let done: ExcludedPorts = { target, added: 0 };
  if (entries.length === 0 && !compact) return done;
  await changeExclusions(target, (current) => {
    // Another process may have added one in the meantime.
    const missing = entries.filter((entry) => !covers(current, entry));
    const extended = [...current, ...missing];
    done = { target, added: missing.length };
    if (!compact) return extended;
    const list = shorten(extended);
    done = { ...done, compaction: { from: extended.length, list } };
    return list;
  }, { create: true });
  return done;
}

function toEntry(port: Port): Exclusion {
  return { form: "single", start: port, end: port };
}
