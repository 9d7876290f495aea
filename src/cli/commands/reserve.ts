import { Occupancy } from "../../allocation/occupancy.ts";
import { DEFAULT_POLICY } from "../../allocation/probes.ts";
import { withRead, withWrite } from "../../database/transaction.ts";
import { DEFAULT_RANGE, parsePort } from "../../domain/port.ts";
import { formatKey } from "../../domain/reservation.ts";
import { inferMetadata } from "../../git/infer_metadata.ts";
import { inspectDirectory } from "../../operations/inspect_directory.ts";
import {
  executeReserve,
  planReserve,
  type ReservePlan,
  type ReserveRequest,
} from "../../operations/reserve.ts";
import { defineCommand, flag, path, text } from "../command.ts";
import type { Output } from "../output.ts";
import { openCommandDatabase, readTag, resolveTarget } from "../session.ts";

/** `trop reserve`: one port for a directory, the same one every time. */
export const reserve = defineCommand({
  name: "reserve",
  group: "reserve",
  summary: "Reserve a port for a directory",
  description: [
    "Prints the port of the directory, and of the tag if one is given. The first time it is the " +
    "lowest port that nobody reserved and nothing uses; after that it is the same port, until it " +
    "is released.",
  ],
  options: {
    path: path({
      summary: "Directory to reserve for; it need not exist",
      valueName: "PATH",
      env: "TROP_PATH",
      default: "the current directory",
    }),
    tag: text({ summary: "Name for one of several ports of a directory", valueName: "TAG" }),
    port: text({ summary: "Port to prefer for a new reservation", valueName: "PORT" }),
    overwrite: flag({ summary: "Look for a port again, though there is a reservation" }),
    force: flag({ summary: "Like --overwrite --allow-unrelated-path, and take the port in use" }),
    allowUnrelatedPath: flag({
      summary: "Take a path that is neither above nor below the current directory",
      configEnv: "TROP_ALLOW_UNRELATED_PATH",
    }),
    dryRun: flag({ summary: "Say what would be done, and do nothing" }),
  },
  examples: [
    { command: "PORT=$(trop reserve)", effect: "Set PORT to this directory's port" },
    { command: "trop reserve --tag api", effect: "Print the port of one of its services" },
    { command: "trop reserve --port 6200", effect: "Prefer a port the first time" },
  ],
  run(invocation) {
    const { options, host, output } = invocation;
    const { dryRun, force } = options;
    const { path, directory } = resolveTarget(host, options.path);
    const tag = readTag(options.tag) ?? null;
    const preferred = options.port === undefined ? undefined : parsePort(options.port);
    const request: ReserveRequest = {
      key: { path, tag },
      project: { kind: "keep" },
      task: { kind: "keep" },
      allowProjectChange: force,
      allowTaskChange: force,
      allowUnrelatedPath: force || options.allowUnrelatedPath,
      overwrite: force || options.overwrite,
      ...(preferred === undefined
        ? {}
        : { preference: { port: preferred, ignoreOccupied: force, ignoreExclusions: force } }),
      range: DEFAULT_RANGE,
      isExcluded: () => false,
      cleanup: { prune: true, expire: true, maxAge: 30 * 86_400 },
    };
    const occupancy = new Occupancy(DEFAULT_POLICY);
    const world = {
      now: host.now(),
      directory: directory.reported,
      check: (port: ReserveRequest["range"]["min"]) => occupancy.check(port),
      inspect: inspectDirectory,
      infer: inferMetadata,
    };
    const settings = {
      maximumLockWaitSeconds: invocation.globals.busyTimeout ?? 5,
      disableAutoinit: invocation.globals.disableAutoinit,
    };
    using database = openCommandDatabase(invocation, settings, dryRun ? "dry-run" : "write");
    const operation = "executing the reserve command";
    if (dryRun) {
      const plan = withRead(database, operation, (tx) => planReserve(tx, request, world));
      output.status("Dry run - would perform the following actions:");
      describeActions(plan).forEach((action, index) => output.status(`  ${index + 1}. ${action}`));
      warn(output, plan, preferred);
      return;
    }
    const plan = withWrite(database, operation, (tx) => {
      const plan = planReserve(tx, request, world);
      executeReserve(tx, plan);
      return plan;
    });
    output.product(`${plan.reservation.port}\n`);
    warn(output, plan, preferred);
  },
});

function describeActions({ reservation, previous, stale }: ReservePlan): string[] {
  const removals = [...stale?.pruned ?? [], ...stale?.expired ?? []]
    .map((gone) => `Remove the stale reservation of port ${gone.port} for ${formatKey(gone)}`);
  const { port } = reservation;
  const key = formatKey(reservation);
  if (previous === undefined) return [...removals, `Reserve port ${port} for ${key}`];
  if (previous.port === port) return [...removals, `Keep port ${port} for ${key}`];
  return [...removals, `Move ${key} from port ${previous.port} to port ${port}`];
}

function warn(
  output: Output,
  { reservation, previous, stale, refusal }: ReservePlan,
  preferred: number | undefined,
): void {
  const { port } = reservation;
  if (stale !== undefined) {
    output.warn(
      `Automatic cleanup after initial port exhaustion pruned ${stale.pruned.length} and ` +
        `expired ${stale.expired.length} reservation(s); port ${port} became free`,
    );
  }
  if (refusal !== undefined) {
    output.warn(`port ${preferred} is ${refusal}; port ${port} is used instead`);
  }
  if (previous !== undefined && previous.port !== port) {
    output.warn(`${formatKey(reservation)} moved from port ${previous.port} to port ${port}`);
  }
}
