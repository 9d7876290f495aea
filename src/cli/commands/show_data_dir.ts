import { resolveDataDirectory } from "../../database/config.ts";
import { defineCommand } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";

/** `trop show-data-dir`: prints where the database would be. */
export const showDataDir = defineCommand({
  ...titleOf("show-data-dir"),
  description: [
    "The directory is printed as it was given: neither expanded nor made absolute, whether it " +
    "exists or not. Nothing is created.",
  ],
  examples: [
    { command: "trop show-data-dir", effect: "Print where the reservations are kept" },
    {
      command: 'cp -R "$(trop show-data-dir)" backup',
      effect: "Copy all of it while no trop runs",
    },
  ],
  run({ globals, host, output }) {
    output.product(`${resolveDataDirectory(globals.dataDir, host.env)}\n`);
  },
});
