import { parsePort } from "../../domain/port.ts";
import { TropError } from "../../errors.ts";
import { defineCommand, flag, text } from "../grammar/command.ts";
import {
  OCCUPANCY_OPTIONS,
  PERMISSION_OPTIONS,
  tagOption,
  targetOption,
} from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import { portRequest } from "../steps/port_request.ts";
import { printDryRun, reserveActions, reservePort, warnOfReserve } from "../steps/reserving.ts";
import { readTag, resolveTarget, startSession } from "../steps/session.ts";

/** `trop reserve`: one port for a directory, the same one every time. */
export const reserve = defineCommand({
  ...titleOf("reserve"),
  description: [
    "Prints the port of the directory, and of the tag if one is given. The first time it is the " +
    "lowest port that nobody reserved and nothing uses, and that browsers do not refuse; after " +
    "that it is the same port, until it is released.",
    "Project and task come from the options, the variables, the project's file, or, the first " +
    "time, from git. Once stored they change only with permission.",
    "--force includes --overwrite, which may move a reservation to another port; the --allow " +
    "options do not move it. No option takes a port from another directory.",
  ],
  options: {
    path: targetOption("Directory to reserve for; it need not exist"),
    tag: tagOption("Name for one of several ports of a directory"),
    project: text({
      summary: "Project to store",
      valueName: "PROJECT",
      offer: "projects",
      configEnv: "TROP_PROJECT",
      conflictsWith: ["clearProject"],
    }),
    clearProject: flag({ summary: "Store no project" }),
    task: text({
      summary: "Task to store",
      valueName: "TASK",
      configEnv: "TROP_TASK",
      conflictsWith: ["clearTask"],
    }),
    clearTask: flag({ summary: "Store no task" }),
    port: text({ summary: "Port to prefer for a new reservation", valueName: "PORT" }),
    min: text({
      summary: "First port to give out",
      valueName: "MIN",
      configEnv: "TROP_PORT_MIN",
      default: "5000",
    }),
    max: text({
      summary: "Last port to give out",
      valueName: "MAX",
      configEnv: "TROP_PORT_MAX",
      default: "7000",
    }),
    overwrite: flag({ summary: "Look for a port again, though there is a reservation" }),
    ignoreOccupied: flag({ summary: "Take the preferred port though something uses it" }),
    ignoreExclusions: flag({ summary: "Take the preferred port though it is excluded" }),
    force: flag({
      summary: "Like --overwrite, both --ignore options, --allow-change and " +
        "--allow-unrelated-path",
    }),
    ...PERMISSION_OPTIONS,
    disableAutoprune: flag({
      summary: "When ports run out, keep the reservations of missing directories",
      configEnv: "TROP_DISABLE_AUTOPRUNE",
    }),
    disableAutoexpire: flag({
      summary: "When ports run out, keep reservations that were not used for long",
      configEnv: "TROP_DISABLE_AUTOEXPIRE",
    }),
    disableAutoclean: flag({
      summary: "Both --disable-autoprune and --disable-autoexpire",
    }),
    dryRun: flag({ summary: "Say what would be done, and do nothing" }),
    ...OCCUPANCY_OPTIONS,
  },
  examples: [
    { command: "PORT=$(trop reserve)", effect: "Set PORT to this directory's port" },
    { command: "trop reserve --tag api", effect: "Print the port of one of its services" },
    { command: "trop reserve --port 6200", effect: "Prefer a port the first time" },
  ],
  exitCodes: [
    ["1", "The path is unrelated to this directory, or a stored project or task would change"],
    ["6", "No port of the range is free"],
  ],
  async run(invocation) {
    const { options, output } = invocation;
    const { force, dryRun } = options;
    const bounds = readBounds(options);
    const session = await startSession(invocation, { ...options, ...bounds }, {
      storesNames: true,
    });
    const path = resolveTarget(session, options.path);
    const tag = readTag(options.tag) ?? null;
    const preferred = options.port === undefined ? undefined : parsePort(options.port);
    const request = {
      ...portRequest(session.config, { force }),
      key: { path, tag },
      overwrite: force || options.overwrite,
      preference: preferred === undefined ? undefined : {
        port: preferred,
        ignoreOccupied: force || options.ignoreOccupied,
        ignoreExclusions: force || options.ignoreExclusions,
      },
    };
    const execution = { command: "reserve", dryRun };
    const { plan, product } = await reservePort(
      session,
      request,
      execution,
      ({ port }) => `${port}\n`,
    );
    if (dryRun) printDryRun(output, reserveActions(plan));
    else output.product(product);
    warnOfReserve(session, plan, preferred);
  },
});

/** @throws {TropError} `invalid-arguments` unless both are ports in their order. */
function readBounds(
  options: { readonly min: string | undefined; readonly max: string | undefined },
) {
  const min = options.min === undefined ? undefined : parsePort(options.min, "--min");
  const max = options.max === undefined ? undefined : parsePort(options.max, "--max");
  if (min !== undefined && max !== undefined && min > max) {
    const message = `--min ${min} is above --max ${max}`;
    throw new TropError({ code: "invalid-arguments", message });
  }
  return { min, max };
}
