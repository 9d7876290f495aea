import { defineCommand } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { type Cleanup, cleanUp, DRY_RUN_OPTION, removed } from "../steps/cleanup.ts";

/** `trop prune`: removes the reservations of directories that are gone. */
export const prune = defineCommand({
  ...titleOf("prune"),
  description: [
    "A reservation goes when its directory does not exist or is a file. It stays, with a warning, " +
    "when that cannot be told: without permission to look, or where it may be on the other side of " +
    "a mount.",
    "With --quiet the number of reservations is printed on standard output, if there are any.",
  ],
  options: DRY_RUN_OPTION,
  examples: [
    { command: "trop prune", effect: "Clean up after removing work trees" },
    { command: "trop prune --dry-run --verbose", effect: "See what would go" },
  ],
  run: (invocation) => cleanUp(invocation, invocation.options, PRUNE),
});

const PRUNE: Cleanup = {
  command: "prune",
  prune: true,
  expire: false,
  describe(outcome) {
    const count = `${removed(outcome)} ${outcome.pruned.length} reservation(s)`;
    return {
      scanning: "Scanning for reservations of non-existent paths...",
      summary: `${count} for non-existent paths`,
      details: [
        `${count}:`,
        ...outcome.pruned.map(({ port, path, tag, project }) => {
          return `  - Port ${port}: ${path} (tag: ${tag ?? "-"}, project: ${project ?? "-"})`;
        }),
      ],
    };
  },
};
