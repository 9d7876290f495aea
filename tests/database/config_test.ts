import assert from "node:assert/strict";
import {
  databaseOptions,
  databasePath,
  DEFAULT_BUSY_TIMEOUT_MS,
  MAX_BUSY_TIMEOUT_MS,
  resolveDataDirectory,
} from "../../src/database/config.ts";
import { sharedFileSystem } from "../../src/database/file_system.ts";
import { systemClock } from "../../src/domain/timestamp.ts";
import { failureOf } from "../support/database.ts";

Deno.test("databaseOptions() waits five seconds, creates and writes unless told otherwise", () => {
  const defaults = {
    path: "/d/trop.db",
    busyTimeoutMs: 5000,
    autoCreate: true,
    readOnly: false,
    queryOnly: false,
    journal: "auto",
    sharedFileSystem,
    allowShared: false,
    clock: systemClock,
  };
  const { actsFor, ...options } = databaseOptions("/d/trop.db");
  assert.deepEqual(options, defaults);
  assert.equal(actsFor(0), false);
  const overrides = { busyTimeoutMs: 1, queryOnly: true, autoCreate: false };
  const { actsFor: _actsFor, ...overridden } = databaseOptions("/d/trop.db", overrides);
  assert.deepEqual(overridden, { ...defaults, ...overrides });
  assert.equal(DEFAULT_BUSY_TIMEOUT_MS, defaults.busyTimeoutMs);
});

Deno.test("databaseOptions() for reading turns creation off, whatever else is said", () => {
  assert.equal(databaseOptions("/d", { readOnly: true }).autoCreate, false);
  assert.equal(databaseOptions("/d", { readOnly: true, autoCreate: true }).autoCreate, false);
  // The seed of this: creation can be off without reading only.
  assert.equal(databaseOptions("/d", { autoCreate: false }).readOnly, false);
});

Deno.test("the longest wait is SQLite's, in whole seconds 2147483 (U11)", () => {
  assert.equal(Math.floor(MAX_BUSY_TIMEOUT_MS / 1000), 2_147_483);
});

for (
  const [option, env, expected] of [
    ["/option", { TROP_DATA_DIR: "/variable", HOME: "/home/me" }, "/option"],
    [undefined, { TROP_DATA_DIR: "/variable", HOME: "/home/me" }, "/variable"],
    ["", { TROP_DATA_DIR: "/variable", HOME: "/home/me" }, "/variable"],
    [undefined, { HOME: "/home/me", USERPROFILE: "C:\\me" }, "/home/me/.trop"],
    [undefined, { USERPROFILE: "C:\\me" }, "C:\\me/.trop"],
    [undefined, { HOME: "/home/me/" }, "/home/me/.trop"],
    [undefined, { HOME: "/" }, "//.trop"],
    ["", { TROP_DATA_DIR: "", HOME: "", USERPROFILE: "/profile" }, "/profile/.trop"],
    ["relative/~", {}, "relative/~"],
  ] as readonly (readonly [string | undefined, Record<string, string>, string])[]
) {
  Deno.test(`--data-dir ${option} and ${Deno.inspect(env)} lead to ${expected}`, () => {
    assert.equal(resolveDataDirectory(option, (name) => env[name]), expected);
  });
}

Deno.test("without a home directory the data directory must be named", () => {
  const failure = failureOf(() => resolveDataDirectory(undefined, () => undefined));
  assert(failure.code === "configuration" && failure.failure.code === "validation");
  assert.equal(failure.failure.field, "data_dir");
});

for (
  const [directory, path] of [["/d", "/d/trop.db"], ["/d/", "/d/trop.db"], [
    "/",
    "//trop.db",
  ]] as const
) {
  Deno.test(`the database of ${directory} is ${path}`, () => {
    assert.equal(databasePath(directory), path);
  });
}
