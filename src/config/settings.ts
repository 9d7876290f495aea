/**
 * The configuration's shape, declared once: the parser, the layers, `trop config`, the JSON Schema
 * and the manual are all made from it.
 *
 * @module
 */

import type { ExclusionEntry } from "../domain/exclusion.ts";
import { DEFAULT_RANGE, MAX_PORT } from "../domain/port.ts";
import type { FileKind, Located } from "./source.ts";

/** How many bits the largest number of a type has; one that needs more is no number at all. */
export const INTEGER_BITS = { uint16: 16, uint32: 32, uint64: 64 } as const;

/** Whole numbers by their size. */
export type IntegerType = keyof typeof INTEGER_BITS;

/** What the declaration says about one key. */
export interface Setting {
  readonly type: "text" | "boolean" | "choice" | IntegerType | "exclusions" | "group";
  /** What it is for: a phrase without a full stop. */
  readonly summary: string;
  /** All that a choice may be. */
  readonly values?: readonly string[];
  /** The least number that makes sense; 0 unless said otherwise. */
  readonly minimum?: number;
  /** The greatest number that makes sense; as many as the type holds unless said otherwise. */
  readonly maximum?: number;
  readonly default?: string | boolean | number;
  /** The kinds of files that may set it. */
  readonly files: readonly FileKind[];
  /** The variable that sets it, and the one that is read where that is unset. */
  readonly variables?: readonly string[];
  /** The option that sets it, as `options` and `globals` of a command have it. */
  readonly flag?: string;
}

const ANY_FILE = ["user", "project"] as const;
const PORT = { type: "uint16", minimum: 1, maximum: MAX_PORT } as const;
const SWITCH = { type: "boolean", default: false, files: ANY_FILE } as const;

