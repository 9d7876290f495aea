import assert from "node:assert/strict";
import { type Fields, rawConnection } from "../support/database.ts";
import { type Expectation, trop } from "../support/program.ts";
import { databaseOf, homeStoring, storedIn } from "../support/stored.ts";

const ROWS: readonly Partial<Fields>[] = [
  { path: "/w/old", project: "shop" },
  { path: "/w/old", tag: "api" },
  { path: "/w/old/sub", tag: "web", project: "blog" },
  { path: "/w/new", tag: "api" },
  { path: "/w/new", tag: "other" },
];
const OLD = [
  "/w/new:api 5003",
  "/w/new:other 5004",
  "/w/old: 5000",
  "/w/old:api 5001",
  "/w/old/sub:web 5002",
];

const HEAD = (from: string, to: string, mode = "exact") =>
  `Migration plan:\n  From: ${from}\n  To:   ${to}\n  Mode: ${mode}\n\n`;
const EXACT_MOVES = (to: string) =>
  "Reservations to migrate (2):\n" +
  `  /w/old -> ${to} (port 5000, project: shop)\n` +
  `  /w/old -> ${to} (port 5001, tag: api)\n\n`;
const OVERWRITTEN = "Conflicts at destination (1) (will be overwritten):\n" +
  "  /w/new\n    (tag: api)\n\n";
const TAKEN = "Error: reservation conflict: 1 reservation(s) at the destination, such as " +
  "/w/new:api; pass --force to overwrite them\n";
const SAME = /^Error: reservation conflict: source and destination are the same path.* --force /;

/** What is printed, and what is stored afterwards if that is something else than before. */
const TABLE: readonly (readonly [
  args: string,
  wanted: Expectation,
  after?: readonly string[],
])[] = [
  ["--from /w/old --to /w/x", {
    stderr: `${HEAD("/w/old", "/w/x")}${EXACT_MOVES("/w/x")}` +
      "Migration complete:\n  Migrated: 2 reservation(s)\n",
  }, [
    "/w/new:api 5003",
    "/w/new:other 5004",
    "/w/old/sub:web 5002",
    "/w/x: 5000",
    "/w/x:api 5001",
  ]],
  ["--from /w/old --to /w/x --recursive --verbose", {
    stderr: `${HEAD("/w/old", "/w/x", "recursive")}Reservations to migrate (3):\n` +
      "  /w/old -> /w/x (port 5000, project: shop)\n" +
      "  /w/old -> /w/x (port 5001, tag: api)\n" +
      "  /w/old/sub -> /w/x/sub (port 5002, tag: web, project: blog)\n\n" +
      "Migration complete:\n  Migrated: 3 reservation(s)\n",
  }, [
    "/w/new:api 5003",
    "/w/new:other 5004",
    "/w/x: 5000",
    "/w/x:api 5001",
    "/w/x/sub:web 5002",
  ]],
  ["--from /w/./old/ --to /w/y/../x --quiet", { stdout: "/w/x\n" }, [
    "/w/new:api 5003",
    "/w/new:other 5004",
    "/w/old/sub:web 5002",
    "/w/x: 5000",
    "/w/x:api 5001",
  ]],
  ["--from /w/old --to /w/x --dry-run", {
    stderr: `${HEAD("/w/old", "/w/x")}${EXACT_MOVES("/w/x")}Dry run - no changes made.\n`,
  }],
  ["--from /w/old --to /w/x --dry-run --quiet", {}],
  ["--from /w/old --to /w/new", { status: 6, stderr: TAKEN }],
  ["--from /w/old --to /w/new --quiet", { status: 6, stderr: TAKEN }],
  ["--from /w/old --to /w/new --dry-run", { status: 6, stderr: TAKEN }],
  ["--from /w/old --to /w/new --force --dry-run", {
    stderr: `${HEAD("/w/old", "/w/new")}${EXACT_MOVES("/w/new")}${OVERWRITTEN}` +
      "Dry run - no changes made.\n",
  }],
  ["--from /w/old --to /w/new --force", {
    stderr: `${HEAD("/w/old", "/w/new")}${EXACT_MOVES("/w/new")}${OVERWRITTEN}` +
      "Migration complete:\n  Migrated: 2 reservation(s)\n  Conflicts resolved: 1\n",
  }, ["/w/new: 5000", "/w/new:api 5001", "/w/new:other 5004", "/w/old/sub:web 5002"]],
  ["--from /none --to /w/x", { status: 6, stderr: /^Error: not found: .*\/none\n$/ }],
  ["--from /none --to /w/x --dry-run", { status: 6, stderr: /^Error: not found: .*\/none\n$/ }],
  ["--from /none --to /w/x --recursive", {
    stderr: `${HEAD("/none", "/w/x", "recursive")}No reservations to migrate.\n`,
  }],
  ["--from /none --to /w/x --recursive --quiet", { stdout: "/w/x\n" }],
  ["--from /none --to /w/x --recursive --quiet --dry-run", {}],
  ["--from /w/old --to /w/old", { status: 6, stderr: SAME }],
  ["--from /w/old --to /w/old --dry-run", { status: 6, stderr: SAME }],
  ["--from /w/old --to /w/old --force", {
    stderr: `${HEAD("/w/old", "/w/old")}No reservations to migrate.\n`,
  }],
  ["--from /w/old --to /w/old --force --quiet", { stdout: "/w/old\n" }],
  ["--from /w/old", { status: 2, stderr: /^error: .*--to/ }],
  ["--to /w/x", { status: 2, stderr: /^error: .*--from/ }],
  ["--from= --to /w/x", { status: 2, stderr: /^error: / }],
  ["--from /w/old --to /../x", { status: 6, stderr: /^Error: invalid path \/\.\.\/x: / }],
  ["--from ~bob --to /w/x", { status: 6, stderr: /^Error: invalid path ~bob: / }],
];

