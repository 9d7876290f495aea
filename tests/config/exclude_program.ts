/**
 * A process that excludes ports in a file, one edit for each: `exclude_program.ts FILE FIRST COUNT`.
 * It prints a line feed when it begins.
 *
 * @module
 */

import { changeExclusions } from "../../src/config/writer.ts";
import { addExclusion, parseExclusion } from "../../src/domain/exclusion.ts";

const [file = "", first, count] = Deno.args;
Deno.stdout.writeSync(new TextEncoder().encode("\n"));
for (let port = Number(first); port < Number(first) + Number(count); port++) {
  const added = parseExclusion(String(port));
  await changeExclusions({ file, layer: "user" }, (list) => addExclusion(list, added), {
    create: true,
  });
}
