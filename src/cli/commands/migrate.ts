import {
  executeMigrate,
  type MigratePlan,
  type Move,
  planMigrate,
} from "../../operations/migrate.ts";
import { defineCommand, flag, path } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { makeChange } from "../steps/change.ts";
import { normalisePath, startSession } from "../steps/session.ts";

/** `trop migrate`: moves reservations along with their directory. */
export const migrate = defineCommand({
  ...titleOf("migrate"),
  description: [
    "For a directory that was renamed or moved. Neither path has to exist. Everything moves or " +
    "nothing does; a reservation at the destination is in the way unless it moves too.",
    "With --quiet the destination is printed on standard output.",
  ],
  options: {
    from: path({
      summary: "Path that has the reservations",
      valueName: "PATH",
      offer: "paths",
      required: true,
    }),
    to: path({
      summary: "Path that is to have them",
      valueName: "PATH",
      offer: "directories",
      required: true,
    }),
    recursive: flag({ summary: "Move those of all directories below as well" }),
    force: flag({ summary: "Overwrite reservations at the destination" }),
    dryRun: flag({ summary: "Say what would be moved, and do nothing" }),
  },
  examples: [
    { command: "trop migrate --from ~/old --to ~/new", effect: "Keep the ports after a rename" },
    {
      command: "trop migrate --from ~/old --to ~/new --recursive --dry-run",
      effect: "See what would move with everything below",
    },
  ],
  exitCodes: [
    ["6", "Nothing is reserved at --from, or something is at --to"],
  ],
  async run(invocation) {
    const { options, output } = invocation;
    const { recursive, force, dryRun } = options;
    const session = await startSession(invocation);
    const plan = await makeChange(session, { command: "migrate", dryRun }, {
      plan: (transaction) =>
        planMigrate(transaction, {
          from: normalisePath(session, options.from),
          to: normalisePath(session, options.to),
          recursive,
          force,
        }),
      execute: executeMigrate,
    });
    for (const line of report(plan, { recursive, dryRun })) output.status(line);
    if (output.verbosity === "quiet" && !dryRun) output.product(`${plan.to}\n`);
  },
});

function* report(
  { from, to, moves, overwritten }: MigratePlan,
  { recursive, dryRun }: { readonly recursive: boolean; readonly dryRun: boolean },
): Generator<string> {
  yield "Migration plan:";
  yield `  From: ${from}`;
  yield `  To:   ${to}`;
  yield `  Mode: ${recursive ? "recursive" : "exact"}`;
  yield "";
  if (moves.length === 0) return yield "No reservations to migrate.";
  yield `Reservations to migrate (${moves.length}):`;
  for (const move of moves) yield `  ${describe(move)}`;
  yield "";
  if (overwritten.length > 0) {
    yield `Conflicts at destination (${overwritten.length}) (will be overwritten):`;
    for (const { path, tag } of overwritten) {
      yield `  ${path}`;
      if (tag !== null) yield `    (tag: ${tag})`;
    }
    yield "";
  }
  if (dryRun) return yield "Dry run - no changes made.";
  yield "Migration complete:";
  yield `  Migrated: ${moves.length} reservation(s)`;
  if (overwritten.length > 0) yield `  Conflicts resolved: ${overwritten.length}`;
}

function describe({ before: { path, port, tag, project }, after }: Move): string {
  const tagged = tag === null ? "" : `, tag: ${tag}`;
  const named = project === null ? "" : `, project: ${project}`;
  return `${path} -> ${after.path} (port ${port}${tagged}${named})`;
}
