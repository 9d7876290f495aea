import { identifyFile } from "../../config/discovery.ts";
import { formatExclusion } from "../../domain/exclusion.ts";
import { escapeControls } from "../../domain/text.ts";
import { type Compaction, compactList } from "../../operations/exclusions.ts";
import { defineCommand, flag, path } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { describeCompaction } from "../steps/exclusion_words.ts";
import { onNamedFile } from "../steps/named_file.ts";

/** `trop compact-exclusions`: the same excluded ports in fewer entries. */
export const compactExclusions = defineCommand({
  ...titleOf("compact-exclusions"),
  description: [
    "Joins entries that overlap or touch, so that the same ports are excluded by the shortest " +
    "list. Comments move to the entry that takes over; all the rest of the file stays as it is.",
  ],
  positionals: {
    file: path({ summary: "File to change", valueName: "PATH", required: true }),
  },
  options: {
    dryRun: flag({ summary: "Say what would be done, and do nothing" }),
  },
  examples: [
    { command: "trop compact-exclusions trop.yaml --dry-run", effect: "See the shorter list" },
    { command: "trop compact-exclusions ~/.trop/config.yaml", effect: "Shorten your own list" },
  ],
  exitCodes: [
    ["4", "There is no such file"],
    ["7", "The list holds something that is no port or range"],
  ],
  async run({ positionals: { file }, options: { dryRun }, output }) {
    const done = await onNamedFile(file, () => compactList(identifyFile(file), { dryRun }));
    const lines = describe(done, { file, dryRun });
    output.product(lines.map((line) => `${escapeControls(line)}\n`).join(""));
  },
});

function describe(
  done: Compaction | undefined,
  { file, dryRun }: { readonly file: string; readonly dryRun: boolean },
): string[] {
  if (done === undefined) return ["No exclusions to compact"];
  const compacted = describeCompaction(done);
  if (compacted === undefined) return ["Exclusions already optimal"];
  if (!dryRun) return [compacted, `Updated ${file}`];
  const list = done.list.map(formatExclusion).join(", ");
  return [compacted, "Dry run - no changes made", `Would save: ${list}`];
}
