import { list as listReservations } from "../../database/operations.ts";
import { withRead } from "../../database/transaction.ts";
import type { Reservation } from "../../domain/reservation.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { belowTest } from "../../operations/paths.ts";
import { choice, defineCommand, flag, path, text } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { isStyled } from "../host.ts";
import { formatAge } from "../render/age.ts";
import { renderDelimited } from "../render/csv.ts";
import { renderJson } from "../render/json.ts";
import { shortenPath } from "../render/shorten_path.ts";
import { renderTable } from "../render/table.ts";
import {
  homeDirectory,
  normalisePath,
  openSessionDatabase,
  type Session,
  startSession,
} from "../steps/session.ts";

const FORMATS = ["table", "json", "csv", "tsv"] as const;

/** `trop list`: prints the reservations. */
export const list = defineCommand({
  ...titleOf("list"),
  description: [
    "They are in the order of their paths, the reservation without a tag first. Times are in UTC.",
    "On a terminal the table is aligned and cut to the screen; with --verbose it says how long ago " +
    "in place of when, and with --show-full-paths nothing is cut. Anywhere else its columns are " +
    "set apart by a TAB.",
  ],
  options: {
    format: choice({
      summary: "How to print them",
      valueName: "FORMAT",
      values: FORMATS,
      ignoreCase: true,
      configEnv: "TROP_OUTPUT_FORMAT",
      default: "table",
    }),
    filterProject: text({
      summary: "Only those of this project",
      valueName: "PROJECT",
      offer: "projects",
    }),
    filterTag: text({
      summary: "Only those with this tag",
      valueName: "TAG",
      offer: "all-tags",
    }),
    filterPath: path({
      summary: "Only those of this directory and the ones below it",
      valueName: "PATH",
      offer: "directories",
    }),
    showFullPaths: flag({ summary: "Do not write ~ for the home directory in the table" }),
  },
  examples: [
    { command: "trop list", effect: "Print a table of all reservations" },
    { command: "trop list --format json", effect: "Print them for another program" },
    { command: "trop list --filter-path .", effect: "See what is reserved here and below" },
  ],
  async run(invocation) {
    const { options, host, output } = invocation;
    const session = await startSession(invocation, { format: options.format });
    const isWanted = readFilters(session, options);
    using database = openSessionDatabase(session, "read");
    const reservations = withRead(database, "executing the list command", listReservations)
      .filter(isWanted);
    const { outputFormat } = session.config;
    const { showFullPaths } = options;
    const home = showFullPaths ? undefined : homeDirectory(host);
    const listing = outputFormat === "table" && host.stdout.isTerminal()
      ? await renderForTerminal(shorten(reservations, home), { session, showFullPaths })
      : render(outputFormat, reservations, home);
    output.product(listing);
  },
});

/** What a reservation has to be to be listed: everything that was asked for. */
function readFilters(
  session: Session,
  { filterProject, filterTag, filterPath }: {
    readonly filterProject: string | undefined;
    readonly filterTag: string | undefined;
    readonly filterPath: string | undefined;
  },
): (reservation: Reservation) => boolean {
  const isBelow = filterPath === undefined
    ? () => true
    : belowTest(normalisePath(session, filterPath));
  return ({ path, project, tag }) =>
    (filterProject === undefined || project === filterProject) &&
    (filterTag === undefined || tag === filterTag) && isBelow(path);
}

function render(
  format: typeof FORMATS[number],
  reservations: readonly Reservation[],
  home: string | undefined,
): string {
  switch (format) {
    case "json":
      return renderJson(reservations.map(toJson));
    case "csv":
      return renderDelimited(",", COLUMNS, toRows(reservations));
    case "tsv":
      return renderDelimited("\t", COLUMNS, toRows(reservations));
    case "table":
      return renderTable(HEADER, toRows(shorten(reservations, home)));
  }
}

/** The table for somebody who looks at it. */
async function renderForTerminal(
  rows: readonly Row[],
  { session: { host, output }, showFullPaths }: {
    readonly session: Session;
    readonly showFullPaths: boolean;
  },
): Promise<string> {
  const { renderTerminalTable } = await import("../render/terminal_table.ts");
  const now = host.now();
  const age = (time: number) => formatAge(now - time);
  const cells = toRows(rows, output.verbosity === "verbose" ? age : formatTimestamp);
  return renderTerminalTable(TERMINAL_COLUMNS, cells, {
    width: showFullPaths ? Infinity : host.stdout.columns() ?? Infinity,
    styled: isStyled(host, host.stdout),
  });
}

const COLUMNS = ["port", "path", "tag", "project", "task", "created_at", "last_used_at"];
const HEADER = COLUMNS.map((name) => name.toUpperCase());

/** The end of a path tells more than its beginning. */
const TERMINAL_COLUMNS = HEADER.map((title) => {
  if (title === "PORT") return { title };
  if (title.endsWith("_AT")) return { title, isSecondary: true };
  return { title, cut: title === "PATH" ? "start" : "end" } as const;
});

type Row = Omit<Reservation, "path"> & { readonly path: string };

function shorten(reservations: readonly Reservation[], home: string | undefined): readonly Row[] {
  return reservations.map((row) => ({ ...row, path: shortenPath(row.path, home) }));
}

function toRows(rows: readonly Row[], formatTime = formatTimestamp) {
  return rows.map(({ port, path, tag, project, task, createdAt, lastUsedAt }) => {
    return [port, path, tag, project, task, formatTime(createdAt), formatTime(lastUsedAt)];
  });
}

/** The keys stand in alphabetical order. */
function toJson({ createdAt, lastUsedAt, path, port, project, tag, task }: Reservation) {
  return {
    created_at: formatTimestamp(createdAt),
    last_used_at: formatTimestamp(lastUsedAt),
    path,
    port,
    project,
    tag,
    task,
  };
}
