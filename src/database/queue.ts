/**
 * A queue for those who have waited long for the write lock. SQLite lets them ask again and again,
 * less often the longer it takes, so that beside many others it is luck who gets the lock, and
 * whoever has waited longest has the least of it.
 *
 * The queue is the system's own for a lock on the data directory, which costs no file. It is first
 * come, first served on Linux; nothing but fairness depends on that.
 *
 * @module
 */

/**
 * Waits until nobody who came earlier is left in the queue for `directory`.
 *
 * @param limitMs How long to wait, in milliseconds: whoever is first may have been stopped.
 * @returns The turn, which ends when it is disposed of; `undefined` when it did not come, or where
 * there is no queue: Windows opens no directory, and some file systems lock none.
 */
export async function takeTurn(
  directory: string,
  limitMs: number,
): Promise<Disposable | undefined> {
  const turn = lock(directory);
  let timer;
  const limit = new Promise<"late">((resolve) => timer = setTimeout(resolve, limitMs, "late"));
  const winner = await Promise.race([turn, limit]);
  clearTimeout(timer);
  if (winner !== "late") return winner;
  standing++;
  void turn.then((late) => {
    standing--;
    late?.[Symbol.dispose]();
  });
  return undefined;
}

/** How many waits in a queue were given up, but cannot be called back. */
let standing = 0;

/** Whether the program would not come to its end by itself, because it still stands in a queue. */
export function standsInQueue(): boolean {
  return standing > 0;
}

async function lock(directory: string): Promise<Disposable | undefined> {
  let file;
  try {
    file = await Deno.open(directory, { read: true });
    await file.lock(true);
    return file;
  } catch {
    file?.close();
    return undefined;
  }
}
