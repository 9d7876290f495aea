import assert from "node:assert/strict";
import { decode } from "./support.ts";

const NUMBER = "want a whole number from";

for (
  const [text, value] of [
    ["true", true],
    ["True", true],
    ["TRUE", true],
    ["false", false],
    ["False", false],
    ["FALSE", false],
    ["true # comment", true],
    ["yes", "1:15 allow_change: want true or false, found 'yes'"],
    ["on", "1:15 allow_change: want true or false, found 'on'"],
    ["tRUE", "1:15 allow_change: want true or false, found 'tRUE'"],
    ["1", "1:15 allow_change: want true or false, found '1'"],
    ['"true"', "1:15 allow_change: want true or false, found 'true' in quotes"],
    ["'true'", "1:15 allow_change: want true or false, found 'true' in quotes"],
    ["[true]", "1:15 allow_change: want true or false, found a list"],
    ["{a: b}", "1:15 allow_change: want true or false, found a mapping"],
    ["!!bool true", "1:22 allow_change: the tag 'tag:yaml.org,2002:bool' is not supported"],
  ] as const
) {
  Deno.test(`a boolean written as ${text} is ${value}`, () => {
    const expected = typeof value === "string" ? [value] : { allow_change: value };
    assert.deepEqual(decode(`allow_change: ${text}`), expected);
  });
}

for (
  const [text, value] of [
    ["5", 5],
    ["0", 0],
    ["+5", 5],
    ["0x10", 16],
    ["0xfF", 255],
    ["+0x10", 16],
    ["0o17", 15],
    ["0b101", 5],
    ["4294967295", 4294967295],
    ["4294967296", "4294967296"],
    ["-1", "-1"],
    ["007", "007"],
    ["1_000", "1_000"],
    ["5.0", "5.0"],
    ["1e3", "1e3"],
    ["0X10", "0X10"],
    ["0x", "0x"],
    ["0o8", "0o8"],
    ["0b2", "0b2"],
    ["++5", "++5"],
    ["0x-1", "0x-1"],
    [".inf", ".inf"],
    ["٣", "٣"],
  ] as const
) {
  Deno.test(`an integer written as ${text} is ${typeof value === "number" ? value : "none"}`, () => {
    const problem = `1:30 cleanup.expire_after_days: ${NUMBER} 1 to 4294967295, found '${value}'`;
    const expected = typeof value === "number" ? { "cleanup.expire_after_days": value } : [problem];
    assert.deepEqual(decode(`cleanup: {expire_after_days: ${text}}`), expected);
  });
}

Deno.test("an integer in quotes is none", () => {
  assert.deepEqual(decode('ports:\n  min: "5000"'), [
    `2:8 ports.min: ${NUMBER} 1 to 65535, found '5000' in quotes`,
  ]);
});

Deno.test("integers hold as much as their type", () => {
  assert.deepEqual(decode("ports: {max: 65536}"), [
    `1:14 ports.max: ${NUMBER} 1 to 65535, found '65536'`,
  ]);
  const wait = "maximum_lock_wait_seconds";
  assert.deepEqual(decode(`${wait}: 18446744073709551615`), { [wait]: 2 ** 64 });
  assert.deepEqual(decode(`${wait}: 18446744073709551616`), [
    `1:28 ${wait}: ${NUMBER} 0 to 2147483, found '18446744073709551616'`,
  ]);
});

for (
  const [text, value] of [
    ["shop", "shop"],
    ["123", "123"],
    ["007", "007"],
    ["true", "true"],
    ["0x10", "0x10"],
    ["1.50", "1.50"],
    ["2024-01-01", "2024-01-01"],
    ['"null"', "null"],
    ["'~'", "~"],
    ['""', ""],
    ['"a\\tb"', "a\tb"],
    ["'it''s'", "it's"],
    ["|\n  a\n  b\n", "a\nb\n"],
    [">-\n  a\n  b\n", "a b"],
    ["a\n  b", "a b"],
    ["größe 你好 🦕", "größe 你好 🦕"],
  ] as const
) {
  Deno.test(`a text written as ${JSON.stringify(text)} is ${JSON.stringify(value)}`, () => {
    assert.deepEqual(decode(`project: ${text}`), { project: value });
  });
}

for (const text of ["null", "Null", "NULL", "~", "", "# nothing", "&anchor"]) {
  Deno.test(`an optional value written as "${text}" is absent`, () => {
    assert.deepEqual(decode(`project: ${text}\nallow_change: true`), { allow_change: true });
    assert.deepEqual(decode(`ports: ${text}`), {});
    assert.deepEqual(decode(`ports:\n  min: ${text}\n  max: 9000`), { "ports.max": 9000 });
    assert.deepEqual(decode(`excluded_ports: ${text}`), {});
  });
}

