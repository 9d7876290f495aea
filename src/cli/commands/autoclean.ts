import { defineCommand } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { type Cleanup, cleanUp, DAYS_OPTION, DRY_RUN_OPTION, removed } from "../steps/cleanup.ts";

/** `trop autoclean`: `prune` and `expire` at once. */
export const autoclean = defineCommand({
  ...titleOf("autoclean"),
  description: [
    "Removes what 'trop prune' and 'trop expire' would remove. The settings that keep " +
    "'trop reserve' from cleaning up by itself do not matter here.",
    "With --quiet the number of reservations is printed on standard output, if there are any.",
  ],
  options: { ...DAYS_OPTION, ...DRY_RUN_OPTION },
  examples: [
    { command: "trop autoclean", effect: "Remove all that is stale" },
    { command: "trop autoclean --days 7 --dry-run", effect: "See how many would go" },
  ],
  run: (invocation) => cleanUp(invocation, invocation.options, AUTOCLEAN),
});

const AUTOCLEAN: Cleanup = {
  command: "autoclean",
  prune: true,
  expire: true,
  describe(outcome) {
    const { pruned, expired, days, ageOf } = outcome;
    const count = `${removed(outcome)} ${pruned.length + expired.length} total reservation(s)`;
    return {
      scanning: `Scanning for non-existent paths and reservations older than ${days} days...`,
      summary: `${count} (pruned: ${pruned.length}, expired: ${expired.length})`,
      details: [
        `${count}:`,
        `  Pruned: ${pruned.length} (non-existent paths)`,
        `  Expired: ${expired.length} (older than ${days} days)`,
        ...section(
          "Pruned reservations:",
          pruned.map(({ port, path }) => `  - Port ${port}: ${path}`),
        ),
        ...section(
          "Expired reservations:",
          expired.map((reservation) => {
            return `  - Port ${reservation.port}: ${reservation.path} (${ageOf(reservation)})`;
          }),
        ),
      ],
    };
  },
};

/** A list below its heading, set apart; nothing when the list is empty. */
function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", heading, ...lines];
}
