/**
 * What `driver_ffi.ts` uses of `jsr:@db/sqlite@0.13.0`, so that it is type-checked without the
 * package: nothing on the default path may need JSR.
 *
 * @module
 */

export class Database {
  /** @throws {Error} With the result code as `code`. */
  constructor(path: string, options: { readonly flags: number });
  readonly open: boolean;
  readonly inTransaction: boolean;
  /** How many rows the last statement changed. */
  readonly changes: number;
  /** The address of the `sqlite3` object. */
  readonly unsafeHandle: Deno.PointerValue;
  prepare(sql: string): Statement;
  /** Finalizes all statements; closing twice does nothing. */
  close(): void;
}

export class Statement {
  /** The text of the one statement that was prepared. */
  readonly sql: string;
  /** The address of the `sqlite3_stmt` object. */
  readonly unsafeHandle: Deno.PointerValue;
  /** May be called once. */
  bind(...values: readonly (null | bigint | number | string)[]): this;
  finalize(): void;
}
