import { findOwners, type Hit, ownerStatus } from "../../allocation/listeners.ts";
import { Occupancy } from "../../allocation/occupancy.ts";
import type { Owner } from "../../allocation/socket.ts";
import { reservedPorts } from "../../database/operations.ts";
import { withRead } from "../../database/transaction.ts";
import { compactExclusions, formatExclusion } from "../../domain/exclusion.ts";
import { DEFAULT_RANGE, MAX_PORT, type Port, type PortRange, toPort } from "../../domain/port.ts";
import { type ProbeFailure, TropError } from "../../errors.ts";
import { type ExcludedPorts, excludeOccupied } from "../../operations/exclusions.ts";
import { choice, defineCommand, flag, integer } from "../grammar/command.ts";
import { PROBE_OPTIONS } from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import type { Output } from "../output.ts";
import { Progress } from "../progress.ts";
import { renderDelimited } from "../render/csv.ts";
import { renderJson } from "../render/json.ts";
import { renderPadded } from "../render/padded_table.ts";
import { describeCompaction, tellWhomItConcerns } from "../steps/exclusion_words.ts";
import {
  describeProbe,
  ephemeralWarning,
  LACKS_UDP,
  rangeLayers,
  whyUnchecked,
} from "../steps/occupancy_words.ts";
import { openSessionDatabase, type Session, startSession } from "../steps/session.ts";

const FORMATS = ["table", "json", "csv", "tsv"] as const;

/** `trop scan`: what is in use in the range. */
export const scan = defineCommand({
  ...titleOf("scan"),
  description: [
    "Prints a line for each address on which a port of the range is in use, with the process that " +
    "uses it as far as the system tells. On Linux the system's own tables answer for the whole " +
    "range; they do not show TCP sockets that are bound and neither listen nor are connected.",
  ],
  options: {
    min: integer({
      summary: "First port to look at",
      valueName: "MIN",
      max: MAX_PORT,
      configEnv: "TROP_PORT_MIN",
      default: `${DEFAULT_RANGE.min}`,
    }),
    max: integer({
      summary: "Last port to look at",
      valueName: "MAX",
      max: MAX_PORT,
      configEnv: "TROP_PORT_MAX",
      default: `${DEFAULT_RANGE.max}`,
    }),
    format: choice({
      summary: "How to print them",
      valueName: "FORMAT",
      values: FORMATS,
      default: "table",
    }),
    autoexclude: flag({
      summary: "Add those in use that nobody reserved to the excluded ports of the configuration",
    }),
    autocompact: flag({
      summary: "Shorten the list of excluded ports when --autoexclude finds something",
    }),
    ...PROBE_OPTIONS,
  },
  examples: [
    { command: "trop scan", effect: "List what is in use in the configured range" },
    { command: "trop scan --min 3000 --max 3999 --format json", effect: "Look at another range" },
    { command: "trop scan --autoexclude", effect: "Keep trop away from what others use" },
  ],
  async run(invocation) {
    const { options, output } = invocation;
    const { format = "table", autoexclude, autocompact, ...flags } = options;
    const session = await startSession(invocation, flags);
    const { config } = session;
    // Whoever names the range on the command line only wants to look there.
    const isNamed = rangeLayers(config).includes("command line");
    const warning = isNamed ? undefined : ephemeralWarning(config);
    if (warning !== undefined) output.warn(warning);
    const reserved = findReserved(session, config.ports);
    const found = look(session);
    const strangers = [...new Set(found.map(({ port }) => port))]
      .filter((port) => !reserved.has(port));
    if (autoexclude && strangers.length > 0) {
      report(output, await excludeOccupied(config, strangers, { compact: autocompact }));
    }
    const rows = findOwners(found).map((hit) => toRow(hit, reserved.has(hit.port)));
    output.product(render(format, rows));
    if (strangers.length === 0) return;
    output.status("");
    output.status(`Found ${strangers.length} unreserved occupied port(s)`);
  },
});

