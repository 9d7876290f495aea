/**
 * All commands, in the order of the help. A command's module, and all that it imports, is loaded
 * when the command is used.
 *
 * @module
 */

import type { Command } from "./grammar/command.ts";

const LOADERS: ReadonlyMap<string, () => Promise<Command>> = new Map<
  string,
  () => Promise<Command>
>([
  ["reserve", async () => (await import("./commands/reserve.ts")).reserve],
  ["run", async () => (await import("./commands/run.ts")).run],
  ["autoreserve", async () => (await import("./commands/autoreserve.ts")).autoreserve],
  ["reserve-group", async () => (await import("./commands/reserve_group.ts")).reserveGroup],
  ["migrate", async () => (await import("./commands/migrate.ts")).migrate],
  ["list", async () => (await import("./commands/list.ts")).list],
  ["env", async () => (await import("./commands/env.ts")).env],
  ["url", async () => (await import("./commands/url.ts")).url],
  ["port-info", async () => (await import("./commands/port_info.ts")).portInfo],
  ["scan", async () => (await import("./commands/scan.ts")).scan],
  ["list-projects", async () => (await import("./commands/list_projects.ts")).listProjects],
  ["show-path", async () => (await import("./commands/show_path.ts")).showPath],
  ["show-data-dir", async () => (await import("./commands/show_data_dir.ts")).showDataDir],
  ["assert-reservation", async () => {
    return (await import("./commands/assert_reservation.ts")).assertReservation;
  }],
  ["assert-port", async () => (await import("./commands/assert_port.ts")).assertPort],
  ["assert-data-dir", async () => (await import("./commands/assert_data_dir.ts")).assertDataDir],
  ["release", async () => (await import("./commands/release.ts")).release],
  ["prune", async () => (await import("./commands/prune.ts")).prune],
  ["expire", async () => (await import("./commands/expire.ts")).expire],
  ["autoclean", async () => (await import("./commands/autoclean.ts")).autoclean],
  ["config", async () => (await import("./commands/config.ts")).config],
  ["validate", async () => (await import("./commands/validate.ts")).validate],
  ["exclude", async () => (await import("./commands/exclude.ts")).exclude],
  ["compact-exclusions", async () => {
    return (await import("./commands/compact_exclusions.ts")).compactExclusions;
  }],
  ["init", async () => (await import("./commands/init.ts")).init],
  ["completions", async () => (await import("./commands/completions.ts")).completions],
]);

/** Commands that programs run and no list shows. */
const HIDDEN_LOADERS: typeof LOADERS = new Map([
  ["__complete", async () => (await import("./commands/complete.ts")).complete],
]);

/** The names of all commands but the hidden ones. */
export const COMMAND_NAMES: readonly string[] = [...LOADERS.keys()];

/** The command called `name`; `undefined` when there is none. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  return await (LOADERS.get(name) ?? HIDDEN_LOADERS.get(name))?.();
}

/** Every command but the hidden ones, for what describes them all. */
export async function loadAllCommands(): Promise<Command[]> {
  return await Promise.all([...LOADERS.values()].map((load) => load()));
}
