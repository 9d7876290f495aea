import { list as listReservations } from "../../database/operations.ts";
import { withRead } from "../../database/transaction.ts";
import type { Reservation } from "../../domain/reservation.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { choice, defineCommand } from "../command.ts";
import { renderJson } from "../render/json.ts";
import { renderTable } from "../render/table.ts";
import { homeDirectory, openCommandDatabase, shortenPath } from "../session.ts";

/** `trop list`: prints the reservations. */
export const list = defineCommand({
  name: "list",
  group: "inspect",
  summary: "List all reservations",
  options: {
    format: choice({
      summary: "How to print them",
      valueName: "FORMAT",
      values: ["table", "json"],
      ignoreCase: true,
      default: "table",
    }),
  },
  examples: [
    { command: "trop list", effect: "Print a table of all reservations" },
    { command: "trop list --format json", effect: "Print them for another program" },
  ],
  run(invocation) {
    const { options, host, output } = invocation;
    const settings = {
      maximumLockWaitSeconds: invocation.globals.busyTimeout ?? 5,
      disableAutoinit: invocation.globals.disableAutoinit,
    };
    using database = openCommandDatabase(invocation, settings, "read");
    const reservations = withRead(database, "executing the list command", listReservations);
    output.product(
      options.format === "json"
        ? renderJson(reservations.map(toJson))
        : renderTable(HEADER, reservations.map((row) => toRow(row, homeDirectory(host)))),
    );
  },
});

const HEADER = ["PORT", "PATH", "TAG", "PROJECT", "TASK", "CREATED_AT", "LAST_USED_AT"];

function toRow(reservation: Reservation, home: string | undefined) {
  const { port, path, tag, project, task, createdAt, lastUsedAt } = reservation;
  const shown = shortenPath(path, home);
  return [port, shown, tag, project, task, formatTimestamp(createdAt), formatTimestamp(lastUsedAt)];
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
