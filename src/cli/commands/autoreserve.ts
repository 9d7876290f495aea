import { groupFile } from "../../config/effective.ts";
import { TropError } from "../../errors.ts";
import { defineCommand } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { GROUP_OPTIONS, groupFlags, runGroupCommand } from "../steps/group.ts";
import { type Session, startSession } from "../steps/session.ts";

/** `trop autoreserve`: the ports of all services of the project. */
export const autoreserve = defineCommand({
  ...titleOf("autoreserve"),
  description: [
    "Looks for trop.yaml or trop.local.yaml in the current directory and above it, and does with " +
    "it what reserve-group does with a file that is named.",
  ],
  options: GROUP_OPTIONS,
  examples: [
    {
      command: 'eval "$(trop autoreserve)"',
      effect: "Set a variable of the shell for each service",
    },
    { command: "trop autoreserve --format json", effect: "Print them for another program" },
  ],
  exitCodes: [
    [
      "1",
      "The file's directory is unrelated to this one, or a stored project or task would change",
    ],
    ["4", "There is no trop.yaml or trop.local.yaml here or above"],
    ["6", "The file has no group, other reservations are in its way, or there is no room"],
  ],
  async run(invocation) {
    const { options } = invocation;
    const session = await startSession(invocation, groupFlags(options), { storesNames: true });
    const discovered = `Discovered config: ${requireFile(session)}`;
    await runGroupCommand(session, options, {
      name: "autoreserve",
      origin: discovered,
      announcement: discovered,
    });
  },
});

/** @throws {TropError} `invalid-arguments` where the project has no file. */
function requireFile({ config, directory }: Session): string {
  const file = groupFile(config);
  if (file !== undefined) return file;
  const { ignored } = config;
  const hint = ignored === undefined ? "" : `; ${ignored.file} belongs to another checkout`;
  const message = `No trop configuration file found (searched from: ${directory.physical})${hint}`;
  throw new TropError({ code: "invalid-arguments", message });
}
