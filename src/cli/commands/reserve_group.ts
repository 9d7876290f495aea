import { nameProjectFiles } from "../../config/discovery.ts";
import { defineCommand, path } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { GROUP_OPTIONS, groupFlags, runGroupCommand } from "../steps/group.ts";
import { homeDirectory, startSession } from "../steps/session.ts";

/** `trop reserve-group`: the ports of all services that a file lists. */
export const reserveGroup = defineCommand({
  ...titleOf("reserve-group"),
  description: [
    "Prints a variable for each service of the file's group. Their ports belong to the directory " +
    "that the file is in, all or none are reserved, and they stay the same until they are " +
    "released.",
  ],
  options: GROUP_OPTIONS,
  positionals: {
    file: path({
      summary: "File that lists the services",
      valueName: "CONFIG_PATH",
      required: true,
    }),
  },
  examples: [
    {
      command: 'eval "$(trop reserve-group trop.yaml)"',
      effect: "Set a variable of the shell for each service",
    },
    {
      command: "trop reserve-group trop.yaml --format dotenv >.env.ports",
      effect: "Write them to a file",
    },
  ],
  exitCodes: [
    [
      "1",
      "The file's directory is unrelated to this one, or a stored project or task would change",
    ],
    ["4", "There is no such file"],
    ["6", "The file has no group, other reservations are in its way, or there is no room"],
  ],
  async run(invocation) {
    const { options, positionals: { file }, host } = invocation;
    const project = nameProjectFiles(file, { cwd: host.cwd(), home: homeDirectory(host) });
    const session = await startSession(invocation, groupFlags(options), {
      storesNames: true,
      project,
    });
    const origin = `Reserve the group of ${file}`;
    await runGroupCommand(session, options, { name: "reserve-group", origin });
  },
});