/** Every setting, by its key in a file; a dot stands between a section and its keys. */
export const SETTINGS = {
  "project": {
    type: "text",
    summary: "Project that new reservations belong to",
    files: ["project"],
    variables: ["TROP_PROJECT"],
    flag: "project",
  },
  "task": {
    type: "text",
    summary: "Task that new reservations belong to",
    files: [],
    variables: ["TROP_TASK"],
    flag: "task",
  },
  "ports.min": {
    ...PORT,
    summary: "First port to give out",
    default: DEFAULT_RANGE.min,
    files: ANY_FILE,
    variables: ["TROP_PORT_MIN"],
    flag: "min",
  },
  "ports.max": {
    ...PORT,
    summary: "Last port to give out",
    default: DEFAULT_RANGE.max,
    files: ANY_FILE,
    variables: ["TROP_PORT_MAX"],
    flag: "max",
  },
  "ports.max_offset": {
    type: "uint16",
    summary: "Last port to give out, counted from the first; in place of max",
    minimum: 1,
    files: ANY_FILE,
    variables: ["TROP_PORT_MAX_OFFSET"],
  },
  "excluded_ports": {
    type: "exclusions",
    summary: "Ports never to give out; the lists of all layers add up",
    files: ANY_FILE,
    variables: ["TROP_EXCLUDED_PORTS"],
  },
  "cleanup.expire_after_days": {
    type: "uint32",
    summary: "Days without use after which a reservation expires",
    minimum: 1,
    default: 30,
    files: ANY_FILE,
    variables: ["TROP_EXPIRE_AFTER_DAYS"],
    flag: "days",
  },
  "occupancy_check.skip": {
    ...SWITCH,
    summary: "Do not look whether ports are in use at all",
    variables: ["TROP_SKIP_OCCUPANCY_CHECK"],
    flag: "skipOccupancyCheck",
  },
  "occupancy_check.skip_ip4": {
    ...SWITCH,
    summary: "Do not look at IPv4",
    variables: ["TROP_SKIP_IPV4"],
    flag: "skipIpv4",
  },
  "occupancy_check.skip_ip6": {
    ...SWITCH,
    summary: "Do not look at IPv6",
    variables: ["TROP_SKIP_IPV6"],
    flag: "skipIpv6",
  },
  "occupancy_check.skip_tcp": {
    ...SWITCH,
    summary: "Do not look at TCP",
    variables: ["TROP_SKIP_TCP"],
    flag: "skipTcp",
  },
  "occupancy_check.skip_udp": {
    ...SWITCH,
    summary: "Do not look at UDP",
    variables: ["TROP_SKIP_UDP"],
    flag: "skipUdp",
  },
  "occupancy_check.check_all_interfaces": {
    ...SWITCH,
    summary: "Look at all interfaces, not only at the loopback one",
    variables: ["TROP_CHECK_ALL_INTERFACES"],
    flag: "checkAllInterfaces",
  },
  "reservations": {
    type: "group",
    summary: "Services whose ports are reserved together; null drops an inherited group",
    files: ["project"],
  },
  "disable_autoinit": {
    ...SWITCH,
    summary: "Fail rather than create a missing database",
    variables: ["TROP_DISABLE_AUTOINIT"],
    flag: "disableAutoinit",
  },
  "disable_autoprune": {
    ...SWITCH,
    summary: "Do not remove reservations of missing directories when ports run out",
    variables: ["TROP_DISABLE_AUTOPRUNE"],
    flag: "disableAutoprune",
  },
  "disable_autoexpire": {
    ...SWITCH,
    summary: "Do not remove expired reservations when ports run out",
    variables: ["TROP_DISABLE_AUTOEXPIRE"],
    flag: "disableAutoexpire",
  },
  "allow_unrelated_path": {
    ...SWITCH,
    summary: "Allow paths that are neither above nor below the current directory",
    variables: ["TROP_ALLOW_UNRELATED_PATH"],
    flag: "allowUnrelatedPath",
  },
  "allow_change_project": {
    ...SWITCH,
    summary: "Allow a reservation to change its project",
    variables: ["TROP_ALLOW_PROJECT_CHANGE", "TROP_ALLOW_CHANGE_PROJECT"],
    flag: "allowProjectChange",
  },
  "allow_change_task": {
    ...SWITCH,
    summary: "Allow a reservation to change its task",
    variables: ["TROP_ALLOW_TASK_CHANGE", "TROP_ALLOW_CHANGE_TASK"],
    flag: "allowTaskChange",
  },
  "allow_change": {
    ...SWITCH,
    summary: "Allow both changes, even where one of the other two keys says false",
    variables: ["TROP_ALLOW_CHANGE"],
    flag: "allowChange",
  },
  "allow_unsafe_ports": {
    ...SWITCH,
    summary: "Give out ports that browsers refuse or the system itself uses",
    variables: ["TROP_ALLOW_UNSAFE_PORTS"],
    flag: "allowUnsafePorts",
  },
  "maximum_lock_wait_seconds": {
    type: "uint64",
    summary: "Longest wait in seconds for a locked database; 0 does not wait",
    // SQLite counts milliseconds in 31 bits.
    maximum: 2_147_483,
    default: 5,
    files: ANY_FILE,
    variables: ["TROP_BUSY_TIMEOUT", "TROP_MAXIMUM_LOCK_WAIT_SECONDS"],
    flag: "busyTimeout",
  },
  "output_format": {
    type: "choice",
    values: ["json", "csv", "tsv", "table"],
    summary: "How trop list prints reservations",
    default: "table",
    files: ANY_FILE,
    variables: ["TROP_OUTPUT_FORMAT"],
    flag: "format",
  },
  "sqlite_journal": {
    type: "choice",
    values: ["auto", "wal", "rollback"],
    summary: "Journal of the database: auto is rollback on shared file systems and wal elsewhere",
    default: "auto",
    files: ["user"],
    variables: ["TROP_SQLITE_JOURNAL"],
  },
  "allow_shared_data_dir": {
    type: "boolean",
    summary: "Use a data directory that other users own or may write",
    default: false,
    // A file in that directory, or in a checkout, could have been written by those it is about.
    files: [],
    variables: ["TROP_ALLOW_SHARED_DATA_DIR"],
  },
  "discovery": {
    type: "choice",
    values: ["checkout", "filesystem"],
    summary: "How far up to look for trop.yaml: to the git checkout's root, or to the disk's",
    default: "checkout",
    files: ["user"],
    variables: ["TROP_DISCOVERY"],
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** What the sections are for. */
export const SECTIONS: Readonly<Record<string, string>> = {
  ports: "Range of ports to give out; what is left out is inherited",
  cleanup: "When reservations are removed",
  occupancy_check: "How trop looks whether a port is in use",
};

/** The keys of `reservations`, besides `services`. */
export const GROUP_BASE = {
  ...PORT,
  summary: "First port to try for the services that have no preferred one",
  files: ["project"],
} as const satisfies Setting;

/** The keys of one service. */
export const SERVICE_SETTINGS = {
  offset: {
    type: "uint16",
    summary: "The service's port, counted from the group's first; each service has its own",
    default: 0,
    files: ["project"],
  },
  preferred: {
    ...PORT,
    summary: "The service's port, if it is free",
    files: ["project"],
  },
  env: {
    type: "text",
    summary: "Variable that carries the port; the service's name in capitals without it",
    files: ["project"],
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** A key of {@linkcode SETTINGS}. */
export type Key = keyof typeof SETTINGS;

/** Services whose ports are reserved together, as a file declares them. */
export interface Group {
  readonly base?: Located<number>;
  /** In the order of the file. */
  readonly services: readonly Service[];
}

/** One service of a group, its name not yet trimmed. */
export interface Service {
  readonly tag: Located<string>;
  readonly offset?: Located<number>;
  readonly preferred?: Located<number>;
  readonly env?: Located<string>;
}

/** The values of each type; `null` is no value at all, which hides that of a lower layer. */
interface Values {
  text: string | null;
  boolean: boolean;
  uint16: number;
  uint32: number;
  uint64: number;
  exclusions: readonly Located<ExclusionEntry>[];
  group: Group | null;
}

type ValueOf<S> = S extends { readonly values: readonly (infer V)[] } ? V
  : S extends { readonly type: keyof Values } ? Values[S["type"]]
  : never;

/** The type of the setting `K`. */
export type Value<K extends Key> = ValueOf<typeof SETTINGS[K]>;

/** The settings of one layer, or of several merged ones; what is not there is inherited. */
export type Settings = { readonly [K in Key]?: Located<Value<K>> };

/** All keys in the order of the declaration. */
export const KEYS = Object.keys(SETTINGS) as readonly Key[];

/** The names that may stand in the section of `prefix`, such as `ports.`, or with none in a file. */
export function keysBelow(prefix: string): readonly string[] {
  const keys = KEYS.filter((key) => key.startsWith(prefix) && settingOf(key).files.length > 0);
  return [...new Set(keys.map((key) => key.slice(prefix.length).replace(/\..*/, "")))];
}

/** What the declaration says about `key`, in the general type. */
export function settingOf(key: Key): Setting {
  return SETTINGS[key];
}

/** The numbers that make sense for an integer setting. */
export function boundsOf(setting: Setting): { readonly minimum: number; readonly maximum: number } {
  const bits = INTEGER_BITS[setting.type as IntegerType];
  const { minimum = 0, maximum = 2 ** bits - 1 } = setting;
  return { minimum, maximum };
}
