/**
 * A configuration as YAML in which every value says where it came from.
 *
 * @module
 */

import type { EffectiveConfig, GroupService } from "../../config/effective.ts";
import { type Group, type Key, KEYS, type Settings } from "../../config/settings.ts";
import { formatSource, type Located, type Source } from "../../config/source.ts";
import { formatExclusion } from "../../domain/exclusion.ts";
import { escapeControls, trimWhiteSpace } from "../../domain/text.ts";

/** The configuration in force, a comment behind every value. */
export function renderConfigYaml({ settings, group, ignored }: EffectiveConfig): string {
  const lines = new Lines();
  if (ignored !== undefined) {
    lines.remark(`not used: ${ignored.file}, which lies outside of ${ignored.checkout}`);
  }
  let open = "";
  for (const key of KEYS) {
    const located = settings[key];
    if (located === undefined) continue;
    const [section = "", name] = key.split(".");
    if (name !== undefined && section !== open) lines.add(0, section);
    open = section;
    addSetting(lines, { key, settings, services: group?.services ?? [] });
  }
  return lines.text();
}

/** A setting, and what its value may need besides. */
interface Entry {
  readonly key: Key;
  readonly settings: Settings;
  /** The services of the group in force, whose variables are known. */
  readonly services: readonly GroupService[];
}

function addSetting(lines: Lines, { key, settings, services }: Entry): void {
  const depth = key.includes(".") ? 1 : 0;
  const name = key.replace(/.*\./, "");
  if (key === "excluded_ports") addExclusions(lines, settings.excluded_ports);
  else if (key === "reservations" && settings.reservations?.value) {
    lines.add(0, "reservations", undefined, settings.reservations.source);
    addGroup(lines, settings.reservations.value, services);
  } else {
    const { value, source } = settings[key] as Located<string | number | boolean | null>;
    lines.add(depth, name, value, source);
  }
}

function addExclusions(lines: Lines, list: Settings["excluded_ports"]): void {
  if (list?.value.length === 0) return lines.add(0, "excluded_ports", [], list.source);
  lines.add(0, "excluded_ports");
  for (const { value, source } of list?.value ?? []) lines.item(formatExclusion(value), source);
}

function addGroup(lines: Lines, { base, services }: Group, named: readonly GroupService[]): void {
  if (base) lines.add(1, "base", base.value, base.source);
  lines.add(1, "services", services.length === 0 ? {} : undefined);
  for (const { tag, offset, preferred, env } of services) {
    const name = trimWhiteSpace(tag.value);
    lines.add(2, name, undefined, tag.source);
    lines.add(3, "offset", offset?.value ?? 0, offset?.source ?? { layer: "built-in" });
    if (preferred) lines.add(3, "preferred", preferred.value, preferred.source);
    const variable = named.find(({ tag }) => tag === name)?.variable ?? "";
    lines.add(3, "env", variable, env ? env.source : "from the name of the service");
  }
}

/** Lines of YAML with their remarks. */
class Lines {
  readonly #lines: string[] = [];

  add(depth: number, key: string, value?: unknown, origin?: Source | string): void {
    const shown = value === undefined ? "" : ` ${scalar(value)}`;
    this.#push(`${"  ".repeat(depth)}${scalar(key)}:${shown}`, origin);
  }

  item(value: string, origin: Source): void {
    this.#push(`  - ${value}`, origin);
  }

  remark(text: string): void {
    this.#lines.push(`# ${escapeControls(text)}`);
  }

  text(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  #push(line: string, origin?: Source | string): void {
    const remark = typeof origin === "object" ? originOf(origin) : origin;
    this.#lines.push(remark === undefined ? line : `${line}  # ${escapeControls(remark)}`);
  }
}

function originOf(source: Source): string {
  if (source.layer === "command line") return source.flag;
  return source.layer === "built-in" ? "built-in" : formatSource(source);
}

/** A value on one line, in quotes where any reader of YAML could take it for something else. */
function scalar(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const isPlain = /^[A-Za-z_][\w./-]*$/.test(value) && !WORDS.test(value);
  return isPlain ? value : quote(value);
}

const WORDS = /^(?:null|true|false|yes|no|on|off|y|n)$/i;

/** JSON's quotes are YAML's, but YAML also wants some characters escaped that JSON does not. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\x9f\u2028\u2029\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
