import assert from "node:assert/strict";
import { checkFile, checkGroupUse } from "../../src/config/rules.ts";
import type { FileKind } from "../../src/config/source.ts";
import { decodeConfig, loadError } from "./support.ts";

/** The problems that one file has, as `line:column field: message`; `*` marks a hidden line. */
function check(text: string, kind: FileKind = "project"): string[] {
  const { settings, problems } = decodeConfig(text, { file: "trop.yaml", layer: kind });
  assert.deepEqual(problems, []);
  return [...checkFile(settings, kind)].map(({ source, field, message, isLineHidden }) => {
    assert.ok("line" in source);
    return `${isLineHidden ? "*" : ""}${source.line}:${source.column} ${field}: ${message}`;
  });
}

const LONG = "é".repeat(128);
const services = (text: string) => `reservations:\n  services:\n    ${text}`;

// In the order of the rules.
for (
  const [text, ...problems] of [
    ["project: ''", "1:10 project: Cannot be empty or only whitespace"],
    ["project: ' \\t'", null],
    ['project: "\\u00a0\\t"', "1:10 project: Cannot be empty or only whitespace"],
    ['project: "a\\0b"', "1:10 project: Cannot contain null bytes"],
    [`project: ${LONG}`, "1:10 project: Cannot exceed 255 characters"],
    [`project: ${LONG.slice(1)}`, null],
    [
      "sqlite_journal: wal",
      "1:17 sqlite_journal: must not be set in this file: all projects have one database",
    ],
    [
      "discovery: checkout",
      "1:12 discovery: must not be set in this file: it decides which " +
      "project files are read",
    ],
    [
      "reservations: {base: 0, services: }",
      "1:22 reservations.base: must be at least 1, found 0",
    ],
    [
      services("' ': {env: A}"),
      "*3:5 reservations.services.tag: Cannot be empty or only whitespace",
    ],
    [services('"\\0": {env: A}'), "*3:5 reservations.services.tag: Cannot contain null bytes"],
    [services(`${LONG}: {env: A}`), "*3:5 reservations.services.tag: Cannot exceed 255 characters"],
    [
      services("web:\n    'web ': {offset: 1}"),
      "*4:5 reservations.services.tag: Service tags must be unique after trimming whitespace",
      "*4:5 reservations.services.env: the names of variables must be unique, whatever their case",
    ],
    [
      services("a: {offset: 7}\n    b: {offset: 7}"),
      "4:17 reservations.services.offset: must be unique in the group, found 7 again",
    ],
    [
      services("a:\n    b:"),
      "4:5 reservations.services.offset: must be unique in the group, found 0 again, which it is " +
      "when it is left out",
    ],
    [
      services("$(x): {env: X}\n    'y!': {offset: 0, env: Y}"),
      "*4:20 reservations.services.offset: must be unique in the group, found 0 again",
    ],
    [
      services("a: {preferred: 0}"),
      "3:20 reservations.services.preferred: must be at least 1, found 0",
    ],
    [
      services("a: {preferred: 80}\n    b: {offset: 1, preferred: 80}"),
      "4:31 reservations.services.preferred: must be unique in the group, found 80 again",
    ],
    [services("a: {env: ''}"), "*3:14 reservations.services.env: Cannot be empty"],
    [
      services(`a: {env: ${"A".repeat(256)}}`),
      "*3:14 reservations.services.env: Cannot exceed 255 characters",
    ],
    [
      services("a: {env: 1A}"),
      "*3:14 reservations.services.env: Must begin with an ASCII letter or an underscore",
    ],
    [
      services("a: {env: A-B}"),
      "*3:14 reservations.services.env: Must consist of ASCII letters, digits and underscores",
    ],
    [services("a: {env: _}\n    b: {offset: 1, env: A1_}"), null],
    ...["1st", "a.b", "a b", "é", "ı"].map((tag) =>
      [
        services(`${tag}:`),
        "*3:5 reservations.services.tag: does not make the name of a variable; add env to this " +
        "service",
      ] as const
    ),
    [services("' api-v2 ':"), null],
    [
      services("api-v2:\n    api_v2: {offset: 1}"),
      "*4:5 reservations.services.env: the names of variables must be unique, whatever their case",
    ],
    [
      services("a: {env: Port}\n    b: {offset: 1, env: pORT}"),
      "*4:25 reservations.services.env: the names of variables must be unique, whatever their case",
    ],
    ["ports: {min: 0}", "1:14 ports.min: must be at least 1, found 0"],
    ["ports: {max: 0}", "1:14 ports.max: must be at least 1, found 0"],
    [
      "ports: {max: 5000, min: 6000}",
      "1:14 ports: the maximum 5000 is below the minimum 6000",
    ],
    ["ports: {min: 6000, max: 6000}", null],
    ["ports: {max_offset: 0}", "1:21 ports.max_offset: must be at least 1, found 0"],
    [
      "ports: {min: 65000, max_offset: 536}",
      "1:33 ports.max_offset: the range ends above 65535: 65000 + 536 = 65536",
    ],
    ["ports: {min: 65000, max_offset: 535}", null],
    [
      "ports: {max: 6000, max_offset: 5}",
      "1:32 ports: max and max_offset exclude each other",
    ],
    [
      "excluded_ports: [1, 0, 2..0, {start: 9, end: 8}, 65535]",
      "1:21 excluded_ports[1]: want a port from 1 to 65535, found 0",
      "1:24 excluded_ports[2]: want a port from 1 to 65535, found 0",
      "1:30 excluded_ports[3]: the range 9..8 ends before it starts",
    ],
    [
      "cleanup: {expire_after_days: 0}",
      "1:30 cleanup.expire_after_days: must be at least 1, found 0",
    ],
    [
      "maximum_lock_wait_seconds: 2147484",
      "1:28 maximum_lock_wait_seconds: must not exceed 2147483, found 2147484",
    ],
    ["maximum_lock_wait_seconds: 2147483", null],
    ["maximum_lock_wait_seconds: 0", null],
  ] as const
) {
  const [first] = problems;
  const verdict = first === null ? "is fine" : `breaks ${first?.split(": ")[0]}`;
  Deno.test(`${JSON.stringify(text.slice(0, 70))} ${verdict}`, () => {
    assert.deepEqual(check(text), problems.filter((problem) => problem !== null));
  });
}