function findReserved(session: Session, range: PortRange): ReadonlySet<Port> {
  using database = openSessionDatabase(session, "read");
  const operation = "executing the scan command";
  return new Set(withRead(database, operation, (transaction) => reservedPorts(transaction, range)));
}

/** @throws {TropError} `probe-failed` when nothing can be told about any port of the range. */
function look({ config, host, output }: Session): readonly (Hit & { readonly port: Port })[] {
  const occupancy = new Occupancy(config.occupancy);
  if (!occupancy.isChecked) {
    output.warn(`nothing was looked at: ${whyUnchecked(config, occupancy)}`);
  } else if (occupancy.lacksUdp) output.warn(LACKS_UDP);
  const found = survey(occupancy, { config, host, output });
  const failures = found.flatMap(([, findings]) => {
    return findings.kind === "uncertain" ? findings.failures.slice(0, 1) : [];
  });
  const [failure] = failures;
  if (failure !== undefined) {
    if (failures.length > config.ports.max - config.ports.min) throw new TropError(failure);
    output.warn(
      `cannot tell whether these ports are in use: ${formatPorts(failures)} ` +
        `(${describeProbe(failure)}: ${failure.reason})`,
    );
  }
  return found.flatMap(([port, findings]) => {
    return findings.kind === "occupied" ? findings.hits.map((probe) => ({ port, probe })) : [];
  });
}

function survey(
  occupancy: Occupancy,
  { config: { ports }, host, output }: Pick<Session, "config" | "host" | "output">,
) {
  const all = ports.max - ports.min + 1;
  using progress = new Progress(host, output, (count) => `Looked at ${count} of ${all} ports`);
  return [...occupancy.survey(ports, () => progress.step())];
}

function formatPorts(failures: readonly ProbeFailure[]): string {
  const ports = failures.map(({ port }) => toPort(port));
  return compactExclusions(ports.map((port) => ({ form: "single", start: port, end: port })))
    .map(formatExclusion).join(", ");
}

function report(output: Output, { target, added, compaction }: ExcludedPorts): void {
  if (added > 0) {
    output.status(`Added ${added} exclusions to ${target.file}`);
    tellWhomItConcerns(output, target);
  }
  const compacted = compaction && describeCompaction(compaction);
  if (compacted !== undefined) output.status(compacted);
}

/** A line of the product; the names and their order are the columns of all formats but the table. */
function toRow({ port, probe, owner }: Hit & { readonly owner: Owner }, reserved: boolean) {
  return {
    port,
    status: reserved ? "occupied (reserved)" : "occupied",
    reserved,
    protocol: probe.protocol,
    address_family: probe.family,
    scope: probe.scope,
    address: probe.address,
    process_id: owner.processId,
    process_name: owner.processName,
    user: owner.user,
    owner_status: ownerStatus(owner),
  };
}

type Row = ReturnType<typeof toRow>;

const COLUMNS: { readonly [K in keyof Row]: { readonly title: string; readonly width?: number } } =
  {
    port: { title: "Port", width: 6 },
    status: { title: "Status", width: 20 },
    reserved: { title: "Reserved", width: 9 },
    protocol: { title: "Protocol", width: 9 },
    address_family: { title: "Family", width: 7 },
    scope: { title: "Scope", width: 10 },
    address: { title: "Address", width: 15 },
    process_id: { title: "Process ID", width: 12 },
    process_name: { title: "Process", width: 16 },
    user: { title: "User", width: 16 },
    owner_status: { title: "Owner Status" },
  };

/** Scripts compare the table with one that has this rule, longer than its heading. */
const RULE_LENGTH = 145;

function render(format: typeof FORMATS[number], rows: readonly Row[]): string {
  const cells = rows.map((row) => Object.values(row).map((value) => value ?? "unavailable"));
  switch (format) {
    case "json":
      return renderJson(rows);
    case "csv":
      return renderDelimited(",", Object.keys(COLUMNS), cells);
    case "tsv":
      return renderDelimited("\t", Object.keys(COLUMNS), cells);
    case "table":
      return renderPadded(Object.values(COLUMNS), RULE_LENGTH, cells);
  }
}
