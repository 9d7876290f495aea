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
  /** The first line of its help and a line of the root help: capitalised, no full stop. */
  readonly summary: string;
}

const TITLES = {
  reserve: ["reserve", "Reserve a port for a directory"],
  run: ["reserve", "Run a program with its ports in its environment"],
  autoreserve: ["reserve", "Reserve the ports of all services of this project"],
  "reserve-group": ["reserve", "Reserve the ports of all services that a file lists"],
  migrate: ["reserve", "Keep the ports of a directory that was moved or renamed"],
  list: ["inspect", "List all reservations"],
  env: ["inspect", "Print the ports that this directory has, as variables"],
  url: ["inspect", "Print the URL of the server on this directory's port"],
  "port-info": ["inspect", "Find out who reserved a port, and what uses it"],
  scan: ["inspect", "List the ports of the range that are in use"],
  "list-projects": ["inspect", "List the projects that have ports"],
  "show-path": ["inspect", "Print the path that a reservation here would use"],
  "show-data-dir": ["inspect", "Print the directory that holds the database"],
  "assert-reservation": ["assert", "Check that a directory has a reservation"],
  "assert-port": ["assert", "Check that a port is reserved, whoever reserved it"],
  "assert-data-dir": ["assert", "Check that the data directory exists, or is sound"],
  release: ["clean up", "Release the ports reserved for a directory"],
  prune: ["clean up", "Release the ports of directories that are gone"],
  expire: ["clean up", "Release the ports that nobody used for some days"],
  autoclean: ["clean up", "Do both: prune and expire"],
  config: ["configure", "Print the settings in force, and where each comes from"],
  validate: ["configure", "Say what is wrong with a configuration file"],
  exclude: ["configure", "Keep a port or a range of ports from being given out"],
  "compact-exclusions": ["configure", "Shorten the list of excluded ports in a file"],
  init: ["configure", "Create the data directory and database ahead of time"],
  completions: ["configure", "Print a script that teaches a shell to complete trop"],
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