for (
  const [text, ...problems] of [
    [
      "project: a",
      "1:10 project: must not be set in this file: the user file applies to every " +
      "project",
    ],
    [
      "reservations: {services: }",
      "1:15 reservations: must not be set in this file: the user " +
      "file applies to every project",
    ],
    ["project: ~\nreservations: ~\ndiscovery: filesystem", null],
  ] as const
) {
  Deno.test(`the user's file may say ${JSON.stringify(text)}: ${problems[0] === null}`, () => {
    assert.deepEqual(check(text, "user"), problems.filter((problem) => problem !== null));
  });
}

Deno.test("services are judged in the order of their tags, whatever that of the file (D12)", () => {
  const text = services("b:\n    B:\n    a:");
  assert.deepEqual(check(text), [
    "5:5 reservations.services.offset: must be unique in the group, found 0 again, which it is " +
    "when it is left out",
    "3:5 reservations.services.offset: must be unique in the group, found 0 again, which it is " +
    "when it is left out",
    "*3:5 reservations.services.env: the names of variables must be unique, whatever their case",
  ]);
});

for (
  const [text, ...problems] of [
    ["reservations: {services: }", "1:15 reservations.services: must name at least one service"],
    ["reservations: ~", null],
    [
      "ports: {min: 6000}\nreservations: {base: 5999, services: {a}}",
      "2:22 reservations.base: " +
      "5999 is below ports.min 6000",
    ],
    [
      "ports: {min: 6000, max: 6010}\nreservations: {base: 6011, services: {a}}",
      "2:22 " +
      "reservations.base: 6011 is above the last port 6010",
    ],
    [
      "ports: {min: 6000, max_offset: 10}\nreservations: {base: 6011, services: {a}}",
      "2:22 " +
      "reservations.base: 6011 is above the last port 6010",
    ],
    ["ports: {max: 6000}\nreservations: {base: 6000, services: {a}}", null],
    ["reservations: {base: 1, services: {a}}", null],
  ] as const
) {
  Deno.test(`checkGroupUse() judges ${JSON.stringify(text)}`, () => {
    const { settings } = decodeConfig(text, { file: "trop.yaml", layer: "project" });
    const found = [...checkGroupUse(settings)].map(({ source, field, message }) => {
      return "line" in source ? `${source.line}:${source.column} ${field}: ${message}` : field;
    });
    assert.deepEqual(found, problems.filter((problem) => problem !== null));
  });
}

const ERROR = "7 Error: Configuration error: validation error for";

