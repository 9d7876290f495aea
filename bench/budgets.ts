/**
 * What each benchmark of the database may take at 60,000 rows, near the ceiling of 65,535. They are
 * reported beside what was measured; nothing fails on a time.
 *
 * @module
 */

/** Milliseconds, by the benchmark's group. `undefined`: only of interest. */
export const BUDGETS = {
  "create, own transaction": 2,
  "get by key": 0.2,
  "reserved ports 5000 to 7000": 10,
  "reserved ports 1 to 65535": 100,
  "list all": 600,
  "projects": undefined,
  "expired, 10 % of rows": 60,
  "expired, none": undefined,
  "subtree, 2 % of rows": 5,
  "expire 10 % of rows, rolled back": 400,
  "batch create of all rows": 2000,
  "integrity_check": 1000,
  "full validation": undefined,
  "open and close": 2,
  "migration from version 1": 3000,
  "1000 creates": undefined,
  "list": undefined,
  "list --format json": undefined,
  "reserve the last port of a range": undefined,
  "reserve twenty ports in a row": undefined,
  "migrate all": undefined,
  "prune, half of the directories gone": undefined,
  "exclude": undefined,
  "reserve with exclusions": undefined,
} as const;

export type Group = keyof typeof BUDGETS;
