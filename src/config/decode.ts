/**
 * From the text of a configuration file to settings. Every problem is collected, none thrown; what
 * has one is left out of the settings.
 *
 * @module
 */

import { isMap, isScalar, isSeq, type Node, Scalar, type YAMLMap } from "yaml";
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
import { YamlDocument } from "./yaml_document.ts";

/** What a file says. */
export interface Decoded {
  readonly settings: Settings;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
}

/** Reads the text of a configuration file, which has no byte order mark. */
export function decodeConfig(text: string, identity: FileIdentity): Decoded {
  const yaml = new YamlDocument(text);
  if (yaml.problems.length === 0) return new Decoder(yaml, identity).decode();
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
  readonly keyNode: Node;
  readonly value: Node;
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
  readonly #yaml: YamlDocument;
  readonly #identity: FileIdentity;
  readonly #problems: Problem[] = [];
  /** Inside a service whose name is not fit to be shown. */
  #isLineHidden = false;

  constructor(yaml: YamlDocument, identity: FileIdentity) {
    this.#yaml = yaml;
    this.#identity = identity;
  }

  decode(): Decoded {
    const { root } = this.#yaml;
    const settings = root === null || isNothing(root) ? {} : this.#section(root, "");
    return { settings: settings as Settings, problems: this.#problems };
  }

  /** The settings whose keys begin with `prefix`, which is empty for the whole file. */
  #section(node: Node, prefix: string): Record<string, Located<unknown>> {
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

  #value(node: Node, path: string, setting: Setting): unknown {
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

  #integer(node: Node, path: string, setting: Setting): number | undefined {
    return this.#read(node, path, integerWords(setting), (scalar) => {
      return readInteger(scalar, setting.type as IntegerType);
    });
  }

  #exclusions(node: Node, path: string): Located<ExclusionEntry>[] | undefined {
    const list = this.#yaml.follow(node);
    if (!isSeq(list)) return this.#mismatch(node, path, "want a list of ports and ranges");
    if (this.#isTagged(list, path)) return undefined;
    return (list.items as Node[]).flatMap((item, index) => {
      const entry = this.#exclusion(item, `${path}[${index}]`);
      return entry === undefined ? [] : [this.#locate(item, entry)];
    });
  }

  #exclusion(node: Node, path: string): ExclusionEntry | undefined {
    if (isMap(this.#yaml.follow(node))) return this.#range(node, path);
    const scalar = this.#scalar(node, path, EXCLUSION_WORDS);
    if (scalar === undefined) return undefined;
    const port = readInteger(scalar, "uint16");
    if (port !== undefined) return { form: "single", start: port, end: port };
    const reading = readExclusion(scalar.text, { blanks: true });
    if ("entry" in reading) return reading.entry;
    this.#report(node, path, `${reading.problem}, found ${quote(reading.part)}`);
  }

  #range(node: Node, path: string): ExclusionEntry | undefined {
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

  #group(node: Node, path: string): Group | undefined {
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
    if (!hasServices && isMap(this.#yaml.follow(node))) {
      this.#report(node, path, "the key 'services' is missing");
    }
    return services && { services, ...(base && { base }) };
  }

  /** The services, or none if one has a problem: what is left would clash for no good reason. */
  #services(node: Node, path: string): readonly Service[] | undefined {
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

  #service(node: Node, path: string): Omit<Service, "tag"> {
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

  #setting<T>(node: Node, path: string, setting: Setting): Located<T> | undefined {
    const value = this.#value(node, path, setting);
    return value === undefined ? undefined : this.#locate(node, value as T);
  }

  /** The entries of a mapping whose keys are among `permitted`, or any, and not repeated. */
  *#entries(node: Node, path: string, permitted?: readonly string[]): Generator<Entry, void> {
    const mapping = this.#yaml.follow(node);
    if (!isMap(mapping)) return this.#mismatch(node, path, "want a mapping of keys to values");
    if (this.#isTagged(mapping, path)) return;
    const seen = new Map<string, number>();
    for (const { key: keyNode, value } of (mapping as YAMLMap<Node, Node | null>).items) {
      const key = this.#key(keyNode, path);
      if (key === undefined) continue;
      const first = seen.get(key);
      if (first !== undefined) this.#repeated(keyNode, path, key, first);
      else if (permitted && !permitted.includes(key)) this.#unknown(keyNode, path, key, permitted);
      else yield { key, keyNode, value: value ?? nothingBehind(keyNode) };
      seen.set(key, first ?? this.#locate(keyNode, key).source.line);
    }
  }

  #key(node: Node, path: string): string | undefined {
    const scalar = this.#yaml.follow(node);
    if (isScalar(scalar) && !this.#isTagged(scalar, path)) return scalarText(scalar).text;
    if (!isScalar(scalar)) this.#report(node, path, "want a plain text for a key");
    return undefined;
  }

  #repeated(node: Node, path: string, key: string, firstLine: number): void {
    if (path === "reservations.services") {
      const message = `the name of a service is repeated, it stands in line ${firstLine} already`;
      this.#problems.push({ ...this.#problem(node, path, message), isLineHidden: true });
    } else {
      const message = `the key ${quote(key)} is repeated, it stands in line ${firstLine} already`;
      this.#report(node, path, message);
    }
  }

  #unknown(node: Node, path: string, key: string, permitted: readonly string[]): void {
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
    node: Node,
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

  #scalar(node: Node, path: string, words: string): ScalarText | undefined {
    const scalar = this.#yaml.follow(node);
    if (!isScalar(scalar)) return this.#mismatch(node, path, words);
    return this.#isTagged(scalar, path) ? undefined : scalarText(scalar);
  }

  #isNull(node: Node): boolean {
    const scalar = this.#yaml.follow(node);
    return isScalar(scalar) && scalar.tag === undefined && isNull(scalarText(scalar));
  }

  /** Reports an explicit tag, such as `!!int`: the place says what a value is, nothing else. */
  #isTagged(node: Node & { tag?: string }, path: string): boolean {
    if (node.tag === undefined) return false;
    this.#report(node, path, `the tag ${quote(node.tag)} is not supported`);
    return true;
  }

  #mismatch(node: Node, path: string, words: string): undefined {
    const target = this.#yaml.follow(node);
    if (target === undefined) this.#report(node, path, "the alias has no anchor before it");
    else this.#report(node, path, `${words}, found ${describe(target)}`);
  }

  #report(node: Node, path: string, message: string): void {
    this.#problems.push(this.#problem(node, path, message));
  }

  #problem(node: Node, field: string, message: string): Problem {
    const { source } = this.#locate(node, undefined);
    return { kind: "parse", field, message, source, isLineHidden: this.#isLineHidden };
  }

  #locate<T>(node: Node, value: T): Located<T> & { readonly source: FileSource } {
    const { layer, file } = this.#identity;
    return { value, source: { layer, file, ...this.#yaml.placeOf(node) } };
  }
}