for (
  const [text, value] of [
    ["- 5005", [{ form: "single", start: 5005, end: 5005 }]],
    ["- 0x10", [{ form: "single", start: 16, end: 16 }]],
    ["- '5005'", [{ form: "single", start: 5005, end: 5005 }]],
    ["- ' 5005 '", [{ form: "single", start: 5005, end: 5005 }]],
    ["- 5000..5010", [{ form: "range", start: 5000, end: 5010 }]],
    ['- "5000 .. 5010"', [{ form: "range", start: 5000, end: 5010 }]],
    ["- start: 5000\n    end: 5010", [{ form: "range", start: 5000, end: 5010 }]],
    ["- {end: 5, start: 9, why: old}", [{ form: "range", start: 9, end: 5 }]],
    ["[]", []],
    ["[1, 2..3]", [
      { form: "single", start: 1, end: 1 },
      { form: "range", start: 2, end: 3 },
    ]],
  ] as const
) {
  Deno.test(`excluded_ports may be written as ${JSON.stringify(text)}`, () => {
    assert.deepEqual(decode(`excluded_ports:\n  ${text}`), { excluded_ports: value });
  });
}

for (
  const [text, problem] of [
    ["- 70000", "2:5 excluded_ports[0]: want a port from 1 to 65535, found '70000'"],
    ["- 1\n  - 5000-5010", "3:5 excluded_ports[1]: want a port from 1 to 65535, found '5000-5010'"],
    ["- 5000...5010", "2:5 excluded_ports[0]: want a port from 1 to 65535, found '.5010'"],
    ["- -1", "2:5 excluded_ports[0]: want a port from 1 to 65535, found '-1'"],
    ["- ~", "2:5 excluded_ports[0]: want a port from 1 to 65535, found '~'"],
    ["-", "2:4 excluded_ports[0]: want a port from 1 to 65535, found ''"],
    ["- {start: 5}", "2:5 excluded_ports[0]: the key 'end' is missing"],
    ["- {start: 5, end: x}", `2:21 excluded_ports[0].end: ${NUMBER} 1 to 65535, found 'x'`],
    [
      "- {start: 5, end: 6, end: 7}",
      "2:24 excluded_ports[0]: the key 'end' is repeated, " +
      "it stands in line 2 already",
    ],
    [
      "- [1]",
      "2:5 excluded_ports[0]: want a port such as 5005, a range such as 5000..5010, " +
      "or a mapping of start and end, found a list",
    ],
    ["5005", "2:3 excluded_ports: want a list of ports and ranges, found '5005'"],
  ] as const
) {
  Deno.test(`excluded_ports may not be written as ${JSON.stringify(text)} (D25)`, () => {
    assert.deepEqual(decode(`excluded_ports:\n  ${text}`), [problem]);
  });
}

for (
  const [text, value] of [
    ["null", null],
    ["~", null],
    ["", null],
    ["{services: {}}", { services: [] }],
    ["{services}", { services: [] }],
    ["{base: ~, services: {web}}", { services: [{ tag: "web" }] }],
    ["{base: 6000, services: {web: {offset: 1, preferred: 80, env: WEB}, api: {env: ~}}}", {
      base: 6000,
      services: [{ tag: "web", offset: 1, preferred: 80, env: "WEB" }, { tag: "api" }],
    }],
    ["{services: {7: {}, ' a ': {}, null: {}}}", {
      services: [{ tag: "7" }, { tag: " a " }, { tag: "null" }],
    }],
  ] as const
) {
  Deno.test(`reservations may be written as "${text}"`, () => {
    assert.deepEqual(decode(`reservations: ${text}`), { reservations: value });
  });
}

for (
  const [text, problem] of [
    ["5", "1:15 reservations: want a mapping of keys to values, found '5'"],
    ["[]", "1:15 reservations: want a mapping of keys to values, found a list"],
    ["{}", "1:15 reservations: the key 'services' is missing"],
    ["{base: 5}", "1:15 reservations: the key 'services' is missing"],
    ["{services: ~}", "1:26 reservations.services: want a mapping of keys to values, found '~'"],
    [
      "{services: []}",
      "1:26 reservations.services: want a mapping of keys to values, found a list",
    ],
    [
      "{services: {web: null}}",
      "1:32 reservations.services.web: want a mapping of keys to values, found 'null'",
    ],
    [
      "{services: {web: {port: 1}}}",
      "1:33 reservations.services.web: unknown key 'port', want one of offset, preferred, env",
    ],
    [
      "{services: {web: {ofset: 1}}}",
      "1:33 reservations.services.web: unknown key 'ofset' (did you mean 'offset'?), " +
      "want one of offset, preferred, env",
    ],
    [
      "{services: {web: {offset: 1, offset: 2}}}",
      "1:44 reservations.services.web: the key 'offset' is repeated, it stands in line 1 already",
    ],
    [
      "{services: {web: {}, web: {}}}",
      "1:36 reservations.services: the name of a service is repeated, it stands in line 1 already",
    ],
    [
      "{services: {'$(rm)': {offset: -1}}}",
      "1:45 reservations.services.*.offset: want a whole number from 0 to 65535, found '-1'",
    ],
    ["{services: {[a]: {}}}", "1:27 reservations.services: want a plain text for a key"],
  ] as const
) {
  Deno.test(`reservations may not be written as "${text}" (D10)`, () => {
    assert.deepEqual(decode(`reservations: ${text}`), [problem]);
  });
}

