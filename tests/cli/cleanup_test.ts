import assert from "node:assert/strict";
import { SECONDS_PER_DAY } from "../../src/operations/cleanup.ts";
import { doctor, type Fields, rawConnection } from "../support/database.ts";
import { directory, type Expectation, symlink, trop } from "../support/program.ts";
import { databaseOf, homeStoring, portsIn } from "../support/stored.ts";

const NOW = Math.floor(Date.now() / 1000);
const daysAgo = (days: number) => NOW - days * SECONDS_PER_DAY - 3600;

/** Two reservations of one missing directory, two that are old, and one that is neither. */
const ROWS: readonly Partial<Fields>[] = [
  { path: "shop" },
  { path: "/gone", port: 5001, tag: "web", project: "shop" },
  { path: "/gone", port: 5002 },
  { path: "old", port: 5003, lastUsedAt: daysAgo(31), tag: "db", project: "blog" },
  { path: "older", port: 5004, lastUsedAt: daysAgo(400) },
];
const TREE = { shop: {}, old: {}, older: {} };

/** What a command says, and the ports that are left. */
type Row = readonly [args: string, wanted: Expectation, left?: readonly number[]];

/** `HOME` stands for the home directory. */
const ROWS_OF_TABLES: readonly Row[] = [
  ["prune", { stderr: "Removed 2 reservation(s) for non-existent paths\n" }, [5000, 5003, 5004]],
  ["prune --verbose", {
    stderr: "Removed 2 reservation(s):\n" +
      "  - Port 5002: /gone (tag: -, project: -)\n" +
      "  - Port 5001: /gone (tag: web, project: shop)\n",
  }, [5000, 5003, 5004]],
  ["prune --quiet", { stdout: "2\n" }, [5000, 5003, 5004]],
  ["prune --quiet --verbose", { stdout: "2\n" }, [5000, 5003, 5004]],
  ["prune --dry-run", {
    stderr: "[DRY RUN] Scanning for reservations of non-existent paths...\n" +
      "[DRY RUN] Would remove 2 reservation(s) for non-existent paths\n",
  }],
  ["prune --dry-run --verbose", {
    stderr: "[DRY RUN] Scanning for reservations of non-existent paths...\n" +
      "[DRY RUN] Would remove 2 reservation(s):\n" +
      "  - Port 5002: /gone (tag: -, project: -)\n" +
      "  - Port 5001: /gone (tag: web, project: shop)\n",
  }],
  ["prune --dry-run --quiet", { stdout: "2\n" }],
  ["expire", { stderr: "Expired 2 reservation(s) older than 30 days\n" }, [5000, 5001, 5002]],
  ["expire --days 100", { stderr: "Expired 1 reservation(s) older than 100 days\n" }, [
    5000,
    5001,
    5002,
    5003,
  ]],
  ["expire --verbose", {
    stderr: "Expired 2 reservation(s) older than 30 days:\n" +
      "  - Port 5004: HOME/older (400 days old, project: -)\n" +
      "  - Port 5003: HOME/old (31 days old, project: blog)\n",
  }, [5000, 5001, 5002]],
  ["expire --quiet", { stdout: "2\n" }, [5000, 5001, 5002]],
  ["expire --dry-run", {
    stderr: "[DRY RUN] Scanning for reservations older than 30 days...\n" +
      "[DRY RUN] Would expire 2 reservation(s) older than 30 days\n",
  }],
  ["expire --dry-run --verbose --days 100", {
    stderr: "[DRY RUN] Scanning for reservations older than 100 days...\n" +
      "[DRY RUN] Would expire 1 reservation(s) older than 100 days:\n" +
      "  - Port 5004: HOME/older (400 days old, project: -)\n",
  }],
  ["expire --dry-run --quiet", { stdout: "2\n" }],
  ["autoclean", { stderr: "Removed 4 total reservation(s) (pruned: 2, expired: 2)\n" }, [5000]],
  ["autoclean --days 100", {
    stderr: "Removed 3 total reservation(s) (pruned: 2, expired: 1)\n",
  }, [5000, 5003]],
  ["autoclean --verbose", {
    stderr: "Removed 4 total reservation(s):\n" +
      "  Pruned: 2 (non-existent paths)\n" +
      "  Expired: 2 (older than 30 days)\n" +
      "\nPruned reservations:\n  - Port 5002: /gone\n  - Port 5001: /gone\n" +
      "\nExpired reservations:\n" +
      "  - Port 5004: HOME/older (400 days old)\n  - Port 5003: HOME/old (31 days old)\n",
  }, [5000]],
  ["autoclean --quiet", { stdout: "4\n" }, [5000]],
  ["autoclean --dry-run", {
    stderr: "[DRY RUN] Scanning for non-existent paths and reservations older than 30 days...\n" +
      "[DRY RUN] Would remove 4 total reservation(s) (pruned: 2, expired: 2)\n",
  }],
  ["autoclean --dry-run --quiet", { stdout: "4\n" }],
];

