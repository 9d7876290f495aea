import { findOwners, ownerStatus } from "../../allocation/listeners.ts";
import { Occupancy } from "../../allocation/occupancy.ts";
import type { Probe } from "../../allocation/probes.ts";
import type { Owner } from "../../allocation/socket.ts";
import { getByPort } from "../../database/operations.ts";
import { withRead } from "../../database/transaction.ts";
import { MAX_PORT, parsePort, type Port } from "../../domain/port.ts";
import type { Reservation } from "../../domain/reservation.ts";
import { escapeControls } from "../../domain/text.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { inspectDirectory } from "../../operations/inspect_directory.ts";
import { defineCommand, flag, integer } from "../grammar/command.ts";
import { OCCUPANCY_OPTIONS } from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import { describeProbe, LACKS_UDP, whyUnchecked } from "../steps/occupancy_words.ts";
import { openSessionDatabase, type Session, startSession } from "../steps/session.ts";

/** `trop port-info`: what is known about a port. */
export const portInfo = defineCommand({
  ...titleOf("port-info"),
  description: [
    "Ends with 0 whether the port is reserved or not; a script asks 'trop assert-port'.",
  ],
  positionals: {
    port: integer({
      summary: "Port to look up",
      valueName: "PORT",
      offer: "ports",
      max: MAX_PORT,
      required: true,
    }),
  },
  options: {
    includeOccupancy: flag({ summary: "Look whether it is in use, and by which process" }),
    ...withOccupancy(OCCUPANCY_OPTIONS),
  },
  examples: [
    { command: "trop port-info 5001", effect: "Say which directory has the port" },
    {
      command: "trop port-info 5001 --include-occupancy",
      effect: "Say also which process listens on it",
    },
  ],
  async run(invocation) {
    const { options, positionals, output } = invocation;
    const { includeOccupancy, ...flags } = options;
    const session = await startSession(invocation, flags);
    // The parser takes 0, which is no port.
    const port = parsePort(String(positionals.port));
    const lines = describeReservation(port, findReservation(session, port));
    if (includeOccupancy) lines.push("", "Occupancy status:", ...look(session, port));
    output.product(lines.map((line) => `${escapeControls(line)}\n`).join(""));
  },
});

/** The same options, which make no sense unless somebody looks. */
function withOccupancy<const O extends typeof OCCUPANCY_OPTIONS>(options: O): O {
  const requires = "includeOccupancy";
  return Object.fromEntries(
    Object.entries(options).map(([key, option]) => [key, { ...option, requires }]),
  ) as O;
}

function findReservation(session: Session, port: Port): Reservation | undefined {
  using database = openSessionDatabase(session, "read");
  const operation = "executing the port-info command";
  return withRead(database, operation, (transaction) => getByPort(transaction, port));
}

function describeReservation(port: Port, reservation: Reservation | undefined): string[] {
  if (reservation === undefined) return [`Port ${port} is not reserved`];
  const { path, tag, project, task, createdAt, lastUsedAt } = reservation;
  return [
    `Port: ${port}`,
    `Path: ${path}`,
    ...(tag === null ? [] : [`Tag: ${tag}`]),
    ...(project === null ? [] : [`Project: ${project}`]),
    ...(task === null ? [] : [`Task: ${task}`]),
    `Created: ${formatTimestamp(createdAt)}`,
    `Last used: ${formatTimestamp(lastUsedAt)}`,
    `Path exists: ${exists(path)}`,
  ];
}

/** Whether there is anything at `path`, a file too. */
function exists(path: string): string {
  try {
    Deno.statSync(path);
    return "yes";
  } catch {
    const verdict = inspectDirectory(path);
    return verdict.kind === "unknown" ? `unknown (${verdict.obstacle})` : "no";
  }
}

function look({ config, output }: Session, port: Port): readonly string[] {
  const occupancy = new Occupancy(config.occupancy);
  if (!occupancy.isChecked) return [`  Not checked: ${whyUnchecked(config, occupancy)}`];
  if (occupancy.lacksUdp) output.warn(LACKS_UDP);
  const findings = occupancy.inspect(port);
  switch (findings.kind) {
    case "free":
      return ["  Port is available"];
    case "occupied": {
      const hits = findOwners(findings.hits.map((probe) => ({ port, probe })));
      for (const { owner } of hits) {
        if (owner.directory) {
          output.detail(`Process ${owner.processId} works in ${owner.directory}`);
        }
      }
      return ["  Port is currently in use", ...hits.flatMap(describeHit)];
    }
    case "uncertain": {
      const reasons = findings.failures.map((failure) =>
        `  - ${describeProbe(failure)}: ${failure.reason}`
      );
      return ["  Port is possibly in use", ...reasons];
    }
  }
}

function describeHit({ probe, owner }: { readonly probe: Probe; readonly owner: Owner }): string[] {
  return [
    `  - ${describeProbe(probe)}`,
    `    Process ID: ${owner.processId ?? "unavailable"}`,
    `    Process: ${owner.processName ?? "unavailable"}`,
    `    User: ${owner.user ?? "unavailable"}`,
    `    Owner metadata: ${ownerStatus(owner)}`,
  ];
}
