import assert from "node:assert/strict";
import { rawConnection } from "../support/database.ts";
import { type Expectation, type Tree, trop } from "../support/program.ts";
import { databaseOf, homeStoring } from "../support/stored.ts";

const FALLBACK = "There is no file of a project, so this holds for all projects\n";

const COMMENTED = "# ours\nexcluded_ports: # taken\n  - 5005 # the printer\nproject: shop\n";

/** One exclusion after another: what the file is, and what it becomes. */
const EDITS: readonly {
  readonly name: string;
  readonly before: string;
  readonly args: readonly string[];
  readonly after: string;
}[] = [
  {
    name: "adds a port and leaves comments and order alone",
    before: COMMENTED,
    args: ["5432"],
    after: COMMENTED.replace("project", "  - 5432\nproject"),
  },
  {
    name: "adds a range as others write it, where the file has none",
    before: "excluded_ports: []\n",
    args: ["6000..6010"],
    after: "excluded_ports: [{start: 6000, end: 6010}]\n",
  },
  {
    name: "adds a range in the form that the file has",
    before: 'excluded_ports:\n  - "1..2"\n',
    args: ["6000..6010"],
    after: 'excluded_ports:\n  - "1..2"\n  - "6000..6010"\n',
  },
  {
    name: "merges what overlaps in its place (D29, defect 21)",
    before: "excluded_ports:\n  - 5005..5010\n  - 80\n  - 5012 # here\n",
    args: ["5008..5012"],
    after: "excluded_ports:\n  # here\n  - 5005..5012\n  - 80\n",
  },
  {
    name: "keeps apart what merely touches (D29)",
    before: "excluded_ports:\n  - 5005\n",
    args: ["5006"],
    after: "excluded_ports:\n  - 5005\n  - 5006\n",
  },
  {
    name: "takes +5432 for 5432",
    before: "",
    args: ["+5432"],
    after: "excluded_ports:\n  - 5432\n",
  },
  {
    name: "says nothing with --quiet",
    before: "project: shop\n",
    args: ["5432", "--quiet"],
    after: "project: shop\nexcluded_ports:\n  - 5432\n",
  },
];

for (const { name, before, args, after } of EDITS) {
  Deno.test(`exclude ${name}`, async () => {
    await using home = await trop.home({ "trop.yaml": before });
    const stdout = args.includes("--quiet") ? "" : `Added exclusion to ${home.path("trop.yaml")}\n`;
    await home.run(["exclude", ...args], { stdout });
    assert.equal(await home.read("trop.yaml"), after);
  });
}

for (
  const [list, operand] of [
    ["[5432]", "5432"],
    ["[5000..5010]", "5000..5010"],
    ["[5000..5010]", "5005"],
    ["[5000, 5001, 5002..5004]", "5001..5003"],
  ] as const
) {
  Deno.test(`exclude ${operand} finds it in ${list} and leaves the file alone (D29)`, async () => {
    const text = `excluded_ports: ${list}\n`;
    await using home = await trop.home({ "trop.yaml": text });
    const { ino } = Deno.statSync(home.path("trop.yaml"));
    await home.run(["exclude", operand], {
      stdout: `Exclusion already exists in ${home.path("trop.yaml")}\n`,
    });
    await home.run(["exclude", operand, "--quiet"]);
    assert.equal(await home.read("trop.yaml"), text);
    assert.equal(Deno.statSync(home.path("trop.yaml")).ino, ino);
  });
}

/** Where an exclusion goes. */
const TARGETS: readonly {
  readonly name: string;
  readonly tree: Tree;
  readonly args?: readonly string[];
  readonly target: string;
  readonly stderr?: string;
}[] = [
  {
    name: "the private file before the project's",
    tree: { "trop.yaml": "", "trop.local.yaml": "" },
    target: "trop.local.yaml",
  },
  {
    name: "the project's file before the user's",
    tree: { "trop.yaml": "", ".trop": { "config.yaml": "" } },
    target: "trop.yaml",
  },
  {
    name: "a file further up",
    tree: { "trop.yaml": "", sub: {} },
    target: "trop.yaml",
  },
  {
    name: "the user's file for want of another, which it says (D26)",
    tree: {},
    target: ".trop/config.yaml",
    stderr: FALLBACK,
  },
  {
    name: "the user's file with --global, which it does not have to say",
    tree: { "trop.yaml": "" },
    args: ["--global"],
    target: ".trop/config.yaml",
  },
];

for (const { name, tree, args = [], target, stderr = "" } of TARGETS) {
  Deno.test(`exclude changes ${name}`, async () => {
    await using home = await trop.home({ sub: {}, ...tree });
    await home.run(["exclude", "5432", ...args], {
      cwd: "sub",
      stdout: `Added exclusion to ${home.path(target)}\n`,
      stderr,
    });
    assert.equal(await home.read(target), "excluded_ports:\n  - 5432\n");
    await home.run(["exclude", "5433", ...args, "--quiet"], { cwd: "sub" });
    assert.equal(await home.read(target), "excluded_ports:\n  - 5432\n  - 5433\n");
  });
}