for (const [args, wanted, after = OLD] of TABLE) {
  Deno.test(`trop migrate ${args}`, async () => {
    await using home = await homeStoring(ROWS);
    await home.run(["migrate", ...args.split(" ")], wanted);
    const keys = storedIn(home).map(([path, tag, port]) => `${path}:${tag} ${port}`);
    assert.deepEqual(keys.toSorted(), after.toSorted());
  });
}

Deno.test("migrate sees what happened while it waited for the lock (D33, defect 25)", async () => {
  await using home = await homeStoring(ROWS);
  using other = rawConnection(databaseOf(home));
  other.exec("BEGIN IMMEDIATE");
  const args = ["migrate", "--from", "/w/old", "--to", "/w/x", "--busy-timeout", "20"];
  const run = home.start(args);
  // A plan that is made before the lock is had is made by now.
  await new Promise((resolve) => setTimeout(resolve, 500));
  other.exec("UPDATE reservations SET path = '/w/x' WHERE port = 5003; COMMIT");
  await run.end({ status: 6, stderr: /^Error: reservation conflict: 1 .*\/w\/x:api;/ });
});

Deno.test("migrate says nothing but that it waited too long; its dry run does not wait", async () => {
  await using home = await homeStoring(ROWS);
  using other = rawConnection(databaseOf(home));
  other.exec("BEGIN IMMEDIATE");
  const args = ["migrate", "--from", "/w/old", "--to", "/w/x", "--busy-timeout", "0"];
  const stderr = "Error: database lock timeout while starting an immediate database transaction " +
    "after 0s\n";
  await home.run(args, { status: 2, stderr });
  await home.run([...args, "--quiet"], { status: 2, stderr });
  await home.run([...args, "--dry-run"], { stderr: /Dry run - no changes made\.\n$/ });
});

Deno.test("migrate --dry-run creates nothing (defect 6, D39)", async () => {
  await using home = await trop.home();
  const args = ["migrate", "--from", "/a", "--to", "/b", "--dry-run"];
  await home.run(args, { status: 6, stderr: /^Error: not found: / });
  await home.run([...args, "--recursive", "--quiet"]);
  await home.run([...args, "--disable-autoinit"], { status: 3, stderr: /^Error: Data directory/ });
  assert.equal(await home.exists(".trop"), false);
});

Deno.test("migrate needs neither path and no relation to the working directory", async () => {
  await using home = await homeStoring([{ path: "old" }], { elsewhere: {} });
  await home.run(["migrate", "--from", "~/old", "--to", "new", "--quiet"], {
    cwd: "elsewhere",
    env: { TROP_PATH: "/ignored" },
    stdout: `${home.path("elsewhere/new")}\n`,
  });
});

Deno.test("migrate keeps names on their lines (D03, defect 5)", async () => {
  await using home = await homeStoring([{ path: "/a", tag: "x\ny", project: "p\x1b[m" }]);
  await home.run(["migrate", "--from", "/a", "--to", "/b\tc"], {
    stderr: /^ {2}\/a -> \/b\\tc \(port 5000, tag: x\\ny, project: p\\u\{1b\}\[m\)$/m,
  });
});