const ALL = [5000, 5001, 5002, 5003, 5004];

for (const [args, wanted, left = ALL] of ROWS_OF_TABLES) {
  const defect = args.includes("--verbose") ? " (defect 14)" : "";
  Deno.test(`\`trop ${args}\` leaves ${left.join(" ")}${defect}`, async () => {
    await using home = await homeStoring(ROWS, TREE);
    const stderr = String(wanted.stderr ?? "").replaceAll("HOME", home.directory);
    await home.run(args.split(" "), { ...wanted, stderr });
    assert.deepEqual(portsIn(home), left);
  });
}

Deno.test("cleaning up twice finds nothing the second time", async () => {
  await using home = await homeStoring(ROWS, TREE);
  await home.run(["autoclean", "--quiet"], { stdout: "4\n" });
  await home.run(["autoclean", "--quiet"]);
  await home.run(["prune", "--quiet", "--dry-run"]);
  await home.run(["prune"], { stderr: "Removed 0 reservation(s) for non-existent paths\n" });
  await home.run(["expire", "--verbose"], {
    stderr: "Expired 0 reservation(s) older than 30 days:\n",
  });
  await home.run(["autoclean", "--verbose"], {
    stderr: "Removed 0 total reservation(s):\n" +
      "  Pruned: 0 (non-existent paths)\n  Expired: 0 (older than 30 days)\n",
  });
});

Deno.test("a reservation that is gone and old counts once, as pruned", async () => {
  await using home = await homeStoring([{ path: "/gone", lastUsedAt: daysAgo(31) }]);
  const wanted = "Would remove 1 total reservation(s) (pruned: 1, expired: 0)";
  await home.run(["autoclean", "--dry-run"], {
    stderr: new RegExp(wanted.replace(/[()]/g, "\\$&")),
  });
  await home.run(["expire", "--dry-run", "--quiet"], { stdout: "1\n" });
});

Deno.test("the days come from the option, the variable or the file, and 0 is refused", async () => {
  await using home = await homeStoring([{ lastUsedAt: daysAgo(8) }]);
  await home.write({ ".trop/config.yaml": "cleanup:\n  expire_after_days: 9\n" });
  const dry = ["expire", "--dry-run", "--quiet"];
  const env = { TROP_EXPIRE_AFTER_DAYS: "7" };
  await home.run(dry);
  await home.run(dry, { env, stdout: "1\n" });
  await home.run([...dry, "--days", "9"], { env });
  for (const command of ["expire", "autoclean"]) {
    await home.run([command, "--days", "0"], {
      status: 7,
      stderr: /^Error: Configuration error: .*expire_after_days.* found 0\n$/,
    });
    await home.run([command, "--days", "x"], { status: 2, stderr: /^error: / });
    await home.run([command, "--days", "4294967296"], { status: 2, stderr: /^error: / });
  }
  await home.run(["expire", "--days", "4294967295"], { stderr: /^Expired 0 / });
});

Deno.test("autoclean cleans up whatever keeps reserve from doing so", async () => {
  await using home = await homeStoring(ROWS, TREE);
  await home.run(["autoclean", "--quiet"], {
    env: { TROP_DISABLE_AUTOPRUNE: "1", TROP_DISABLE_AUTOEXPIRE: "1" },
    stdout: "4\n",
  });
});

