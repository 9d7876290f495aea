import { trop } from "../support/program.ts";

const VALID = { stdout: "Configuration is valid\n" };

for (
  const [name, text] of [
    ["trop.yaml", ""],
    ["trop.yaml", "# nothing yet\n"],
    ["trop.yaml", "project: shop\nreservations: {services: {web: {offset: 0}}}\n"],
    ["other.yaml", "project: shop\nports: {min: 8000}\n"],
    ["config.yaml", "ports: {min: 8000}\nreservations: ~\n"],
    ["config.yaml", "discovery: filesystem\n"],
  ] as const
) {
  Deno.test(`validate takes ${name} with ${JSON.stringify(text)}`, async () => {
    await using home = await trop.home({ [name]: text });
    // Neither another layer nor --quiet plays a part.
    await home.run(["validate", name], { ...VALID, env: { TROP_PORT_MIN: "x" } });
    await home.run(["validate", home.path(name), "--quiet"], VALID);
  });
}

const PARSE_ERRORS = `Parse error in trop.yaml: Invalid YAML: unknown key 'prject' \
(did you mean 'project'?), want one of project, ports, excluded_ports, cleanup, occupancy_check, \
reservations, disable_autoinit, disable_autoprune, disable_autoexpire, allow_unrelated_path, \
allow_change_project, allow_change_task, allow_change, allow_unsafe_ports, maximum_lock_wait_seconds, output_format \
at line 1 column 1
 1 | prject: shop
   | ^
Validation error: 'ports.min' (trop.yaml:2:14): must be at least 1, found 0
 2 | ports: {min: 0}
   |              ^
Parse error in trop.yaml: Invalid YAML: allow_change: want true or false, found 'yes' \
at line 3 column 15
 3 | allow_change: yes
   |               ^
Error: trop.yaml has 3 problems
`;

const RULE_ERRORS = `Validation error: 'reservations.base' (trop.yaml:4:9): 5999 is below \
ports.min 6000
 4 |   base: 5999
   |         ^
Validation error: 'reservations.services.offset' (trop.yaml:6:19): must be unique in the group, \
found 1 again
 6 |     web: {offset: 1}
   |                   ^
Validation error: 'reservations.services.tag' (trop.yaml:8:5): does not make the name of a \
variable; add env to this service
Error: trop.yaml has 3 problems
`;

for (
  const [title, name, text, stderr] of [
    [
      "all problems in the order of the file (D12, defect 19)",
      "trop.yaml",
      "prject: shop\nports: {min: 0}\nallow_change: yes\n",
      PARSE_ERRORS,
    ],
    [
      "what is wrong with a group, whatever its name tries (D12, defect 19)",
      "trop.yaml",
      "ports:\n  min: 6000\nreservations:\n  base: 5999\n  services:\n    web: {offset: 1}\n" +
      '    api: {offset: 1}\n    "$(id)\\nEVIL=1":\n',
      RULE_ERRORS,
    ],
    [
      "a group without services (defect 19)",
      "trop.yaml",
      "reservations: {services: {}}\n",
      "Validation error: 'reservations.services' (trop.yaml:1:15): must name at least one " +
      "service\n 1 | reservations: {services: {}}\n   |               ^\n" +
      "Error: trop.yaml has 1 problem\n",
    ],
    [
      "a project in the file of a user",
      "config.yaml",
      "project: shop\n",
      "Validation error: 'project' (config.yaml:1:10): must not be set in this file: the user " +
      "file applies to every project\n 1 | project: shop\n   |          ^\n" +
      "Error: config.yaml has 1 problem\n",
    ],
    [
      "discovery in the file of a project",
      "trop.yaml",
      "discovery: filesystem\n",
      "Validation error: 'discovery' (trop.yaml:1:12): must not be set in this file: it decides " +
      "which project files are read\n 1 | discovery: filesystem\n   |            ^\n" +
      "Error: trop.yaml has 1 problem\n",
    ],
  ] as const
) {
  Deno.test(`validate shows ${title}`, async () => {
    await using home = await trop.home({ [name]: text });
    await home.run(["validate", name, "--quiet"], { status: 1, stderr });
  });
}

Deno.test("validate tells a missing file from an unreadable one", async () => {
  await using home = await trop.home({ directory: {}, binary: Uint8Array.of(0xff) });
  for (const missing of ["no/such.yaml", "binary/trop.yaml"]) {
    await home.run(["validate", missing], {
      status: 4,
      stderr: `Error: Invalid arguments: File not found: ${missing}\n`,
    });
  }
  await home.run(["validate", "directory"], {
    status: 5,
    stderr: /^Error: I\/O error: cannot read directory: .*\n$/,
  });
  await home.run(["validate", "binary"], {
    status: 5,
    stderr: "Error: I/O error: cannot read binary: it is not valid UTF-8\n",
  });
});
