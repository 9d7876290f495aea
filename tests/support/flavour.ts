/**
 * Which flavour of trop the tests are about. `deno.ffi.json` tells it by a variable, for the
 * processes that tests start would take their configuration from `deno.json`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const CONFIG = Deno.env.get("TROP_TEST_CONFIG");

/** Whether SQLite comes from a shared library, which the run time's permissions do not bind. */
export const IS_FFI = CONFIG !== undefined;

/** For the names of tests that see what passes the built-in driver, and are ignored with another. */
export const WATCHES_BUILT_IN = IS_FFI
  ? " (ignored: only the built-in driver can be watched so)"
  : "";

/** The flags that give a process the flavour's configuration. */
export const CONFIG_FLAGS: readonly string[] = CONFIG === undefined
  ? []
  : ["--config", fileURLToPath(new URL(CONFIG, new URL("../../", import.meta.url)))];
