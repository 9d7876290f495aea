/**
 * The shared library of the FFI flavour: where it lies, and those of its functions that
 * `driver_ffi.ts` calls itself.
 *
 * @module
 */

import { TropError } from "../errors.ts";

const FUNCTIONS = {
  sqlite3_step: { parameters: ["pointer"], result: "i32" },
  sqlite3_reset: { parameters: ["pointer"], result: "i32" },
  sqlite3_extended_errcode: { parameters: ["pointer"], result: "i32" },
  sqlite3_errmsg: { parameters: ["pointer"], result: "pointer" },
  sqlite3_column_count: { parameters: ["pointer"], result: "i32" },
  sqlite3_column_type: { parameters: ["pointer", "i32"], result: "i32" },
  sqlite3_column_int64: { parameters: ["pointer", "i32"], result: "i64" },
  sqlite3_column_double: { parameters: ["pointer", "i32"], result: "f64" },
  sqlite3_column_text: { parameters: ["pointer", "i32"], result: "pointer" },
  sqlite3_column_blob: { parameters: ["pointer", "i32"], result: "pointer" },
  sqlite3_column_bytes: { parameters: ["pointer", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Functions of an SQLite library, by their names in C. */
export type SqliteLibrary = Deno.DynamicLibrary<typeof FUNCTIONS>["symbols"];

/** What each system calls the library: an embedded one, then those that it has itself. */
const NAMES: Readonly<Record<string, readonly [embedded: string, ...system: string[]]>> = {
  darwin: ["libsqlite3.dylib", "libsqlite3.dylib", "/usr/lib/libsqlite3.dylib"],
  // Windows 10 and later have a copy of their own.
  windows: ["sqlite3.dll", "sqlite3.dll", "winsqlite3.dll"],
};

const UNIX_NAMES = ["libsqlite3.so", "libsqlite3.so.0", "libsqlite3.so"] as const;

/** Where the library lies that is to be embedded in an executable, from the project's root. */
export function embeddedLibrary(os: string): string {
  const [name] = NAMES[os] ?? UNIX_NAMES;
  return `dist/ffi/${name}`;
}

/**
 * Loads an SQLite library: the one that `TROP_SQLITE_LIBRARY` names, else the one that this
 * executable embeds, else the system's.
 *
 * @returns Its path, or the name by which the system found it, and its functions.
 * @throws {TropError} `sqlite-library` when there is none that can be loaded.
 */
export function loadSqliteLibrary(
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): { readonly path: string; readonly library: SqliteLibrary } {
  const named = env("TROP_SQLITE_LIBRARY");
  const candidates = named ? [named] : usualPlaces();
  let cause: unknown;
  for (const path of candidates) {
    try {
      return { path, library: Deno.dlopen(path, FUNCTIONS).symbols };
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      cause ??= error;
    }
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new TropError({ code: "sqlite-library", candidates, reason }, { cause });
}

function usualPlaces(): string[] {
  const { os, standalone } = Deno.build;
  const [, ...system] = NAMES[os] ?? UNIX_NAMES;
  if (!standalone) return system;
  // An executable keeps the files that it embeds where they lay when it was compiled; it knows them
  // by that path alone, not by one with `..` in it.
  const root = import.meta.dirname?.replace(/src[/\\]database$/, "");
  return [`${root}${embeddedLibrary(os)}`, ...system];
}
