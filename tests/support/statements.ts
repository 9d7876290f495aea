/**
 * What is asked of SQLite while something runs in this process, with the built-in driver.
 *
 * @module
 */

import { StatementSync } from "node:sqlite";

/** The ways of running a statement. */
const METHODS = ["run", "get", "all", "iterate"] as const;

/**
 * The texts of the statements that run while `act` does, in their order.
 *
 * @param methods Whose statements count: `run` alone leaves out what only reads.
 */
export async function statementsDuring(
  act: () => unknown,
  methods: readonly typeof METHODS[number][] = METHODS,
): Promise<string[]> {
  const { prototype } = StatementSync;
  const statements: string[] = [];
  const originals = methods.map((method) => [method, prototype[method]] as const);
  for (const [method, original] of originals) {
    const watched = function (this: StatementSync, ...parameters: never[]) {
      statements.push(this.sourceSQL);
      return Reflect.apply(original, this, parameters);
    };
    Object.assign(prototype, { [method]: watched });
  }
  try {
    await act();
  } finally {
    Object.assign(prototype, Object.fromEntries(originals));
  }
  return statements;
}