Deno.test("what cannot be looked at is kept, with a warning for each directory", async () => {
  const rows = [
    { path: "locked/b" },
    { path: "locked/b", tag: "web" },
    { path: "locked/a" },
    { path: "loop" },
    { path: "dangling" },
  ];
  const tree = { locked: directory({ a: {}, b: {} }, 0o000), loop: symlink("loop") };
  const denied = (path: string) =>
    `Warning: cannot tell whether HOME/${path} is gone: permission denied ` +
    `(Permission denied (os error 13): stat 'HOME/${path}'); reservation preserved: restore access`;
  const warnings = (home: string) =>
    [denied("locked/a"), denied("locked/b"), "Warning: .*/loop is gone: symlink loop .*preserved"]
      .map((line) => line.replaceAll("HOME", home).replace(/[()]/g, "\\$&") + ".*\\n").join("");
  for (const [command, summary] of [["prune", "Removed 1 "], ["autoclean", "Removed 1 total "]]) {
    await using home = await homeStoring(rows, { ...tree, dangling: symlink("nowhere") });
    const wanted = { unprivileged: true };
    const preserved = warnings(home.directory);
    await home.run([command!, "--dry-run"], {
      ...wanted,
      stderr: new RegExp(
        `^\\[DRY RUN\\] Scanning .*\\n${preserved}\\[DRY RUN\\] Would remove 1 .*\\n$`,
      ),
    });
    await home.run([command!, "--dry-run", "--quiet"], { ...wanted, stdout: "1\n" });
    await home.run([command!], {
      ...wanted,
      stderr: new RegExp(`^${preserved}${summary}.*\\n$`),
    });
    assert.deepEqual(portsIn(home), [5000, 5001, 5002, 5003]);
  }
});

Deno.test("the other side of a mount is not cleaned up from here", async () => {
  const rows = [
    { path: "/home/no-such-user/blog" },
    { path: "/home/no-such-user/shop", tag: "web" },
    { path: "gone" },
    { path: "far" },
  ];
  await using home = await homeStoring(rows, { far: symlink("/home/no-such-user/far") });
  const line = (path: string) =>
    `Warning: cannot tell whether ${path} is gone: missing mount (/home/no-such-user does not ` +
    `exist here: No such file or directory (os error 2): stat '${path}'); reservation preserved: run the command ` +
    "again where the directory can be seen, or release it with 'trop release --path'\n";
  await home.run(["prune"], {
    stderr: [
      line("/home/no-such-user/blog"),
      line("/home/no-such-user/shop"),
      line(home.path("far")),
      "Removed 1 reservation(s) for non-existent paths\n",
    ].join(""),
  });
  assert.deepEqual(portsIn(home), [5000, 5001, 5003]);
  await home.run(["autoclean", "--quiet"]);
  // Nor when a port is wanted and none is left.
  const args = ["reserve", "--min", "5000", "--max", "5001"];
  await home.run(args, { status: 6, stderr: /cleanup pruned 0 and expired 0 / });
  await home.run(["release", "--path", "/home/no-such-user/blog", "--force"], { stderr: /./ });
  await home.run(args, { stdout: "5000\n" });
});

for (const command of ["prune", "expire", "autoclean"]) {
  Deno.test(`${command} --dry-run creates nothing (defect 6, D39)`, async () => {
    await using home = await trop.home();
    await home.run([command, "--dry-run", "--quiet"]);
    await home.run([command, "--dry-run", "--disable-autoinit"], {
      status: 3,
      stderr: /^Error: Data directory not found/,
    });
    assert.equal(await home.exists(".trop"), false);
    await home.run([command, "--quiet"]);
    assert(await home.exists(".trop/trop.db"), "the live run creates it");
  });

  Deno.test(`${command} waits for the write lock, and its dry run does not`, async () => {
    await using home = await homeStoring(ROWS, TREE);
    using other = rawConnection(databaseOf(home));
    other.exec("BEGIN IMMEDIATE");
    const args = [command, "--busy-timeout", "0"];
    const line = "Error: database lock timeout while starting an immediate database transaction " +
      "after 0s\n";
    await home.run(args, { status: 2, stderr: line });
    await home.run([...args, "--quiet"], { status: 2, stderr: line });
    await home.run([...args, "--dry-run", "--quiet"], { stdout: /^[24]\n$/ });
  });
}

Deno.test("a refused deletion undoes all of them", async () => {
  await using home = await homeStoring(ROWS, TREE);
  doctor(
    databaseOf(home),
    `CREATE TRIGGER keep BEFORE DELETE ON reservations WHEN old.port = 5003 BEGIN
      SELECT RAISE(ABORT, 'kept by order'); END`,
  );
  await home.run(["autoclean"], { status: 6, stderr: /^Error: .*kept by order/ });
  assert.deepEqual(portsIn(home), ALL);
});

Deno.test("names cannot drive the terminal (D03, defect 5)", async () => {
  const row = { path: "/gone\n\x1b[2J", tag: "a\tb", project: "p\rq" };
  await using home = await homeStoring([row]);
  await home.run(["prune", "--verbose"], {
    stderr: "Removed 1 reservation(s):\n" +
      "  - Port 5000: /gone\\n\\u{1b}[2J (tag: a\\tb, project: p\\rq)\n",
  });
});
