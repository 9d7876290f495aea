// Whole commands, from the start of their process to its end, run from the source; beside them
// Deno alone, which no program can be faster than.

import { fileURLToPath } from "node:url";
import { homeWith } from "../tests/support/database.ts";
import { makeRows } from "./rows.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const FLAGS = ["run", "--quiet", "--no-prompt", "--allow-all", "--unstable-net"];

const home = homeWith(...makeRows(1_000));
addEventListener("unload", () => home[Symbol.dispose]());
const empty = `${home.directory}/empty.ts`;
Deno.writeTextFileSync(empty, "");

bench("an empty script", [empty]);
bench("--version", [MAIN, "--version"]);
// The same directory every time: the first one creates, all others find.
bench("reserve, 1000 rows", [MAIN, "reserve"]);
bench("list, 1000 rows", [MAIN, "list"]);

function bench(name: string, args: readonly string[]): void {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...FLAGS, ...args],
    cwd: home.directory,
    env: { TROP_DATA_DIR: home.directory },
  });
  Deno.bench({
    group: "whole command",
    name,
    fn: () => {
      const { success, stderr } = command.outputSync();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
    },
  });
}
