/**
 * What the root help says of each command, in its order. It stands apart from the commands so that
 * the help need not load them, and all that they import.
 *
 * @module
 */

/** The headings of the root help, in its order. */
export const GROUPS = ["reserve", "inspect", "assert", "clean up", "configure"] as const;

/** The kind of task that a command is for. */
export type Group = typeof GROUPS[number];

/** What the root help says of a command. */
export interface Title {
  readonly name: string;
  readonly group: Group;
  /** The first line of its help and its line in the root help: capitalised, no full stop. */
  readonly summary: string;
}

const TITLES = {
  reserve: ["reserve", "Reserve a port for a directory"],
  migrate: ["reserve", "Move reservations to another path, ports and all"],
  "reserve-group": ["reserve", "Reserve the ports of all services in a file"],
  autoreserve: ["reserve", "Reserve the ports of all services of the project"],
  run: ["reserve", "Run a program with its ports in its environment"],
  release: ["clean up", "Release the ports reserved for a directory"],
  prune: ["clean up", "Remove the reservations of directories that no longer exist"],
  expire: ["clean up", "Remove the reservations that were not used for some days"],
  autoclean: ["clean up", "Prune and expire in one step"],
  "assert-reservation": ["assert", "Check that a directory has a reservation"],
  "assert-port": ["assert", "Check that a port is reserved, whoever reserved it"],
  "assert-data-dir": [
    "assert",
    "Check that the data directory exists and, with --validate, is sound",
  ],
  list: ["inspect", "List all reservations"],
  env: ["inspect", "Print the ports that this directory has, as variables"],
  url: ["inspect", "Print the URL of the server on this directory's port"],
  "list-projects": ["inspect", "List the projects that have reservations"],
  scan: ["inspect", "List the ports of the range that are in use"],
  "port-info": ["inspect", "Tell who reserved a port, and what uses it"],
  "show-data-dir": ["inspect", "Print the data directory that the other commands use"],
  "show-path": ["inspect", "Print the path that a reservation would use"],
  config: ["configure", "Print the configuration in force, with the source of every value"],
  exclude: ["configure", "Keep a port or a range of ports from being given out"],
  "compact-exclusions": ["configure", "Shorten the list of excluded ports in a file"],
  init: ["configure", "Create the data directory and its database"],
  validate: ["configure", "Check a configuration file"],
  completions: ["configure", "Print a script that lets a shell complete trop's command lines"],
} satisfies Readonly<Record<string, readonly [group: Group, summary: string]>>;

type Name = keyof typeof TITLES;

/** The title of the command called `name`. */
export function titleOf(name: Name): Title {
  const [group, summary] = TITLES[name];
  return { name, group, summary };
}

/** The titles of all commands. */
export function allTitles(): readonly Title[] {
  return (Object.keys(TITLES) as Name[]).map(titleOf);
}
