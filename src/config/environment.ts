/**
 * The layer of `TROP_*` variables. What does not parse fails whatever the command; whether a value
 * makes sense is judged later, when it is known that no option overrides it.
 *
 * @module
 */

import { type ExclusionEntry, readExclusion } from "../domain/exclusion.ts";
import { escapeControls } from "../domain/text.ts";
import type { Problem } from "./problem.ts";
import {
  boundsOf,
  INTEGER_BITS,
  type IntegerType,
  type Key,
  KEYS,
  type Setting,
  settingOf,
  type Settings,
} from "./settings.ts";
import type { Located, Source } from "./source.ts";

/** An environment variable; `undefined` when it is unset or not valid Unicode. */
export type Environment = (name: string) => string | undefined;

/** What the variables say, and which of them cannot be read. */
export interface EnvironmentLayer {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
}

/**
 * Reads the variables of `keys`. A variable with two names is read by the second only where the
 * first is unset.
 */
export function readEnvironment(env: Environment, keys: readonly Key[] = KEYS): EnvironmentLayer {
  const settings: Partial<Record<Key, Located<unknown>>> = {};
  const problems: Problem[] = [];
  for (const key of keys) {
    const variable = settingOf(key).variables?.find((name) => env(name) !== undefined);
    if (variable === undefined) continue;
    const source: Source = { layer: "environment", variable };
    const reading = readVariable(env(variable) ?? "", settingOf(key), source);
    if ("value" in reading) settings[key] = { value: reading.value, source };
    else problems.push({ kind: "rule", field: variable, message: reading.problem, source });
  }
  // One excludes the other, and with both set the offset wins.
  if (settings["ports.max_offset"] !== undefined) delete settings["ports.max"];
  return { settings: settings as Settings, problems };
}

type Reading = { readonly value: unknown } | { readonly problem: string };

function readVariable(text: string, setting: Setting, source: Source): Reading {
  switch (setting.type) {
    case "text":
      return { value: text };
    case "boolean":
      return readSwitch(text);
    case "choice":
      return readChoice(text, setting.values ?? []);
    case "exclusions":
      return readExclusions(text, source);
    case "group":
      throw new TypeError("no variable holds a group");
    default:
      return readNumber(text, setting);
  }
}

const ON = ["true", "1", "yes", "on"];
const OFF = ["false", "0", "no", "off"];

function readSwitch(text: string): Reading {
  const word = toLowerAscii(text);
  if (ON.includes(word)) return { value: true };
  if (OFF.includes(word)) return { value: false };
  const accepted = [...ON, ...OFF].join(", ");
  return { problem: `Cannot read ${quote(text)} as a switch: want one of ${accepted}` };
}

function readChoice(text: string, values: readonly string[]): Reading {
  const word = toLowerAscii(text);
  if (values.includes(word)) return { value: word };
  return { problem: `Cannot read ${quote(text)}: want one of ${values.join(", ")}` };
}

function readNumber(text: string, setting: Setting): Reading {
  const limit = 2n ** BigInt(INTEGER_BITS[setting.type as IntegerType]);
  if (/^\+?[0-9]+$/.test(text) && BigInt(text.replace("+", "")) < limit) {
    return { value: Number(text) };
  }
  const { minimum, maximum } = boundsOf(setting);
  const wanted = minimum === 0 ? "0 or a positive integer" : "a positive integer";
  return { problem: `Cannot read ${quote(text)}: want ${wanted} up to ${maximum}` };
}

/** A list with commas; blanks may stand around its items and items may be missing. */
function readExclusions(text: string, source: Source): Reading {
  const entries: Located<ExclusionEntry>[] = [];
  for (const item of text.split(",").map((item) => item.trim())) {
    if (item === "") continue;
    const reading = readExclusion(item);
    if ("problem" in reading) {
      return { problem: `Cannot read ${quote(reading.part)}: ${reading.problem}` };
    }
    entries.push({ value: reading.entry, source });
  }
  return { value: entries };
}

function toLowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function quote(text: string): string {
  return `"${escapeControls(text)}"`;
}
