/**
 * Whether somebody accepts connections at a port, asked by connecting: a second opinion where
 * binding does not show everything.
 *
 * @module
 */

import type { Port } from "../domain/port.ts";

/** A port at an address. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: Port;
}

/** How long to wait, in milliseconds, besides one for each answer; loopback answers at once. */
const PATIENCE_MS = 3000;

/** How many connections are made at a time; some systems give a process 256 descriptors. */
const CONCURRENCY = 64;

/**
 * Connects to each endpoint and hangs up at once. What does not answer in time counts as nobody.
 *
 * The run time connects asynchronously only, and the caller holds the database's lock, so another
 * thread does it; that takes as long as starting the thread, some 20 ms.
 */
export function accept(endpoints: readonly Endpoint[]): readonly boolean[] {
  if (endpoints.length === 0) return [];
  // The first number wakes this thread, the others are the answers.
  const answers = new Int32Array(new SharedArrayBuffer(4 * (endpoints.length + 1)));
  const worker = new Worker(WORKER, { type: "module" });
  worker.postMessage({ endpoints, answers, concurrency: CONCURRENCY });
  Atomics.wait(answers, 0, 0, PATIENCE_MS + endpoints.length);
  worker.terminate();
  return endpoints.map((_, index) => Atomics.load(answers, index + 1) === 1);
}

/**
 * The other thread's program. As text it is found in a bundle and in an executable, too. A
 * connection whose two ends are one port has met nobody but itself.
 */
const WORKER = `data:text/javascript,${
  encodeURIComponent(`
    onmessage = async ({ data: { endpoints, answers, concurrency } }) => {
      const queue = endpoints.entries();
      const work = async () => {
        for (const [index, endpoint] of queue) {
          try {
            const connection = await Deno.connect(endpoint);
            const isItself = connection.localAddr.port === endpoint.port;
            connection.close();
            if (!isItself) Atomics.store(answers, index + 1, 1);
          } catch {
            // Nobody is there.
          }
        }
      };
      await Promise.all(Array.from({ length: concurrency }, work));
      Atomics.store(answers, 0, 1);
      Atomics.notify(answers, 0);
    };
  `)
}`;
