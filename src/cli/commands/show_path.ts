import { physicalPath, workingDirectory } from "../../operations/paths.ts";
import { defineCommand, flag } from "../grammar/command.ts";
import { targetOption } from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import { resolveTarget } from "../steps/session.ts";

/** `trop show-path`: prints which directory a reservation would be for. */
export const showPath = defineCommand({
  ...titleOf("show-path"),
  description: [
    "A path that was named keeps its symbolic links and need not exist; the current directory is " +
    "taken without links.",
  ],
  options: {
    path: targetOption("Directory to show the path of"),
    canonicalize: flag({ summary: "Resolve symbolic links; the path must exist" }),
  },
  examples: [
    { command: "trop show-path", effect: "Print the path of the current directory" },
    { command: "trop show-path --path ../blog/./src/..", effect: "Print it in its one spelling" },
  ],
  run({ options, host, output }) {
    const directory = workingDirectory(host.cwd());
    const path = resolveTarget({ directory, host }, options.path);
    output.product(`${options.canonicalize ? physicalPath(path) : path}\n`);
  },
});
