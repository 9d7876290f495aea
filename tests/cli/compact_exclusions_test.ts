import assert from "node:assert/strict";
import { trop } from "../support/program.ts";

const OPTIMAL = "Exclusions already optimal\n";
const NONE = "No exclusions to compact\n";

for (
  const [name, before, counts, list, after] of [
    [
      "writes a range where there was none as other programs read it",
      "excluded_ports:\n  - 5001\n  - 5002\n  - 5003\n  - 5010\n",
      "4 exclusions to 2",
      "5001..5003, 5010",
      "excluded_ports:\n  - start: 5001\n    end: 5003\n  - 5010\n",
    ],
    [
      "keeps comments, order and form of all the rest (defect 9)",
      "# ours\nproject: shop\nexcluded_ports: # taken\n  - 8084..8085 # b\n  - 8080\n" +
      "  - 8082..8083 # a\n  - 8083..8084\nports: {min: 8000, max: 9000} # wide\n",
      "4 exclusions to 2",
      "8080, 8082..8085",
      "# ours\nproject: shop\nexcluded_ports: # taken\n  - 8080\n  # a\n  - 8082..8085 # b\n" +
      "ports: {min: 8000, max: 9000} # wide\n",
    ],
    [
      "shortens a list in brackets",
      "excluded_ports: [7, 5, 6]\n",
      "3 exclusions to 1",
      "5..7",
      "excluded_ports: [{start: 5, end: 7}]\n",
    ],
  ] as const
) {
  Deno.test(`compact-exclusions ${name}`, async () => {
    await using home = await trop.home({ "trop.yaml": before });
    const compact = ["compact-exclusions", "trop.yaml"];
    const dryRun = [...compact, "--dry-run", "--quiet"];
    // Readable, where 0.2 dumped its own structures (D30, defect 22).
    await home.run(dryRun, {
      stdout: `Compacted ${counts}\nDry run - no changes made\nWould save: ${list}\n`,
    });
    assert.equal(await home.read("trop.yaml"), before);
    await home.run([...compact, "--quiet"], {
      stdout: `Compacted ${counts}\nUpdated trop.yaml\n`,
    });
    assert.equal(await home.read("trop.yaml"), after);
    await home.run(compact, { stdout: OPTIMAL });
    await home.run(dryRun, { stdout: OPTIMAL });
  });
}

for (
  const [text, stdout] of [
    ["excluded_ports: []\n", OPTIMAL],
    ["excluded_ports: [9, 7, 5]\n", OPTIMAL],
    ["excluded_ports: [5..5]\n", OPTIMAL],
    ["excluded_ports:\n", NONE],
    ["excluded_ports: null\n", NONE],
    ["project: shop\n", NONE],
    ["# nothing\n", NONE],
    ["", NONE],
  ] as const
) {
  Deno.test(`compact-exclusions leaves ${JSON.stringify(text)} alone`, async () => {
    await using home = await trop.home({ "trop.yaml": text });
    const { ino } = Deno.statSync(home.path("trop.yaml"));
    await home.run(["compact-exclusions", "trop.yaml"], { stdout });
    assert.equal(await home.read("trop.yaml"), text);
    assert.equal(Deno.statSync(home.path("trop.yaml")).ino, ino);
  });
}

Deno.test("compact-exclusions needs neither a database nor sound variables", async () => {
  await using home = await trop.home({ ".trop": { "config.yaml": "excluded_ports: [1, 2]\n" } });
  await home.run(["compact-exclusions", home.path(".trop/config.yaml")], {
    env: { TROP_PORT_MIN: "x", TROP_DISABLE_AUTOINIT: "true" },
    stdout: `Compacted 2 exclusions to 1\nUpdated ${home.path(".trop/config.yaml")}\n`,
  });
  assert.deepEqual([...Deno.readDirSync(home.path(".trop"))].length, 1);
});

for (
  const [title, text, reason] of [
    [
      "a reversed range, which does not vanish (D30, defect 22)",
      "excluded_ports: [9..8, 1, 2]\n",
      "'excluded_ports[0]' (trop.yaml:1:18): the range 9..8 ends before it starts",
    ],
    [
      "port 0 (D30, defect 22)",
      "excluded_ports: [0, 1, 2]\n",
      "'excluded_ports[0]' (trop.yaml:1:18): want a port from 1 to 65535, found 0",
    ],
    ["no YAML", "excluded_ports: [", "'trop.yaml': Invalid YAML: "],
    ["an unknown key", "excluded: [1, 2]\n", "'trop.yaml': Invalid YAML: unknown key 'excluded'"],
  ] as const
) {
  Deno.test(`compact-exclusions refuses ${title}`, async () => {
    await using home = await trop.home({ "trop.yaml": text });
    for (const args of [[], ["--dry-run"]]) {
      const { stderr } = await home.run(["compact-exclusions", "trop.yaml", ...args], {
        status: 7,
        stderr: /^/,
      });
      assert(
        stderr.startsWith(`Error: Configuration error: validation error for ${reason}`),
        stderr,
      );
    }
    assert.equal(await home.read("trop.yaml"), text);
  });
}

for (const args of [[], ["--dry-run"]]) {
  const command = ["compact-exclusions", ...args].join(" ");
  Deno.test(`${command} tells a missing file from one that it cannot read`, async () => {
    await using home = await trop.home({ directory: {}, file: "" });
    for (const missing of ["no/such.yaml", "file/trop.yaml"]) {
      await home.run(["compact-exclusions", missing, ...args], {
        status: 4,
        stderr: `Error: Invalid arguments: File not found: ${missing}\n`,
      });
    }
    await home.run(["compact-exclusions", "directory", ...args], {
      status: 5,
      stderr: /^Error: I\/O error: cannot (open|read) directory: .*\n$/,
    });
    assert.equal(await home.exists("no"), false);
  });
}

Deno.test("compact-exclusions fails with 5 on a file that may only be read", async () => {
  const text = "excluded_ports: [1, 2]\n";
  await using home = await trop.home({ "trop.yaml": text });
  await Deno.chmod(home.path("trop.yaml"), 0o444);
  await home.run(["compact-exclusions", "trop.yaml"], {
    unprivileged: true,
    status: 5,
    stderr: /^Error: I\/O error: cannot open trop\.yaml: /,
  });
  await home.run(["compact-exclusions", "trop.yaml", "--dry-run"], {
    unprivileged: true,
    stdout: /^Compacted 2 exclusions to 1\n/,
  });
  assert.equal(await home.read("trop.yaml"), text);
});
