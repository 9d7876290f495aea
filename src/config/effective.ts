/**
 * The configuration in force, checked and in the terms of the domain.
 *
 * @module
 */

import type { Exclusion } from "../domain/exclusion.ts";
import { type Port, type PortRange, toPort } from "../domain/port.ts";
import { compareBytes, trimWhiteSpace } from "../domain/text.ts";
import { type IgnoredFile, type ProjectFiles, userFile } from "./discovery.ts";
import { deriveEnvironmentName } from "./group.ts";
import { rangeEnd } from "./rules.ts";
import type { Group, Key, Service, Settings, Value } from "./settings.ts";
import { type FileIdentity, isInFile, type Located, type Source } from "./source.ts";

/** The configuration in force; {@linkcode loadConfig} makes it. */
export interface EffectiveConfig {
  readonly dataDirectory: string;
  /** `undefined` when nobody asked for one, `null` when it is to be cleared. Trimmed. */
  readonly project: string | null | undefined;
  readonly task: string | null | undefined;
  readonly ports: PortRange;
  /** The lists of all layers, low to high, as they were written. */
  readonly excludedPorts: readonly Exclusion[];
  readonly expireAfterDays: number;
  readonly occupancy: OccupancyPolicy;
  /** `undefined` without a group, and where the highest file with an opinion clears it. */
  readonly group: ServiceGroup | undefined;
  readonly autoinit: boolean;
  readonly autoprune: boolean;
  readonly autoexpire: boolean;
  readonly allowUnrelatedPath: boolean;
  readonly allowProjectChange: boolean;
  readonly allowTaskChange: boolean;
  readonly allowUnsafePorts: boolean;
  readonly busyTimeoutMs: number;
  readonly journal: Value<"sqlite_journal">;
  readonly allowSharedDataDir: boolean;
  readonly outputFormat: Value<"output_format">;
  /** The project's files that were read. */
  readonly projectFiles: ProjectFiles;
  /** The project's file that was found and not read, because another checkout owns it. */
  readonly ignored: IgnoredFile | undefined;
  /** Every value as it was merged, with the place that it came from. */
  readonly settings: Settings;
}

/** How to look whether a port is in use. */
export interface OccupancyPolicy {
  /** Does not look at all. */
  readonly skip: boolean;
  readonly skipIpv4: boolean;
  readonly skipIpv6: boolean;
  readonly skipTcp: boolean;
  readonly skipUdp: boolean;
  /** Asks for the wildcard addresses too; loopback is always asked for. */
  readonly checkAllInterfaces: boolean;
}

/** Services whose ports are reserved together. */
export interface ServiceGroup {
  /** The first port to try; it may lie outside the range, which reserving finds out. */
  readonly base: Port | undefined;
  /** In byte order of their tags. */
  readonly services: readonly GroupService[];
}

/** One service of a group. */
export interface GroupService {
  /** Trimmed. */
  readonly tag: string;
  readonly offset: number;
  readonly preferred: Port | undefined;
  /** The variable that carries its port. */
  readonly variable: string;
}

/** What {@linkcode effectiveConfig} takes over as it is. */
export interface Surroundings {
  readonly dataDirectory: string;
  readonly projectFiles: ProjectFiles;
  readonly ignored?: IgnoredFile | undefined;
}

/** The configuration that checked settings, merged from all layers, stand for. */
export function effectiveConfig(
  merged: Settings,
  { dataDirectory, projectFiles, ignored }: Surroundings,
): EffectiveConfig {
  const settings = withTrimmedNames(merged);
  const get = <K extends Key>(key: K): Value<K> => present(key, settings[key]?.value as Value<K>);
  return {
    dataDirectory,
    projectFiles,
    ignored,
    settings,
    project: settings.project?.value,
    task: settings.task?.value,
    ports: { min: toPort(get("ports.min")), max: toPort(rangeEnd(settings)?.port ?? NaN) },
    excludedPorts: settings.excluded_ports?.value.map(({ value }) => value as Exclusion) ?? [],
    expireAfterDays: get("cleanup.expire_after_days"),
    occupancy: {
      skip: get("occupancy_check.skip"),
      skipIpv4: get("occupancy_check.skip_ip4"),
      skipIpv6: get("occupancy_check.skip_ip6"),
      skipTcp: get("occupancy_check.skip_tcp"),
      skipUdp: get("occupancy_check.skip_udp"),
      checkAllInterfaces: get("occupancy_check.check_all_interfaces"),
    },
    group: settings.reservations?.value ? toGroup(settings.reservations.value) : undefined,
    autoinit: !get("disable_autoinit"),
    autoprune: !get("disable_autoprune"),
    autoexpire: !get("disable_autoexpire"),
    allowUnrelatedPath: get("allow_unrelated_path"),
    allowProjectChange: get("allow_change") || get("allow_change_project"),
    allowTaskChange: get("allow_change") || get("allow_change_task"),
    allowUnsafePorts: get("allow_unsafe_ports"),
    busyTimeoutMs: get("maximum_lock_wait_seconds") * 1000,
    journal: get("sqlite_journal"),
    allowSharedDataDir: get("allow_shared_data_dir"),
    outputFormat: get("output_format"),
  };
}

/** Where the value of `key` came from; `undefined` when it has none. */
export function sourceOf({ settings }: EffectiveConfig, key: Key): Source | undefined {
  return settings[key]?.source;
}

/**
 * The file that a group is looked for in: the one that set or cleared it, else the most specific
 * file of the project; `undefined` without any.
 */
export function groupFile(config: EffectiveConfig): string | undefined {
  const source = sourceOf(config, "reservations");
  if (source && isInFile(source)) return source.file;
  return config.projectFiles.private ?? config.projectFiles.project;
}

/** The file that a new exclusion goes to: the project's most specific one, else the user's. */
export function exclusionsFile(
  { projectFiles, dataDirectory }: EffectiveConfig,
): FileIdentity {
  if (projectFiles.private) return { file: projectFiles.private, layer: "private" };
  if (projectFiles.project) return { file: projectFiles.project, layer: "project" };
  return { file: userFile(dataDirectory), layer: "user" };
}

function present<T>(key: Key, value: T | undefined): T {
  if (value === undefined) throw new TypeError(`${key} has no default`);
  return value;
}

function withTrimmedNames({ project, task, ...others }: Settings): Settings {
  return {
    ...others,
    ...(project && { project: trimmed(project) }),
    ...(task && { task: trimmed(task) }),
  };
}

function trimmed({ value, source }: Located<string | null>): Located<string | null> {
  return { value: value === null ? null : trimWhiteSpace(value), source };
}

function toGroup({ base, services }: Group): ServiceGroup {
  return {
    base: base && toPort(base.value),
    services: services.map(toService).toSorted((a, b) => compareBytes(a.tag, b.tag)),
  };
}

function toService({ tag, offset, preferred, env }: Service): GroupService {
  const name = trimWhiteSpace(tag.value);
  return {
    tag: name,
    offset: offset?.value ?? 0,
    preferred: preferred && toPort(preferred.value),
    variable: env?.value ?? present("reservations", deriveEnvironmentName(name)),
  };
}
