/**
 * A thread that does one call of the task `reserve` for peer_threads.ts.
 *
 * @module
 */

import { waitAt } from "./barrier.ts";
import { type ReserveOrder, TASKS } from "./peer_tasks.ts";
import { READY } from "./peers.ts";

/** What a thread knows of its worker's scope. */
interface Scope {
  onmessage: (event: MessageEvent<{ order: ReserveOrder; barrier: string }>) => void;
  postMessage(message: string | readonly number[]): void;
}

const scope = self as unknown as Scope;

scope.onmessage = ({ data: { order, barrier } }) => {
  const wait = () => {
    scope.postMessage(READY);
    waitAt(barrier);
  };
  scope.postMessage(TASKS.reserve(order, wait));
};
