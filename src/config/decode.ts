/**
 * From the text of a configuration file to settings. Every problem is collected, none thrown; what
 * has one is left out of the settings.
 *
 * @module
 */

import { type ExclusionEntry, readExclusion } from "../domain/exclusion.ts";
import { closest } from "../domain/suggest.ts";
import { escapeControls } from "../domain/text.ts";
import { isPlainTag } from "./group.ts";
import type { Problem } from "./problem.ts";
import { integerWords, isNull, readBoolean, readInteger, type ScalarText } from "./scalar.ts";
import {
  type Group,
  GROUP_BASE,
  type IntegerType,
  type Key,
  KEYS,
  keysBelow,
  SECTIONS,
  type Service,
  SERVICE_SETTINGS,
  type Setting,
  settingOf,
  type Settings,
} from "./settings.ts";
import {
  type FileIdentity,
  type FileKind,
  type FileSource,
  kindOf,
  type Located,
} from "./source.ts";
import { parseSimpleYaml } from "./yaml_simple.ts";
import {
  follow,
  type YamlContent,
  type YamlDocument,
  type YamlNode,
  type YamlScalar,
} from "./yaml_tree.ts";

/** What a file says. */
export interface Decoded {
  readonly settings: Settings;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
}

/** Reads the text of a configuration file, which has no byte order mark. */
export async function decodeConfig(text: string, identity: FileIdentity): Promise<Decoded> {
  const simple = parseSimpleYaml(text);
  if (simple !== undefined) return decodeDocument(simple, identity);
  // The YAML package takes longer to load than all the rest; most files have no use for it.
  const { parseYaml } = await import("./yaml_document.ts");
  return decodeDocument(parseYaml(text), identity);
}

/** What a parsed text says. */
export function decodeDocument(yaml: YamlDocument, identity: FileIdentity): Decoded {
  if (yaml.problems.length === 0) return new Decoder(identity).decode(yaml.root);
  const problems = yaml.problems.map(({ message, line, column }): Problem => ({
    kind: "parse",
    field: "",
    message: escapeControls(message),
    source: { ...identity, line, column },
  }));
  return { settings: {}, problems };
}

/** A key of a mapping with its value. */
interface Entry {
  readonly key: string;
  readonly keyNode: YamlNode;
  readonly value: YamlNode;
}

const EXCLUSION_WORDS =
  "want a port such as 5005, a range such as 5000..5010, or a mapping of start and end";
const RANGE_KEYS: readonly string[] = ["start", "end"];
const RANGE_END = { type: "uint16", minimum: 1, summary: "", files: [] } satisfies Setting;

