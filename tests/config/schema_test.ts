import assert from "node:assert/strict";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { SCHEMA_FILES, schemaOf, schemaText } from "../../scripts/generate_schema.ts";
import { checkFile } from "../../src/config/rules.ts";
import type { FileKind } from "../../src/config/source.ts";
import { decodeConfig } from "./support.ts";

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const VALIDATORS = {
  project: ajv.compile(schemaOf("project")),
  user: ajv.compile(schemaOf("user")),
};

/** Whether trop takes the file. */
function isAccepted(text: string, kind: FileKind): boolean {
  const { settings, problems } = decodeConfig(text, { file: "x", layer: kind });
  return problems.length === 0 && [...checkFile(settings, kind)].length === 0;
}

for (const kind of ["project", "user"] as const) {
  Deno.test(`${SCHEMA_FILES[kind]} is what the declaration says`, async () => {
    const url = new URL(`../../${SCHEMA_FILES[kind]}`, import.meta.url);
    assert.equal(await Deno.readTextFile(url), schemaText(kind));
  });
}

const FULL = `
project: shop
ports:
  min: 6000
  max: 6999
excluded_ports:
  - 6005
  - 6010..6020
  - start: 6030
    end: 6040
cleanup: {expire_after_days: 14}
occupancy_check:
  skip: false
  skip_ip4: false
  skip_ip6: true
  skip_tcp: false
  skip_udp: true
  check_all_interfaces: true
reservations:
  base: 6100
  services:
    web: {offset: 0, env: WEB_PORT}
    api: {offset: 1, preferred: 8080}
disable_autoinit: false
disable_autoprune: true
disable_autoexpire: true
allow_unrelated_path: true
allow_change_project: true
allow_change_task: true
allow_change: true
maximum_lock_wait_seconds: 0
output_format: json
`;

// What both the schema and trop say about a file of each kind.
for (
  const [text, project, user] of [
    ["", true, true],
    ["# nothing", true, true],
    [FULL, true, false],
    [FULL.replace(/project:.*/, "").replace(/reservations:[^]*(?=disable_autoi)/, ""), true, true],
    ["[]", false, false],
    ["5", false, false],
    ["project: ~", true, true],
    ["project: 5", true, false],
    ["project: true", true, false],
    ["project: ''", false, false],
    ["project: '  '", false, false],
    [`project: ${"x".repeat(255)}`, true, false],
    [`project: ${"x".repeat(256)}`, false, false],
    ["project: [x]", false, false],
    ["projekt: x", false, false],
    ["task: x", false, false],
    ["discovery: filesystem", false, true],
    ["discovery: git", false, false],
    ["sqlite_journal: rollback", false, true],
    ["sqlite_journal: delete", false, false],
    ["discovery: ~", true, true],
    ["ports: ~", true, true],
    ["ports: {}", true, true],
    ["ports: []", false, false],
    ["ports: {min: 1}", true, true],
    ["ports: {max: 65535}", true, true],
    ["ports: {min: 0}", false, false],
    ["ports: {min: 65536}", false, false],
    ["ports: {min: '5000'}", false, false],
    ["ports: {min: true}", false, false],
    ["ports: {max: 1, max_offset: 1}", false, false],
    ["ports: {max: 9000, max_offset: ~}", true, true],
    ["ports: {max_offset: 0}", false, false],
    ["ports: {max: 0x10}", true, true],
    ["ports: {mni: 1}", false, false],
    ["excluded_ports: ~", true, true],
    ["excluded_ports: []", true, true],
    [
      "excluded_ports: [1, 65535, '80', '80..90', ' 80 .. 90 ', {start: 1, end: 1, x: y}]",
      true,
      true,
    ],
    ["excluded_ports: [0]", false, false],
    ["excluded_ports: [65536]", false, false],
    ["excluded_ports: [~]", false, false],
    ["excluded_ports: [x]", false, false],
    ["excluded_ports: [80-90]", false, false],
    ["excluded_ports: [80...90]", false, false],
    ["excluded_ports: [{start: 1}]", false, false],
    ["excluded_ports: [{start: 0, end: 1}]", false, false],
    ["excluded_ports: 80", false, false],
    ["cleanup: {expire_after_days: 0}", false, false],
    ["cleanup: {expire_after_days: 4294967295}", true, true],
    ["cleanup: {expire_after_days: 4294967296}", false, false],
    ["occupancy_check: {skip: 'true'}", false, false],
    ["occupancy_check: {skip: yes}", false, false],
    ["occupancy_check: {skip: TRUE}", true, true],
    ["occupancy_check: {skip_ipv4: true}", false, false],
    ["allow_change: ~", true, true],
    ["allow_change: 1", false, false],
    ["maximum_lock_wait_seconds: 2147483", true, true],
    ["maximum_lock_wait_seconds: 2147484", false, false],
    ["maximum_lock_wait_seconds: -1", false, false],
    ["output_format: table", true, true],
    ["output_format: Table", false, false],
    ["output_format: ~", true, true],
    ["reservations: ~", true, true],
    ["reservations: {}", false, false],
    ["reservations: {services: }", true, false],
    ["reservations: {services: {web: }}", true, false],
    ["reservations: {services: {web: {offset: 65536}}}", false, false],
    ["reservations: {services: {web: {preferred: 0}}}", false, false],
    ["reservations: {services: {web: {env: A_1}}}", true, false],
    ["reservations: {services: {web: {env: true}}}", true, false],
    ["reservations: {services: {web: {env: 1A}}}", false, false],
    ["reservations: {services: {web: {env: ''}}}", false, false],
    ["reservations: {services: {web: {port: 1}}}", false, false],
    ["reservations: {services: {' ': {env: A}}}", false, false],
    ["reservations: {services: []}", false, false],
    ["reservations: {base: 0, services: }", false, false],
    ["reservations: {bass: 5, services: }", false, false],
  ] as const
) {
  Deno.test(`the schema and trop agree on ${JSON.stringify(text.slice(0, 70))}`, () => {
    const expected = { project, user };
    for (const kind of ["project", "user"] as const) {
      assert.equal(isAccepted(text, kind), expected[kind], `trop, ${kind}`);
      const isValid = VALIDATORS[kind](parse(text));
      assert.equal(
        isValid,
        expected[kind],
        `schema, ${kind}: ${ajv.errorsText(VALIDATORS[kind].errors)}`,
      );
    }
  });
}