Deno.test("exclude adds no key but its own to trop.local.yaml, so a group stays (D31, defect 9)", async () => {
  await using home = await trop.home({
    "trop.yaml": "reservations: {services: {web: {preferred: 5432}}}\n",
    "trop.local.yaml": "# mine\n",
  });
  await home.run(["exclude", "6000..6010"], { stdout: /^Added / });
  assert.equal(
    await home.read("trop.local.yaml"),
    "# mine\nexcluded_ports:\n  - start: 6000\n    end: 6010\n",
  );
  await home.run(["autoreserve", "--format", "json", "--quiet"], { stdout: /"web": 5432/ });
});

Deno.test("what exclude was told is not given out, and what is reserved stays", async () => {
  await using home = await trop.home({ "trop.yaml": "", other: {} });
  const reserve = ["reserve", "--skip-occupancy-check"];
  await home.run(reserve, { stdout: "5000\n" });
  await home.run(["exclude", "5000..5009", "--force"], { stdout: /^Added / });
  await home.run(reserve, { stdout: "5000\n" });
  await home.run(reserve, { cwd: "other", stdout: "5010\n" });
});

Deno.test("exclude names the first reserved port of the range and whose it is", async () => {
  await using home = await homeStoring([
    { path: "other", tag: "a\tpi", port: 5007 },
    { port: 5009 },
  ], { "trop.yaml": "project: shop\n" });
  await home.run(["exclude", "5001..5010"], {
    status: 4,
    stderr: `Error: Invalid arguments: port 5007 is reserved for ${home.path("other")}:a\\tpi; ` +
      "release it, or pass --force to exclude it all the same\n",
  });
  assert.equal(await home.read("trop.yaml"), "project: shop\n");
  await home.run(["exclude", "5001..5006"], { stdout: /^Added / });
});

for (
  const [operand, problem] of [
    ["0", "want a port from 1 to 65535, found 0"],
    ["0..5", "want a port from 1 to 65535, found 0"],
    ["9000..8000", "the range 9000..8000 ends before it starts"],
    ...["8080-8090", "8080...8090", "8080..", "..8080", "abc", "70000", "", " 80", "1..2..3"]
      .map((text) => [text, "want a port such as 5005, or a range such as 5000..5010"] as const),
  ] as const
) {
  Deno.test(`exclude "${operand}" is refused and writes nothing (D27, defect 20)`, async () => {
    const text = "excluded_ports: [80]\n";
    await using home = await trop.home({ "trop.yaml": text });
    await home.run(["exclude", operand], {
      status: 4,
      stderr: `Error: Invalid arguments: Cannot read the port or range: ${problem}\n`,
    });
    assert.equal(await home.read("trop.yaml"), text);
    assert.equal(await home.exists(".trop"), false);
  });
}

Deno.test("exclude does not take a database that it cannot read for an empty one (D28, defect 21)", async () => {
  await using home = await homeStoring([{ port: 5007 }], { "trop.yaml": "" });
  {
    using database = rawConnection(databaseOf(home));
    database.exec("UPDATE reservations SET path = 'no/such'");
  }
  await home.run(["exclude", "5007"], {
    status: 6,
    stderr: /^Error: database corruption detected: table=reservations, field=path, /,
  });
  assert.equal(await home.read("trop.yaml"), "");
});

const REFUSALS: readonly (Expectation & {
  readonly name: string;
  readonly text: string;
  readonly args?: readonly string[];
})[] = [
  {
    name: "without a database that may not be made",
    text: "",
    args: ["--disable-autoinit"],
    status: 3,
    stderr: /^Error: Data directory not found /,
  },
  {
    name: "in a file that is broken",
    text: "excluded_ports: [9..8]\n",
    status: 7,
    stderr: /^Error: Configuration error: .*trop\.yaml:1:18.*ends before it starts\n/,
  },
  {
    name: "in a list that it cannot edit",
    text: "? excluded_ports\n: - 1\n",
    status: 7,
    stderr: /^Error: Configuration error: .*change it by hand\n/,
  },
];

for (const { name, text, args = [], ...expectation } of REFUSALS) {
  Deno.test(`exclude fails ${name} and leaves the file alone`, async () => {
    await using home = await trop.home({ "trop.yaml": text });
    await home.run(["exclude", "80", ...args], expectation);
    assert.equal(await home.read("trop.yaml"), text);
  });
}

Deno.test("exclude fails with 5 and leaves no trace when the file cannot be replaced", async () => {
  await using home = await trop.home({ shop: { "trop.yaml": "project: shop\n" } });
  await Deno.chmod(home.path("shop"), 0o555);
  await home.run(["exclude", "80"], {
    cwd: "shop",
    unprivileged: true,
    status: 5,
    stderr: /^Error: I\/O error: cannot replace .*trop\.yaml: /,
  });
  assert.equal(await home.read("shop/trop.yaml"), "project: shop\n");
  assert.deepEqual([...Deno.readDirSync(home.path("shop"))].map(({ name }) => name), ["trop.yaml"]);
});

Deno.test("eight processes exclude at once and nothing is lost (defect 9)", async () => {
  await using home = await trop.home({ "trop.yaml": "# ours\n" });
  const ports = Array.from({ length: 8 }, (_, index) => 6000 + 2 * index);
  await Promise.all(ports.map((port) => home.run(["exclude", `${port}`, "--quiet"])));
  const [comment, key, ...entries] = (await home.read("trop.yaml")).trimEnd().split("\n");
  assert.deepEqual([comment, key], ["# ours", "excluded_ports:"]);
  assert.deepEqual(entries.toSorted(), ports.map((port) => `  - ${port}`));
});
