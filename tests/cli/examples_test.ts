/** Every example of the help, the manual and docs/cli.md runs, and ends as it says. */

import assert from "node:assert/strict";
import { loadAllCommands } from "../../src/cli/commands.ts";
import { EXAMPLES } from "../../src/cli/grammar/reference.ts";
import { file, type Home, trop } from "../support/program.ts";
import { homeStoring } from "../support/stored.ts";

/** Other people's programs in examples, whose place this one takes. */
const PROGRAMS = ["bin/npm", "bin/vite", "bin/xdg-open", "shop/server"];
const PROGRAM = file('#!/bin/sh\nexec echo "$0" "$@"\n', 0o755);

const TREE = {
  ".config/fish/completions": {},
  ".trop/config.yaml": "excluded_ports: [6001, 6002]\n",
  "shop/trop.yaml": `project: shop
excluded_ports: [6500, 6501, 6502]
reservations:
  services:
    web: {}
    api: { offset: 1 }
`,
  blog: {},
  ...Object.fromEntries(PROGRAMS.map((path) => [path, PROGRAM])),
};

const ROWS = [
  { path: "shop", tag: "web", port: 5000, project: "shop" },
  { path: "shop", tag: "api", port: 5001, project: "shop" },
  { path: "shop", port: 5002, project: "shop" },
  { path: "old", port: 5003 },
  { path: "old/deep", port: 5004 },
];

/** Those that end otherwise than with 0. */
const STATUS: Readonly<Record<string, number>> = {
  // The port is reserved.
  "trop assert-port 5001 --not": 1,
  // The maximum is below, which is what the example shows.
  "trop config --min 8000": 7,
};

/** Those that are for another directory than one with a group of services. */
const DIRECTORY: Readonly<Record<string, string>> = {
  // In a group {port} would have to be one of its services.
  "trop run -- vite --port {port}": "blog",
};

/** `init` creates what is not there yet. */
const prepare = (command: string): Promise<Home> =>
  command === "init" ? trop.home({ shop: {} }) : homeStoring(ROWS, TREE);

const commands = [{ name: "trop", examples: EXAMPLES }, ...await loadAllCommands()];

for (const { name, examples } of commands) {
  Deno.test(`the examples of ${name} run as they stand in the help`, async () => {
    await using home = await prepare(name);
    const PATH = await home.install();
    for (const { command } of examples) {
      const { stderr } = await home.run([], {
        cwd: DIRECTORY[command] ?? "shop",
        script: `exec bash -c '${command.replaceAll("'", "'\\''")}'`,
        env: { PATH },
        status: STATUS[command] ?? 0,
        stdout: /^/,
        stderr: /^/,
      });
      if (STATUS[command] === undefined) assert(!/^error:/im.test(stderr), `${command}: ${stderr}`);
    }
  });
}