Deno.test("a range that two files make up is refused with both places (D11)", async () => {
  assert.equal(
    await loadError({ user: "ports:\n  max: 6000\n", project: "ports:\n  min: 8000\n" }),
    `${ERROR} 'ports' (trop.yaml:2:8): the maximum 6000 is below the minimum 8000; ` +
      "the maximum comes from home/config.yaml:2:8\n 2 |   min: 8000\n   |        ^",
  );
});

Deno.test("a minimum above the built-in maximum is refused with its layer (D11)", async () => {
  assert.equal(
    await loadError({ project: "ports: {min: 8000}" }),
    `${ERROR} 'ports' (trop.yaml:1:14): the maximum 7000 is below the minimum 8000; ` +
      "the maximum comes from <built-in defaults>\n 1 | ports: {min: 8000}\n   |              ^",
  );
});

Deno.test("a maximum on its own inherits the minimum (D11)", async () => {
  assert.equal(await loadError({ project: "ports: {max: 9000}" }), "no error");
  assert.equal(
    await loadError({ flags: { max: 4000 } }),
    `${ERROR} 'ports' (<command line>): the maximum 4000 is below the minimum 5000; ` +
      "the minimum comes from <built-in defaults>",
  );
});

for (
  const [layers, message] of [
    [{ env: { TROP_PORT_MIN: "0" } }, "'ports.min' (TROP_PORT_MIN): must be at least 1, found 0"],
    [{ flags: { max: 0 } }, "'ports.max' (<command line>): must be at least 1, found 0"],
    [
      { env: { TROP_PORT_MIN: "65000", TROP_PORT_MAX_OFFSET: "1000" } },
      "'ports.max_offset' (TROP_PORT_MAX_OFFSET): the range ends above 65535: 65000 + 1000 = 66000",
    ],
    [
      { env: { TROP_PORT_MAX_OFFSET: "1000" }, flags: { min: 65000 } },
      "'ports.max_offset' (<command line>): the range ends above 65535: 65000 + 1000 = 66000; " +
      "the maximum comes from TROP_PORT_MAX_OFFSET",
    ],
    [
      { project: "excluded_ports: [1, 2]", env: { TROP_EXCLUDED_PORTS: "80,9..8" } },
      "'excluded_ports[1]' (TROP_EXCLUDED_PORTS): the range 9..8 ends before it starts",
    ],
    [
      { flags: { days: 0 } },
      "'cleanup.expire_after_days' (<command line>): must be at least 1, found 0",
    ],
    [
      { env: { TROP_MAXIMUM_LOCK_WAIT_SECONDS: "2147484" } },
      "'maximum_lock_wait_seconds' (TROP_MAXIMUM_LOCK_WAIT_SECONDS): " +
      "must not exceed 2147483, found 2147484",
    ],
    [
      { flags: { busyTimeout: 4294967295 } },
      "'maximum_lock_wait_seconds' (<command line>): must not exceed 2147483, found 4294967295",
    ],
    [
      { env: { TROP_PROJECT: "" } },
      "'project' (TROP_PROJECT): Cannot be empty or only whitespace",
    ],
    [{ flags: { task: " " } }, "'task' (<command line>): Cannot be empty or only whitespace"],
    [{ env: { TROP_TASK: "a\0b" } }, "'task' (TROP_TASK): Cannot contain null bytes"],
  ] as const
) {
  Deno.test(`the merged configuration is refused: ${message}`, async () => {
    assert.equal(await loadError(layers), `${ERROR} ${message}`);
  });
}

Deno.test("no message about a tag or its variable repeats it, and each is one line", async () => {
  const tag = "$(touch /tmp/pwned)\\nexport EVIL=1";
  for (
    const text of [
      services(`"${tag}":`),
      services(`"${tag}": {env: "X=$(id)"}`),
      services(`"${tag}": {env: A}\n    "${tag} ": {offset: 1, env: B}`),
      services(`"${tag}": {env: A}\n    "${tag}": {offset: 1, env: B}`),
      services(`"${tag}": {env: [A]}`),
      services("web: {env: [EVIL]}"),
      services(`"${tag}": {nev: A}`),
      services(`"${tag}": {offset: x}`),
      `reservations: {base: 0, services: {"${tag}": {env: A}}}`,
      `reservations: {services: {"${tag}": {env: A}, web: {offset: 0}}}`,
    ]
  ) {
    const message = await loadError({ project: text });
    assert.match(message, /^7 Error: [^\n]*$/);
    assert.doesNotMatch(message, /EVIL|touch|id\)|export/);
  }
});
