/**
 * The fast path of `trop reserve`: where the current directory has its port, and nothing is
 * configured or asked for beyond that, there is nothing to plan, and most of the program is not
 * even loaded.
 *
 * It decides nothing by itself. Whatever is out of the ordinary, failures among it, is left to the
 * command, which begins afresh and has the words for it.
 *
 * @module
 */

import { unsafeReason } from "../allocation/unsafe_ports.ts";
import { discoverProject, userFile } from "../config/discovery.ts";
import { exists } from "../config/file.ts";
import { databasePath, resolveDataDirectory } from "../database/config.ts";
import { nativePaths } from "../domain/path.ts";
import type { Port } from "../domain/port.ts";
import { workingDirectory } from "../operations/paths.ts";
import type { Host } from "./host.ts";

/** The variables that a `reserve` heeds, but for the one that names a place. */
export const VARIABLES: readonly string[] = [
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
  "TROP_DEBUG",
  "TROP_DISABLE_AUTOEXPIRE",
  "TROP_DISABLE_AUTOINIT",
  "TROP_DISABLE_AUTOPRUNE",
  "TROP_DISCOVERY",
  "TROP_EXCLUDED_PORTS",
  "TROP_EXPIRE_AFTER_DAYS",
  "TROP_LOG_MODE",
  "TROP_MAXIMUM_LOCK_WAIT_SECONDS",
  "TROP_OUTPUT_FORMAT",
  "TROP_PATH",
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
  if (VARIABLES.some((name) => host.env(name) !== undefined)) return undefined;
  // Nobody means an empty one, and the command says so.
  if (host.env("TROP_DATA_DIR") === "") return undefined;
  const dataDirectory = resolveDataDirectory(undefined, host.env);
  if (!nativePaths.isAbsolute(dataDirectory) || exists(userFile(dataDirectory))) return undefined;
  const { physical } = workingDirectory(host.cwd());
  const { project, private: local } = discoverProject(physical, "filesystem").files;
  if (project !== undefined || local !== undefined) return undefined;
  // With it comes SQLite, which is not to be had everywhere.
  const { touch } = await import("../database/touch.ts");
  return touch(databasePath(dataDirectory), {
    path: physical,
    now: host.now(),
    isOrdinary: (port) => unsafeReason(port) === undefined,
  });
}
