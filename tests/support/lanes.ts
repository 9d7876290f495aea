/**
 * Doing many things, a few of them at a time.
 *
 * @module
 */

/** So many processes keep two processors busy. */
const LANES = 2;

/** Calls `act` for each of `items`, for `lanes` of them at a time. The first failure ends it. */
export async function forEach<T>(
  items: Iterable<T>,
  act: (item: T) => Promise<void>,
  lanes = LANES,
): Promise<void> {
  const queue = Iterator.from(items);
  const lane = async () => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
