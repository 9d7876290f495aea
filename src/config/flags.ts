/**
 * The layer of command line options.
 *
 * @module
 */

import { type Key, KEYS, settingOf, type SETTINGS, type Settings, type Value } from "./settings.ts";
import type { Located } from "./source.ts";

type FlagOf<K extends Key> = typeof SETTINGS[K] extends { readonly flag: infer F extends string }
  ? F
  : never;

/**
 * The options that take part in the configuration, as a command has parsed them: `undefined` and
 * `false` say nothing. Options of the same name with another meaning, such as the format of a
 * command other than `list`, must be left out.
 */
export type ConfigFlags =
  & { readonly [K in Key as FlagOf<K>]?: NonNullable<Value<K>> | undefined }
  & {
    /** Ask for no value, whatever the lower layers say. */
    readonly clearProject?: boolean;
    readonly clearTask?: boolean;
    /** Both of the cleanup switches. */
    readonly disableAutoclean?: boolean;
  };

/** The settings that `flags` stand for. */
export function readFlags(flags: ConfigFlags): Settings {
  const settings: Partial<Record<Key, Located<unknown>>> = {};
  const set = (key: Key, flag: string, value: unknown) => {
    settings[key] = { value, source: { layer: "command line", flag: optionName(flag) } };
  };
  for (const key of KEYS) {
    const flag = settingOf(key).flag;
    const value = flag && flags[flag as keyof ConfigFlags];
    if (flag !== undefined && value !== undefined && value !== false) set(key, flag, value);
  }
  if (flags.clearProject) set("project", "clearProject", null);
  if (flags.clearTask) set("task", "clearTask", null);
  if (flags.disableAutoclean) {
    set("disable_autoprune", "disableAutoclean", true);
    set("disable_autoexpire", "disableAutoclean", true);
  }
  return settings as Settings;
}

function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
