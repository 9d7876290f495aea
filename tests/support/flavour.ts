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

/** The flags that give a process the flavour's configuration. */
export const CONFIG_FLAGS: readonly string[] = CONFIG === undefined
  ? []
  : ["--config", fileURLToPath(new URL(CONFIG, new URL("../../", import.meta.url)))];