const ALL_KEYS = "project, ports, excluded_ports, cleanup, occupancy_check, reservations, " +
  "disable_autoinit, disable_autoprune, disable_autoexpire, allow_unrelated_path, " +
  "allow_change_project, allow_change_task, allow_change, allow_unsafe_ports, maximum_lock_wait_seconds, " +
  "output_format";

for (
  const [text, problem] of [
    ["port: 1", `1:1 unknown key 'port' (did you mean 'ports'?), want one of ${ALL_KEYS}`],
    ["port_range: 1", `1:1 unknown key 'port_range', want one of ${ALL_KEYS}`],
    [
      "task: x",
      "1:1 unknown key 'task' (a task is set by TROP_TASK or --task), " +
      `want one of ${ALL_KEYS}`,
    ],
    [
      "<<: {project: x}",
      "1:1 unknown key '<<' (merge keys are not supported), " +
      `want one of ${ALL_KEYS}`,
    ],
    ['"a\\e[31m": 1', `1:1 unknown key 'a\\u{1b}[31m', want one of ${ALL_KEYS}`],
    [
      "ports: {mni: 1}",
      "1:9 ports: unknown key 'mni' (did you mean 'min'?), " +
      "want one of min, max, max_offset",
    ],
    ["cleanup: {days: 1}", "1:11 cleanup: unknown key 'days', want one of expire_after_days"],
    [
      "occupancy_check: {skip_ipv4: true}",
      "1:19 occupancy_check: unknown key 'skip_ipv4' " +
      "(did you mean 'skip_ip4'?), want one of skip, skip_ip4, skip_ip6, skip_tcp, skip_udp, " +
      "check_all_interfaces",
    ],
    ["project: a\nproject: b", "2:1 the key 'project' is repeated, it stands in line 1 already"],
    [
      "ports: {min: 1}\n'ports': {max: 2}",
      "2:1 the key 'ports' is repeated, " +
      "it stands in line 1 already",
    ],
    [
      "ports: {min: 1, min: 1}",
      "1:17 ports: the key 'min' is repeated, " +
      "it stands in line 1 already",
    ],
    ["output_format: JSON", "1:16 output_format: want one of json, csv, tsv, table, found 'JSON'"],
    ["5", "1:1 want a mapping of keys to values, found '5'"],
    ["~", "1:1 want a mapping of keys to values, found '~'"],
    ["[]", "1:1 want a mapping of keys to values, found a list"],
    ["!!map {}", "1:7 the tag 'tag:yaml.org,2002:map' is not supported"],
    ["project: a\n---\nproject: b", "2:1 want one document, found a second one"],
    ["project: *x", "1:10 project: the alias has no anchor before it"],
    ["ports: &a {min: *a}", `1:17 ports.min: ${NUMBER} 1 to 65535, found a mapping`],
    [
      "a: [",
      "1:5 flow sequence in block collection must be sufficiently indented and end with " +
      "a ]",
    ],
    ["ports:\n\tmin: 5", "2:1 tabs are not allowed as indentation"],
  ] as const
) {
  Deno.test(`the document ${JSON.stringify(text)} is refused`, () => {
    assert.deepEqual(decode(text), [problem]);
  });
}

for (const text of ["", "\n", "# comment", "---", "---\n...\n", "%YAML 1.2\n---\n"]) {
  Deno.test(`the document ${JSON.stringify(text)} is an empty configuration`, () => {
    assert.deepEqual(decode(text), {});
  });
}

Deno.test("an alias stands for the last anchor of its name before it", () => {
  const text = "project: &a x\nports: {min: &a 5000, max: *a}\n";
  assert.deepEqual(decode(text), { project: "x", "ports.min": 5000, "ports.max": 5000 });
});

Deno.test("all problems of a file are found, in its order", () => {
  const text = "prject: x\nports:\n  min: x\nallow_change: 1\ncleanup: []\n";
  const problems = decode(text) as string[];
  assert.deepEqual(problems.map((problem) => problem.split(" ")[0]), [
    "1:1",
    "3:8",
    "4:15",
    "5:10",
  ]);
});

Deno.test("windows line ends make no difference", () => {
  assert.deepEqual(decode("ports:\r\n  min: 5\r\n  max: x\r\n"), [
    `3:8 ports.max: ${NUMBER} 1 to 65535, found 'x'`,
  ]);
});
