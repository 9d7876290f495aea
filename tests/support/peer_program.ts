/**
 * A process that does what a test says: it reads calls and writes answers, a line of JSON each.
 *
 * @module
 */

import { report } from "../../src/cli/report.ts";
import { TropError } from "../../src/errors.ts";
import { waitAt } from "./barrier.ts";
import { inputLines } from "./input_lines.ts";
import { type Answer, type Call, READY } from "./peers.ts";
import { TASKS } from "./peer_tasks.ts";

for (const line of inputLines()) {
  const { task, order, barrier } = JSON.parse(line) as Call;
  const wait = () => {
    if (barrier === undefined) return;
    console.log(READY);
    waitAt(barrier);
  };
  console.log(JSON.stringify(answer(() => TASKS[task](order as never, wait))));
}

function answer(act: () => unknown): Answer<unknown> {
  try {
    return { result: act() };
  } catch (error) {
    if (!(error instanceof TropError)) throw error;
    return { failure: error.failure, ...report(error, { usage: "trop", debug: false }) };
  }
}
