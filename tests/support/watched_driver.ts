/**
 * The real driver with a hook before every statement: to see what runs, to let it fail, to answer
 * in its place, or to end the process there.
 *
 * @module
 */

import { openSqlite } from "../../src/database/driver.ts";
import type {
  OpenSqlite,
  Row,
  SqliteConnection,
  SqliteParameter,
  Statement,
} from "../../src/database/sqlite.ts";

/** A statement that is about to run. */
export interface Execution {
  readonly sql: string;
  readonly parameters: readonly SqliteParameter[];
}

/** Returns a row to be the statement's only result instead of running it, or throws in its place. */
export type Watch = (execution: Execution) => Row | void;

/** A driver that tells `watch` of each statement just before it runs. */
export function watchedDriver(watch: Watch, open: OpenSqlite = openSqlite): OpenSqlite {
  return (path, options) => {
    const connection = open(path, options);
    return {
      get inTransaction() {
        return connection.inTransaction;
      },
      prepare: (sql) => watched(sql, connection.prepare(sql), watch),
      close: () => connection.close(),
      [Symbol.dispose]: () => connection[Symbol.dispose](),
    } satisfies SqliteConnection;
  };
}

function watched(sql: string, statement: Statement, watch: Watch): Statement {
  const unlessAnswered = <T>(
    parameters: readonly SqliteParameter[],
    answer: (row: Row) => T,
    act: () => T,
  ): T => {
    const row = watch({ sql, parameters });
    return row ? answer(row) : act();
  };
  return {
    run: (...values) => unlessAnswered(values, () => 0, () => statement.run(...values)),
    get: (...values) => unlessAnswered(values, (row) => row, () => statement.get(...values)),
    all: (...values) => unlessAnswered(values, (row) => [row], () => statement.all(...values)),
    iterate: (...values) =>
      unlessAnswered(
        values,
        (row) => [row].values(),
        () => statement.iterate(...values),
      ),
  };
}

/** A driver that records the text of every statement that runs, in order. */
export function recordingDriver(): { readonly open: OpenSqlite; readonly statements: string[] } {
  const statements: string[] = [];
  const open = watchedDriver(({ sql }) => {
    statements.push(sql);
  });
  return { open, statements };
}
