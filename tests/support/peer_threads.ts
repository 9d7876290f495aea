/**
 * A process with eight threads, each with a connection of its own, that share every call of the
 * task `reserve` among them.
 *
 * @module
 */

import { once } from "node:events";
import { inputLines } from "./input_lines.ts";
import type { ReserveOrder } from "./peer_tasks.ts";
import { type Call, READY } from "./peers.ts";

const threads = Array.from(
  { length: 8 },
  () => new Worker(import.meta.resolve("./peer_thread.ts"), { type: "module" }),
);

for (const line of inputLines()) {
  const { order, barrier } = JSON.parse(line) as Call;
  const { paths, ...opening } = order as ReserveOrder;
  threads.forEach((thread, index) => {
    const share = paths.filter((_, position) => position % threads.length === index);
    thread.postMessage({ order: { ...opening, paths: share }, barrier });
  });
  await messages();
  console.log(READY);
  console.log(JSON.stringify({ result: (await messages()).flat() }));
}
for (const thread of threads) thread.terminate();

/** The next message of every thread. */
async function messages(): Promise<unknown[]> {
  const events = await Promise.all(threads.map((thread) => once(thread, "message")));
  return events.map(([{ data }]) => data);
}
