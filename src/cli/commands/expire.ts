import { defineCommand } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { type Cleanup, cleanUp, DAYS_OPTION, DRY_RUN_OPTION } from "../steps/cleanup.ts";

/** `trop expire`: removes the reservations that nobody used for long. */
export const expire = defineCommand({
  ...titleOf("expire"),
  description: [
    "A reservation goes when its last use is more than --days ago, whether its directory exists " +
    "or not. A use is a trop command that gives the port out again, not a program on the port.",
    "With --quiet the number of reservations is printed on standard output, if there are any.",
  ],
  options: { ...DAYS_OPTION, ...DRY_RUN_OPTION },
  examples: [
    { command: "trop expire --days 7", effect: "Remove what nobody used for a week" },
    { command: "trop expire --dry-run --verbose", effect: "See what would go" },
  ],
  run: (invocation) => cleanUp(invocation, invocation.options, EXPIRE),
});

const EXPIRE: Cleanup = {
  command: "expire",
  prune: false,
  expire: true,
  describe({ dryRun, expired, days, ageOf }) {
    const count = `${dryRun ? "[DRY RUN] Would expire" : "Expired"} ${expired.length} ` +
      `reservation(s) older than ${days} days`;
    return {
      scanning: `Scanning for reservations older than ${days} days...`,
      summary: count,
      details: [
        `${count}:`,
        ...expired.map((reservation) => {
          const { port, path, project } = reservation;
          return `  - Port ${port}: ${path} (${ageOf(reservation)}, project: ${project ?? "-"})`;
        }),
      ],
    };
  },
};
