/**
 * How the layers of the configuration become one.
 *
 * @module
 */

import { type Key, KEYS, settingOf, type Settings } from "./settings.ts";
import { BUILT_IN, type Located } from "./source.ts";

/** The lowest layer: the defaults of the declaration. */
export function defaults(): Settings {
  const settings: Partial<Record<Key, Located<unknown>>> = {};
  for (const key of KEYS) {
    const value = settingOf(key).default;
    if (value !== undefined) settings[key] = { value, source: BUILT_IN };
  }
  return settings as Settings;
}

/** The layers, low to high, as one: what a higher one says replaces what a lower one says. */
export function mergeLayers(layers: readonly Settings[]): Settings {
  return layers.reduce((lower, higher) => {
    const merged: { -readonly [K in keyof Settings]: Settings[K] } = { ...lower, ...higher };
    const inherited = lower.excluded_ports;
    const added = higher.excluded_ports;
    if (inherited && added) {
      merged.excluded_ports = { ...added, value: [...inherited.value, ...added.value] };
    }
    // Both say where the range ends, so that one takes the place of the other.
    if (higher["ports.max"] && !higher["ports.max_offset"]) delete merged["ports.max_offset"];
    if (higher["ports.max_offset"] && !higher["ports.max"]) delete merged["ports.max"];
    return merged;
  });
}
