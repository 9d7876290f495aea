/**
 * How a command changes the database: it plans by reading alone, and executes the plan in the same
 * transaction.
 *
 * @module
 */

import {
  type ReadTransaction,
  withRead,
  withWriteInTurn,
  type WriteTransaction,
} from "../../database/transaction.ts";
import { openSessionDatabase, type Session } from "./session.ts";

/** A change in its two steps. */
export interface Change<P> {
  plan(transaction: ReadTransaction): P;
  /** Does what was planned in the same transaction. @returns What was done, in the plan's terms. */
  execute(transaction: WriteTransaction, plan: P): P;
}

/**
 * Plans and executes `change` under the write lock. A dry run plans on a snapshot: it waits for
 * nobody, and fails where the live run would.
 *
 * @param command The command's name, for the lock-timeout message.
 * @returns What was done, or would be.
 */
export async function makeChange<P>(
  session: Session,
  { command, dryRun }: { readonly command: string; readonly dryRun: boolean },
  change: Change<P>,
): Promise<P> {
  using database = openSessionDatabase(session, dryRun ? "look" : "write");
  const operation = `executing the ${command} command`;
  if (dryRun) return withRead(database, operation, (transaction) => change.plan(transaction));
  return await withWriteInTurn(database, operation, (transaction) => {
    return change.execute(transaction, change.plan(transaction));
  });
}
