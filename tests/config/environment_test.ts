import assert from "node:assert/strict";
import { readEnvironment } from "../../src/config/environment.ts";
import { plain } from "./support.ts";

/** What the variables say, or their problems. */
function read(variables: Record<string, string>): unknown {
  const { settings, problems } = readEnvironment((name) => variables[name]);
  if (problems.length === 0) return plain(settings);
  return problems.map(({ field, message }) => `${field}: ${message}`);
}

for (const text of ["true", "1", "yes", "on", "TRUE", "Yes", "oN"]) {
  Deno.test(`a switch is on with ${text}`, () => {
    assert.deepEqual(read({ TROP_ALLOW_CHANGE: text }), { allow_change: true });
  });
}

for (const text of ["false", "0", "no", "off", "FALSE", "No", "oFF"]) {
  Deno.test(`a switch is off with ${text}`, () => {
    assert.deepEqual(read({ TROP_ALLOW_CHANGE: text }), { allow_change: false });
  });
}

for (
  const [text, shown] of [["", ""], [" true", " true"], ["y", "y"], ["2", "2"], ["\x1b", "\\u{1b}"]]
) {
  Deno.test(`a switch cannot be "${shown}"`, () => {
    assert.deepEqual(read({ TROP_ALLOW_CHANGE: text ?? "" }), [
      `TROP_ALLOW_CHANGE: Cannot read "${shown}" as a switch: ` +
      "want one of true, 1, yes, on, false, 0, no, off",
    ]);
  });
}

for (
  const [variable, text, value] of [
    ["TROP_PORT_MIN", "0", { "ports.min": 0 }],
    ["TROP_PORT_MIN", "+05000", { "ports.min": 5000 }],
    ["TROP_PORT_MIN", "65535", { "ports.min": 65535 }],
    ["TROP_BUSY_TIMEOUT", "0", { "maximum_lock_wait_seconds": 0 }],
    ["TROP_BUSY_TIMEOUT", "18446744073709551615", { "maximum_lock_wait_seconds": 2 ** 64 }],
    ["TROP_EXPIRE_AFTER_DAYS", "0", { "cleanup.expire_after_days": 0 }],
    ["TROP_EXPIRE_AFTER_DAYS", "4294967295", { "cleanup.expire_after_days": 4294967295 }],
    ["TROP_EXCLUDED_PORTS", "", { excluded_ports: [] }],
    ["TROP_OUTPUT_FORMAT", "TsV", { output_format: "tsv" }],
    ["TROP_DISCOVERY", "FILESYSTEM", { discovery: "filesystem" }],
    ["TROP_PROJECT", "", { project: "" }],
    ["TROP_NO_SUCH_THING", "x", {}],
    ["TROP_PORT_PREFERRED", "x", {}],
  ] as const
) {
  Deno.test(`${variable} may be "${text}"`, () => {
    assert.deepEqual(read({ [variable]: text }), value);
  });
}

for (
  const [variable, text, problem] of [
    ["TROP_PORT_MIN", "65536", 'Cannot read "65536": want a positive integer up to 65535'],
    ["TROP_PORT_MAX", "", 'Cannot read "": want a positive integer up to 65535'],
    ["TROP_PORT_MAX", " 5", 'Cannot read " 5": want a positive integer up to 65535'],
    ["TROP_PORT_MAX", "5_0", 'Cannot read "5_0": want a positive integer up to 65535'],
    ["TROP_PORT_MAX_OFFSET", "0x5", 'Cannot read "0x5": want a positive integer up to 65535'],
    ["TROP_PORT_MAX_OFFSET", "-5", 'Cannot read "-5": want a positive integer up to 65535'],
    [
      "TROP_EXPIRE_AFTER_DAYS",
      "4294967296",
      'Cannot read "4294967296": want a positive integer up to 4294967295',
    ],
    [
      "TROP_BUSY_TIMEOUT",
      "18446744073709551616",
      'Cannot read "18446744073709551616": want 0 or a positive integer up to 2147483',
    ],
    ["TROP_OUTPUT_FORMAT", "xml", 'Cannot read "xml": want one of json, csv, tsv, table'],
    ["TROP_OUTPUT_FORMAT", "", 'Cannot read "": want one of json, csv, tsv, table'],
    ["TROP_DISCOVERY", "git", 'Cannot read "git": want one of checkout, filesystem'],
    ["TROP_EXCLUDED_PORTS", "5,x", 'Cannot read "x": want a port from 1 to 65535'],
    ["TROP_EXCLUDED_PORTS", "5 .. 6", 'Cannot read "5 ": want a port from 1 to 65535'],
    ["TROP_EXCLUDED_PORTS", "5000-5010", 'Cannot read "5000-5010": want a port from 1 to 65535'],
  ] as const
) {
  Deno.test(`${variable} cannot be "${text}"`, () => {
    assert.deepEqual(read({ [variable]: text }), [`${variable}: ${problem}`]);
  });
}

Deno.test("an alias is read where the main name is unset, and named in its errors", () => {
  const alias = "TROP_MAXIMUM_LOCK_WAIT_SECONDS";
  assert.deepEqual(read({ [alias]: "7" }), { maximum_lock_wait_seconds: 7 });
  assert.deepEqual(read({ [alias]: "x", TROP_BUSY_TIMEOUT: "8" }), {
    maximum_lock_wait_seconds: 8,
  });
  assert.deepEqual(read({ [alias]: "x" }), [
    `${alias}: Cannot read "x": want 0 or a positive integer up to 2147483`,
  ]);
});