/** The keys of settings that a file names by `name`: itself, or all those of a section. */
function settingsBelow(name: string): readonly Key[] {
  return KEYS.filter((key) => key === name || key.startsWith(`${name}.`));
}

function allows(key: Key, kind: FileKind): boolean {
  return settingOf(key).files.includes(kind);
}

function scalarText(scalar: Scalar): ScalarText {
  return { text: scalar.source ?? "", isPlain: scalar.type === Scalar.PLAIN };
}

/** A node that was not written at all. */
function isNothing(node: Node): boolean {
  return isScalar(node) && node.tag === undefined && node.type === Scalar.PLAIN &&
    node.source === "";
}

/** The value of a key that stands alone, as in `{web}`. */
function nothingBehind(key: Node): Node {
  const nothing = new Scalar("");
  nothing.type = Scalar.PLAIN;
  nothing.source = "";
  nothing.range = key.range ?? null;
  return nothing;
}

function describe(node: Node): string {
  if (isSeq(node)) return "a list";
  if (!isScalar(node)) return "a mapping";
  const { text, isPlain } = scalarText(node);
  if (!isPlain) return `${quote(text)} in quotes`;
  return text === "" ? "nothing" : quote(text);
}

/** How much of a text is repeated in a message. */
const LONGEST_QUOTE = 40;

function quote(text: string): string {
  const shown = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return `'${escapeControls(shown)}'`;
}
