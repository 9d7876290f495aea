/**
 * Prints what is found at a port, for tests that run it under other circumstances than their own.
 *
 * @module
 */

import { Occupancy } from "../../src/allocation/occupancy.ts";
import { DEFAULT_POLICY } from "../../src/allocation/probes.ts";
import { toPort } from "../../src/domain/port.ts";

const [text, circumstance] = Deno.args;
const port = toPort(Number(text));
const files = circumstance === "without-descriptors" ? openAll() : [];
const occupancy = new Occupancy(DEFAULT_POLICY);
const answers = {
  check: occupancy.check(port),
  inspect: occupancy.inspect(port),
  survey: [...occupancy.survey({ min: port, max: port })],
};
for (const file of files) file.close();
console.log(JSON.stringify(answers));

/** Opens files until no descriptor is left. */
function openAll(): Deno.FsFile[] {
  const files: Deno.FsFile[] = [];
  try {
    for (;;) files.push(Deno.openSync(Deno.execPath()));
  } catch {
    return files;
  }
}
