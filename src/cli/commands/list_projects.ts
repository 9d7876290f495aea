import { projects } from "../../database/operations.ts";
import { withRead } from "../../database/transaction.ts";
import { escapeControls } from "../../domain/text.ts";
import { defineCommand } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { openSessionDatabase, startSession } from "../steps/session.ts";

/** `trop list-projects`: prints the projects that have reservations. */
export const listProjects = defineCommand({
  ...titleOf("list-projects"),
  description: ["Prints nothing where no reservation has a project."],
  examples: [
    { command: "trop list-projects", effect: "Print the projects, one a line" },
    { command: "trop list-projects | wc -l", effect: "Count them" },
  ],
  async run(invocation) {
    const session = await startSession(invocation);
    using database = openSessionDatabase(session, "read");
    const found = withRead(database, "executing the list-projects command", projects);
    invocation.output.product(found.map((project) => `${escapeControls(project)}\n`).join(""));
  },
});
