/**
 * Prints what is found at a port, and who holds it, for tests that run it under other circumstances than their own.
 *
 * @module
 */

import { findOwners, ownerStatus } from "../../src/allocation/listeners.ts";
import { Occupancy } from "../../src/allocation/occupancy.ts";
import { DEFAULT_POLICY, enabledProbes } from "../../src/allocation/probes.ts";
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
const hits = enabledProbes(DEFAULT_POLICY).slice(0, 1).map((probe) => ({ port, probe }));
const owners = findOwners(hits).map(({ owner }) => ({ ...owner, status: ownerStatus(owner) }));
for (const file of files) file.close();
console.log(JSON.stringify({ answers, owners }));

/** Opens files until no descriptor is left. */
function openAll(): Deno.FsFile[] {
  const files: Deno.FsFile[] = [];
  try {
    for (;;) files.push(Deno.openSync(Deno.execPath()));
  } catch {
    return files;
  }
}
