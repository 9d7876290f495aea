import { userFile } from "../../config/discovery.ts";
import { loadConfig } from "../../config/load.ts";
import { databasePath, resolveDataDirectory } from "../../database/config.ts";
import { escapeControls } from "../../domain/text.ts";
import {
  executeInit,
  type Initialised,
  type InitPlan,
  type InitRequest,
  planInit,
} from "../../operations/init.ts";
import { defineCommand, flag } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { absoluteDataDirectory, openingOptions, tellNotices } from "../steps/session.ts";

/** `trop init`: creates the data directory and the database. */
export const init = defineCommand({
  ...titleOf("init"),
  description: [
    "Other commands create them when they need them; this one creates them ahead of time, and " +
    "replaces a database that is beyond repair. A database of another program or of a newer trop " +
    "is never replaced. Configuration files are not read.",
  ],
  options: {
    overwrite: flag({ summary: "Replace the database, with all its reservations" }),
    withConfig: flag({ summary: "Create a config.yaml that shows all settings, if there is none" }),
    dryRun: flag({ summary: "Say what would be created, and do nothing" }),
  },
  examples: [
    { command: "trop init --with-config", effect: "Prepare everything, with a file to edit" },
    { command: "trop init --overwrite --dry-run", effect: "See what starting anew would do" },
  ],
  exitCodes: [
    ["2", "Another process is writing to the database that --overwrite would replace"],
    ["6", "There is a database already, or nothing can be created here"],
  ],
  async run({ options, globals, host, output }) {
    const { overwrite, withConfig, dryRun } = options;
    const given = resolveDataDirectory(globals.dataDir, host.env);
    const config = await loadConfig({
      files: { kind: "none" },
      dataDirectory: given,
      env: host.env,
      flags: { busyTimeout: globals.busyTimeout },
    });
    const directory = absoluteDataDirectory(host, given);
    const opening = { ...openingOptions(config, host), clock: host.now };
    const request = { directory, given, overwrite, withConfig, opening };
    const plan = planInit(request);
    if (dryRun) {
      output.product(toText(preview(request, plan)));
      if (plan.replacement === "moved away") {
        output.warn("what is there is no database; it would be kept under another name");
      }
      if (plan.refusal !== undefined) throw plan.refusal;
      return;
    }
    const done = executeInit(request, plan);
    tellNotices(output, done.notices, "write");
    if (done.backup !== undefined) {
      output.warn(`what was there is no database; it is kept as ${done.backup}`);
    }
    output.product(toText(report(request, done)));
  },
});

function* preview({ given, overwrite }: InitRequest, plan: InitPlan): Generator<string> {
  const database = databasePath(given);
  yield "Dry-run mode: no changes will be made";
  yield "";
  yield `Would initialize trop in: ${given}`;
  yield plan.createsDirectory
    ? `  - Create data directory: ${given}`
    : `  - Data directory already exists: ${given}`;
  if (plan.refusal !== undefined) {
    const reason = overwrite
      ? "Database cannot be replaced"
      : "Database already exists (use --overwrite to replace it)";
    return yield `  - ERROR: ${reason}: ${database}`;
  }
  if (plan.replacement === undefined) {
    yield `  - Create database: ${database}`;
  } else {
    yield `  - Remove existing database: ${database}`;
    yield `  - Create new database: ${database}`;
  }
  if (plan.createsConfig === undefined) return;
  yield plan.createsConfig
    ? `  - Create configuration file: ${userFile(given)}`
    : `  - Configuration file already exists (will not be overwritten): ${userFile(given)}`;
}

function* report({ given }: InitRequest, done: Initialised): Generator<string> {
  yield `Initialized trop in: ${given}`;
  if (done.createsDirectory) yield "  - Created data directory";
  yield done.replacement === undefined ? "  - Created database" : "  - Recreated database";
  if (done.createsConfig === undefined) return;
  yield done.createsConfig
    ? "  - Created default configuration file"
    : "  - Configuration file already exists (not overwritten)";
}

function toText(lines: Iterable<string>): string {
  return Array.from(lines, (line) => `${escapeControls(line)}\n`).join("");
}
