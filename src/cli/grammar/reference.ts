/**
 * What there is to know about trop as a whole, for the root help and for the manual.
 *
 * @module
 */

import { KEYS, settingOf } from "../../config/settings.ts";
import type { Example, ExitCode } from "./command.ts";

/** What trop is, in a line. Scripts and people look for these words. */
export const TITLE = "Manage ephemeral port reservations";

/** What trop is for. */
export const INTRODUCTION = "A directory gets a port of its own, the same one every time; no " +
  "other directory gets it, and it is free again when the directory is gone.";

/** What most people want. */
export const EXAMPLES: readonly Example[] = [
  { command: "PORT=$(trop reserve)", effect: "Set PORT to this directory's port" },
  { command: "trop run -- npm start", effect: "Start a server with its port in PORT" },
  { command: "trop list", effect: "See who has which port" },
];

/** A variable and what it does. */
export type Variable = readonly [name: string, meaning: string];

/** Variables that are no setting of the configuration. */
export const VARIABLES: readonly Variable[] = [
  ["TROP_DATA_DIR", "Data directory, as --data-dir"],
  ["TROP_PATH", "Directory to work on, as --path"],
  ["TROP_LOG_MODE", "quiet, normal or verbose, where neither flag is given"],
  ["TROP_DEBUG", "Show transactions, and where a defect comes from"],
  ["NO_COLOR", "Print without bold and dim letters"],
];

/** Those of settings that no option of any command has. */
export const OPTIONLESS_VARIABLES: readonly Variable[] = KEYS.map(settingOf)
  .flatMap(({ flag, variables: [name] = [], summary }): Variable[] => {
    return flag === undefined && name !== undefined ? [[name, summary]] : [];
  });

/** Which of several sources of a value wins. */
export const PRECEDENCE = "The help of a command names the variables of its options. The command " +
  "line wins over a variable, a variable over the configuration files.";

/** What exit codes mean in every command. */
export const EXIT_CODES: readonly ExitCode[] = [
  ["0", "Success"],
  ["1", "An assertion, a check or a guard says no"],
  ["2", "Wrong usage (error: …), or the database stayed locked (Error: …)"],
  ["3", "There is no database and it may not be created"],
  ["4", "Invalid arguments"],
  ["5", "A file cannot be read or written"],
  ["6", "Any other failure"],
  ["7", "The configuration is wrong"],
];