/** What to say about keys that people try. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ["<<", "merge keys are not supported"],
  ["task", "a task is set by TROP_TASK or --task"],
]);

class Decoder {
  readonly #identity: FileIdentity;
  readonly #problems: Problem[] = [];
  /** Inside a service whose name is not fit to be shown. */
  #isLineHidden = false;

  constructor(identity: FileIdentity) {
    this.#identity = identity;
  }

  decode(root: YamlNode | null): Decoded {
    const settings = root === null || isNothing(root) ? {} : this.#section(root, "");
    return { settings: settings as Settings, problems: this.#problems };
  }

  /** The settings whose keys begin with `prefix`, which is empty for the whole file. */
  #section(node: YamlNode, prefix: string): Record<string, Located<unknown>> {
    const found: Record<string, Located<unknown>> = {};
    for (const { key, value } of this.#entries(node, prefix.slice(0, -1), keysBelow(prefix))) {
      const path = prefix + key;
      if (this.#isNull(value)) {
        // Everywhere else null means as much as leaving the key out.
        if (path === "reservations" && this.#identity.layer !== "user") {
          found[path] = this.#locate(value, null);
        }
      } else if (path in SECTIONS) {
        Object.assign(found, this.#section(value, `${path}.`));
      } else {
        const decoded = this.#value(value, path, settingOf(path as Key));
        if (decoded !== undefined) found[path] = this.#locate(value, decoded);
      }
    }
    return found;
  }

  #value(node: YamlNode, path: string, setting: Setting): unknown {
    switch (setting.type) {
      case "exclusions":
        return this.#exclusions(node, path);
      case "group":
        return this.#group(node, path);
      case "text":
        return this.#scalar(node, path, "want a text")?.text;
      case "boolean":
        return this.#read(node, path, "want true or false", readBoolean);
      case "choice": {
        const values = setting.values ?? [];
        return this.#read(node, path, `want one of ${values.join(", ")}`, ({ text }) => {
          return values.find((value) => value === text);
        });
      }
      default:
        return this.#integer(node, path, setting);
    }
  }

  #integer(node: YamlNode, path: string, setting: Setting): number | undefined {
    return this.#read(node, path, integerWords(setting), (scalar) => {
      return readInteger(scalar, setting.type as IntegerType);
    });
  }

  #exclusions(node: YamlNode, path: string): Located<ExclusionEntry>[] | undefined {
    const list = follow(node);
    if (list?.kind !== "sequence") {
      return this.#mismatch(node, path, "want a list of ports and ranges");
    }
    if (this.#isTagged(list, path)) return undefined;
    return list.items.flatMap((item, index) => {
      const entry = this.#exclusion(item, `${path}[${index}]`);
      return entry === undefined ? [] : [this.#locate(item, entry)];
    });
  }

  #exclusion(node: YamlNode, path: string): ExclusionEntry | undefined {
    if (follow(node)?.kind === "mapping") return this.#range(node, path);
    const scalar = this.#scalar(node, path, EXCLUSION_WORDS);
    if (scalar === undefined) return undefined;
    const port = readInteger(scalar, "uint16");
    if (port !== undefined) return { form: "single", start: port, end: port };
    const reading = readExclusion(scalar.text, { blanks: true });
    if ("entry" in reading) return reading.entry;
    this.#report(node, path, `${reading.problem}, found ${quote(reading.part)}`);
  }

  #range(node: YamlNode, path: string): ExclusionEntry | undefined {
    const ends = new Map<string, number | undefined>();
    for (const { key, value } of this.#entries(node, path)) {
      if (!RANGE_KEYS.includes(key)) continue; // any other key is ignored here
      ends.set(key, this.#integer(value, `${path}.${key}`, RANGE_END));
    }
    for (const key of RANGE_KEYS) {
      if (!ends.has(key)) this.#report(node, path, `the key '${key}' is missing`);
    }
    const start = ends.get("start");
    const end = ends.get("end");
    return start === undefined || end === undefined ? undefined : { form: "range", start, end };
  }

  #group(node: YamlNode, path: string): Group | undefined {
    let base: Located<number> | undefined;
    let services: readonly Service[] | undefined;
    let hasServices = false;
    for (const { key, value } of this.#entries(node, path, ["base", "services"])) {
      if (key === "services") {
        hasServices = true;
        services = this.#services(value, `${path}.services`);
      } else if (!this.#isNull(value)) {
        base = this.#setting(value, `${path}.base`, GROUP_BASE);
      }
    }
    if (!hasServices && follow(node)?.kind === "mapping") {
      this.#report(node, path, "the key 'services' is missing");
    }
    return services && { services, ...(base && { base }) };
  }

  /** The services, or none if one has a problem: what is left would clash for no good reason. */
  #services(node: YamlNode, path: string): readonly Service[] | undefined {
    // Written as nothing at all, a required mapping is an empty one.
    if (isNothing(node)) return [];
    const before = this.#problems.length;
    const services: Service[] = [];
    for (const { key, keyNode, value } of this.#entries(node, path)) {
      this.#isLineHidden = !isPlainTag(key);
      const service = this.#service(value, `${path}.${this.#isLineHidden ? "*" : key}`);
      services.push({ tag: this.#locate(keyNode, key), ...service });
      this.#isLineHidden = false;
    }
    return this.#problems.length === before ? services : undefined;
  }

  #service(node: YamlNode, path: string): Omit<Service, "tag"> {
    const service: Record<string, Located<unknown>> = {};
    if (isNothing(node)) return service;
    for (const { key, value } of this.#entries(node, path, Object.keys(SERVICE_SETTINGS))) {
      if (this.#isNull(value)) continue;
      const setting = SERVICE_SETTINGS[key as keyof typeof SERVICE_SETTINGS];
      const located = this.#setting(value, `${path}.${key}`, setting);
      if (located !== undefined) service[key] = located;
    }
    return service;
  }

  #setting<T>(node: YamlNode, path: string, setting: Setting): Located<T> | undefined {
    const value = this.#value(node, path, setting);
    return value === undefined ? undefined : this.#locate(node, value as T);
  }

  /** The entries of a mapping whose keys are among `permitted`, or any, and not repeated. */
  *#entries(node: YamlNode, path: string, permitted?: readonly string[]): Generator<Entry, void> {
    const mapping = follow(node);
    if (mapping?.kind !== "mapping") {
      return this.#mismatch(node, path, "want a mapping of keys to values");
    }
    if (this.#isTagged(mapping, path)) return;
    const seen = new Map<string, number>();
    for (const { key: keyNode, value } of mapping.entries) {
      const key = this.#key(keyNode, path);
      if (key === undefined) continue;
      const first = seen.get(key);
      if (first !== undefined) this.#repeated(keyNode, path, key, first);
      else if (permitted && !permitted.includes(key)) this.#unknown(keyNode, path, key, permitted);
      else yield { key, keyNode, value };
      seen.set(key, first ?? this.#locate(keyNode, key).source.line);
    }
  }

  #key(node: YamlNode, path: string): string | undefined {
    const scalar = follow(node);
    if (scalar?.kind === "scalar") return this.#isTagged(scalar, path) ? undefined : scalar.text;
    this.#report(node, path, "want a plain text for a key");
    return undefined;
  }

  #repeated(node: YamlNode, path: string, key: string, firstLine: number): void {
    if (path === "reservations.services") {
      const message = `the name of a service is repeated, it stands in line ${firstLine} already`;
      this.#problems.push({ ...this.#problem(node, path, message), isLineHidden: true });
    } else {
      const message = `the key ${quote(key)} is repeated, it stands in line ${firstLine} already`;
      this.#report(node, path, message);
    }
  }

  #unknown(node: YamlNode, path: string, key: string, permitted: readonly string[]): void {
    const kind = kindOf(this.#identity.layer);
    const known = permitted.filter((name) => {
      return path !== "" || settingsBelow(name).some((key) => allows(key, kind));
    });
    const meant = closest(key, known);
    const hint = meant === undefined ? HINTS.get(key) : `did you mean '${meant}'?`;
    const name = hint === undefined ? quote(key) : `${quote(key)} (${hint})`;
    this.#report(node, path, `unknown key ${name}, want one of ${known.join(", ")}`);
  }

  /** The value of a scalar; whatever it is not is reported with the words of what is wanted. */
  #read<T>(
    node: YamlNode,
    path: string,
    words: string,
    read: (scalar: ScalarText) => T | undefined,
  ): T | undefined {
    const scalar = this.#scalar(node, path, words);
    if (scalar === undefined) return undefined;
    const value = read(scalar);
    if (value === undefined) this.#mismatch(node, path, words);
    return value;
  }

  #scalar(node: YamlNode, path: string, words: string): YamlScalar | undefined {
    const scalar = follow(node);
    if (scalar?.kind !== "scalar") return this.#mismatch(node, path, words);
    return this.#isTagged(scalar, path) ? undefined : scalar;
  }

  #isNull(node: YamlNode): boolean {
    const scalar = follow(node);
    return scalar?.kind === "scalar" && scalar.tag === undefined && isNull(scalar);
  }

  /** Reports an explicit tag, such as `!!int`: the place says what a value is, nothing else. */
  #isTagged(node: YamlContent, path: string): boolean {
    if (node.tag === undefined) return false;
    this.#report(node, path, `the tag ${quote(node.tag)} is not supported`);
    return true;
  }

  #mismatch(node: YamlNode, path: string, words: string): undefined {
    const target = follow(node);
    if (target === undefined) this.#report(node, path, "the alias has no anchor before it");
    else this.#report(node, path, `${words}, found ${describe(target)}`);
  }

  #report(node: YamlNode, path: string, message: string): void {
    this.#problems.push(this.#problem(node, path, message));
  }

  #problem(node: YamlNode, field: string, message: string): Problem {
    const { source } = this.#locate(node, undefined);
    return { kind: "parse", field, message, source, isLineHidden: this.#isLineHidden };
  }

  #locate<T>(node: YamlNode, value: T): Located<T> & { readonly source: FileSource } {
    const { layer, file } = this.#identity;
    return { value, source: { layer, file, ...node.place } };
  }
}

/** The keys of settings that a file names by `name`: itself, or all those of a section. */
function settingsBelow(name: string): readonly Key[] {
  return KEYS.filter((key) => key === name || key.startsWith(`${name}.`));
}

function allows(key: Key, kind: FileKind): boolean {
  return settingOf(key).files.includes(kind);
}

/** A node that was not written at all. */
function isNothing(node: YamlNode): boolean {
  return node.kind === "scalar" && node.tag === undefined && node.isPlain && node.text === "";
}

function describe(node: YamlContent): string {
  if (node.kind === "sequence") return "a list";
  if (node.kind === "mapping") return "a mapping";
  const { text, isPlain } = node;
  if (!isPlain) return `${quote(text)} in quotes`;
  return text === "" ? "nothing" : quote(text);
}

/** How much of a text is repeated in a message. */
const LONGEST_QUOTE = 40;

function quote(text: string): string {
  const shown = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return `'${escapeControls(shown)}'`;
}
