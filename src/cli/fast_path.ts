/**
 * The fast path of `trop reserve`: where the current directory has its port, and nothing else is to
 * be done, there is nothing to plan, and most of the program is not even loaded.
 *
 * It decides nothing by itself. Whatever is out of the ordinary, failures among it, is left to the
 * command, which begins afresh and has the words for it.
 *
 * @module
 */

import { unsafeReason } from "../allocation/unsafe_ports.ts";
import { discoverProject, userFile } from "../config/discovery.ts";
import type { EffectiveConfig } from "../config/effective.ts";
import { exists } from "../config/file.ts";
import {
  databaseOptions,
  databasePath,
  DEFAULT_BUSY_TIMEOUT_MS,
  resolveDataDirectory,
} from "../database/config.ts";
import { type AbsolutePath, nativePaths } from "../domain/path.ts";
import type { Port } from "../domain/port.ts";
import type { Reservation } from "../domain/reservation.ts";
import { workingDirectory } from "../operations/paths.ts";
import type { Host } from "./host.ts";

/** Variables that have the command do or say something else. */
export const COMMAND_VARIABLES: readonly string[] = [
  "TROP_DEBUG",
  "TROP_LOG_MODE",
  "TROP_PATH",
];

/** Those of settings. */
export const SETTING_VARIABLES: readonly string[] = [
  "TROP_ALLOW_CHANGE",
  "TROP_ALLOW_CHANGE_PROJECT",
  "TROP_ALLOW_CHANGE_TASK",
  "TROP_ALLOW_PROJECT_CHANGE",
  "TROP_ALLOW_SHARED_DATA_DIR",
  "TROP_ALLOW_TASK_CHANGE",
  "TROP_ALLOW_UNRELATED_PATH",
  "TROP_ALLOW_UNSAFE_PORTS",
  "TROP_BUSY_TIMEOUT",
  "TROP_CHECK_ALL_INTERFACES",
  "TROP_DISABLE_AUTOEXPIRE",
  "TROP_DISABLE_AUTOINIT",
  "TROP_DISABLE_AUTOPRUNE",
  "TROP_DISCOVERY",
  "TROP_EXCLUDED_PORTS",
  "TROP_EXPIRE_AFTER_DAYS",
  "TROP_MAXIMUM_LOCK_WAIT_SECONDS",
  "TROP_OUTPUT_FORMAT",
  "TROP_PORT_MAX",
  "TROP_PORT_MAX_OFFSET",
  "TROP_PORT_MIN",
  "TROP_PROJECT",
  "TROP_SKIP_IPV4",
  "TROP_SKIP_IPV6",
  "TROP_SKIP_OCCUPANCY_CHECK",
  "TROP_SKIP_TCP",
  "TROP_SKIP_UDP",
  "TROP_SQLITE_JOURNAL",
  "TROP_TASK",
];

/** The settings that count where a port is there already. */
type Relevant = Pick<
  EffectiveConfig,
  | "project"
  | "task"
  | "allowUnsafePorts"
  | "busyTimeoutMs"
  | "journal"
  | "allowSharedDataDir"
>;

/** What they are where nothing is configured. To find that out takes longer than the rest. */
export const UNCONFIGURED: Relevant = {
  project: undefined,
  task: undefined,
  allowUnsafePorts: false,
  busyTimeoutMs: DEFAULT_BUSY_TIMEOUT_MS,
  journal: "auto",
  allowSharedDataDir: false,
};

/**
 * Does what `trop reserve` without a further word asks for, in the common case.
 *
 * @returns Whether it was that, and is done. If not, the command has to do it: nothing is, but that
 * the reservation may be marked as used already where the port could not be printed.
 */
export async function repeatReserve(host: Host): Promise<boolean> {
  try {
    const port = await repeatedPort(host);
    if (port === undefined) return false;
    host.stdout.write(`${port}\n`);
    return true;
  } catch {
    return false;
  }
}

/** The port that the current directory has and goes on having, if nothing is in the way. */
async function repeatedPort(host: Host): Promise<Port | undefined> {
  const isSet = (name: string) => host.env(name) !== undefined;
  // An empty data directory is what the command refuses.
  if (COMMAND_VARIABLES.some(isSet) || host.env("TROP_DATA_DIR") === "") return undefined;
  const dataDirectory = resolveDataDirectory(undefined, host.env);
  if (!nativePaths.isAbsolute(dataDirectory)) return undefined;
  const { physical: path } = workingDirectory(host.cwd());
  const isConfigured = SETTING_VARIABLES.some(isSet) || exists(userFile(dataDirectory)) ||
    hasProjectFile(path);
  const config = isConfigured ? await configOf(path, dataDirectory, host) : UNCONFIGURED;
  const { busyTimeoutMs, journal, allowSharedDataDir: allowShared } = config;
  const options = databaseOptions(databasePath(dataDirectory), {
    busyTimeoutMs,
    journal,
    allowShared,
  });
  // With it comes SQLite, which is not to be had everywhere.
  const { touch } = await import("../database/touch.ts");
  return touch(options, { path, now: host.now(), isOrdinary: (found) => keeps(config, found) });
}

function hasProjectFile(directory: AbsolutePath): boolean {
  const { project, private: local } = discoverProject(directory, "filesystem").files;
  return project !== undefined || local !== undefined;
}

/** What the command would find configured. */
async function configOf(
  from: AbsolutePath,
  dataDirectory: string,
  { env }: Host,
): Promise<Relevant> {
  const { loadConfig } = await import("../config/load.ts");
  const files = { kind: "discovered", from } as const;
  return await loadConfig({ files, dataDirectory, env, storesNames: true });
}

/** Whether a reservation stays as it is, and nothing has to be said about it. */
function keeps(
  { project, task, allowUnsafePorts }: Relevant,
  found: Reservation,
): boolean {
  return (project === undefined || project === found.project) &&
    (task === undefined || task === found.task) &&
    (allowUnsafePorts || unsafeReason(found.port) === undefined);
}
