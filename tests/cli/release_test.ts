import assert from "node:assert/strict";
import { doctor, type Fields, rawConnection } from "../support/database.ts";
import { type Circumstances, type Expectation, symlink, trop } from "../support/program.ts";
import { databaseOf, homeStoring, portsIn, storedIn } from "../support/stored.ts";

const ROWS: readonly Partial<Fields>[] = [
  { path: "shop" },
  { path: "shop", tag: "api" },
  { path: "shop", tag: "web" },
  { path: "shop/deep", tag: "web" },
  { path: "shop/deep/er" },
  { path: "shopping", tag: "web" },
];
const ALL = [5000, 5001, 5002, 5003, 5004, 5005];
const TREE = { "shop/deep/er": {}, shopping: {}, link: symlink("shop") };

const RELEASED = "Released reservation successfully\n";
const NOTHING = "No reservation found (already released)\n" +
  "Warning: nothing is reserved for HOME/";
const NOTHING_BELOW = "Released 0 reservation(s)\nWarning: nothing is reserved at or below HOME/";
const UNRELATED = /^Error: path relationship violation: .*shopping is unrelated to .*shop;/;

/**
 * Each with a home of its own and in `shop` unless it says otherwise; then the ports that are left,
 * if not all. `HOME` stands for the home directory.
 */
const TABLE: readonly (readonly [
  args: string,
  wanted: Circumstances & Expectation,
  left?: readonly number[],
])[] = [
  ["", { stderr: RELEASED }, [5003, 5004, 5005]],
  ["--quiet", {}, [5003, 5004, 5005]],
  ["--verbose", { stderr: RELEASED }, [5003, 5004, 5005]],
  ["--tag web", { stderr: RELEASED }, [5000, 5001, 5003, 5004, 5005]],
  ["--tag %20web%20", { stderr: RELEASED }, [5000, 5001, 5003, 5004, 5005]],
  ["--untagged-only", { stderr: RELEASED }, [5001, 5002, 5003, 5004, 5005]],
  ["--tag nope", { stderr: `${NOTHING}shop:nope\n` }],
  ["--tag WEB", { stderr: `${NOTHING}shop:WEB\n` }],
  ["--tag nope --quiet", {}],
  ["--path none", { stderr: `${NOTHING}shop/none\n` }],
  ["--recursive", { stderr: "Released 5 reservation(s)\n" }, [5005]],
  ["--recursive --quiet", {}, [5005]],
  ["--recursive --tag web", { stderr: "Released 2 reservation(s)\n" }, [5000, 5001, 5004, 5005]],
  ["--recursive --untagged-only", { stderr: "Released 2 reservation(s)\n" }, [
    5001,
    5002,
    5003,
    5005,
  ]],
  ["--recursive --path none", { stderr: `${NOTHING_BELOW}shop/none\n` }],
  ["--recursive --tag nope", { stderr: `${NOTHING_BELOW}shop:nope\n` }],
  ["--recursive --path .. ", { stderr: "Released 6 reservation(s)\n" }, []],
  ["--path deep", { stderr: RELEASED }, [5000, 5001, 5002, 5004, 5005]],
  ["", { env: { TROP_PATH: "deep" }, stderr: RELEASED }, [5000, 5001, 5002, 5004, 5005]],
  ["--path ../shopping", { status: 1, stderr: UNRELATED }],
  ["--path ../shopping --dry-run", { status: 1, stderr: UNRELATED }],
  ["--path ../shopping --force", { stderr: RELEASED }, [5000, 5001, 5002, 5003, 5004]],
  ["--path ../shopping --allow-unrelated-path", { stderr: RELEASED }, [
    5000,
    5001,
    5002,
    5003,
    5004,
  ]],
  ["--path ../shopping", { env: { TROP_ALLOW_UNRELATED_PATH: "true" }, stderr: RELEASED }, [
    5000,
    5001,
    5002,
    5003,
    5004,
  ]],
  // The guard looks behind links; the selection does not.
  ["--path ../link", { stderr: `${NOTHING}link\n` }],
  ["--dry-run", {
    stderr: "Dry run - would perform the following actions:\n" +
      "  1. Delete reservation for HOME/shop\n" +
      "  2. Delete reservation for HOME/shop:api\n" +
      "  3. Delete reservation for HOME/shop:web\n",
  }],
  ["--dry-run --tag web", {
    stderr: "Dry run - would perform the following actions:\n" +
      "  1. Delete reservation for HOME/shop:web\n",
  }],
  ["--dry-run --recursive --tag web", {
    stderr: "Dry run - would release 2 reservation(s):\n" +
      "  - Delete reservation for HOME/shop:web\n" +
      "  - Delete reservation for HOME/shop/deep:web\n",
  }],
  ["--dry-run --tag nope", {
    stderr: "Dry run - would perform the following actions:\n" +
      "Warnings:\n  - nothing is reserved for HOME/shop:nope\n",
  }],
  ["--dry-run --recursive --path none", {
    stderr: "Dry run - would release 0 reservation(s):\n" +
      "Warnings:\n  - nothing is reserved at or below HOME/shop/none\n",
  }],
  ["--dry-run --quiet", {}],
  ["--tag a --untagged-only", {
    status: 4,
    stderr: "Error: Invalid arguments: Cannot specify both --tag and --untagged-only\n",
  }],
  ["--tag a --untagged-only", {
    env: { TROP_PORT_MIN: "x" },
    status: 7,
    stderr: /^Error: Configuration error: /,
  }],
  ["--tag=", { status: 4, stderr: /^Error: Invalid arguments: Cannot read --tag: / }],
  ["--tag %20", { status: 4, stderr: /^Error: Invalid arguments: Cannot read --tag: / }],
  ["--path=", { status: 2, stderr: /^error: / }],
  ["--path /../x", { status: 6, stderr: /^Error: invalid path / }],
  ["--data-dir none --disable-autoinit", { status: 3, stderr: /^Error: Data directory not / }],
];

for (const [args, { stderr, ...wanted }, left = ALL] of TABLE) {
  const where = Object.entries(wanted.env ?? {}).map(([name, value]) => `${name}=${value} `);
  Deno.test(`\`${where.join("")}trop release ${args}\` leaves ${left.join(" ")}`, async () => {
    await using home = await homeStoring(ROWS, TREE);
    const words = args.split(" ").filter(Boolean).map((word) => word.replaceAll("%20", " "));
    await home.run(["release", ...words], {
      cwd: "shop",
      ...wanted,
      ...(stderr !== undefined && {
        stderr: typeof stderr === "string" ? stderr.replaceAll("HOME", home.directory) : stderr,
      }),
    });
    assert.deepEqual(portsIn(home), left);
  });
}

Deno.test("release does not mind being repeated", async () => {
  await using home = await homeStoring([{ tag: "web" }]);
  await home.run(["release", "--tag", "web"], { stderr: RELEASED });
  await home.run(["release", "--tag", "web"], {
    stderr: `${NOTHING.replace("HOME/", home.directory)}:web\n`,
  });
});

Deno.test("release --dry-run creates nothing (defect 6)", async () => {
  await using home = await trop.home();
  await home.run(["release", "--dry-run", "--quiet"]);
  await home.run(["release", "--dry-run", "--disable-autoinit"], {
    status: 3,
    stderr: /^Error: Data directory not found/,
  });
  assert.equal(await home.exists(".trop"), false);
});

Deno.test("release waits for the lock before it looks at the path", async () => {
  await using home = await homeStoring(ROWS, TREE);
  using other = rawConnection(databaseOf(home));
  other.exec("BEGIN IMMEDIATE");
  const stderr = "Error: database lock timeout while starting an immediate database transaction " +
    "after 0s\n";
  for (const args of [[], ["--quiet"], ["--path", "../shopping"]]) {
    const words = ["release", ...args, "--busy-timeout", "0"];
    await home.run(words, { cwd: "shop", status: 2, stderr });
  }
  await home.run(["release", "--dry-run", "--quiet", "--busy-timeout", "0"], { cwd: "shop" });
});

Deno.test("release releases all or nothing, and says what the database says", async () => {
  await using home = await homeStoring(ROWS, TREE);
  doctor(
    databaseOf(home),
    `CREATE TRIGGER keep BEFORE DELETE ON reservations WHEN old.tag = 'web' BEGIN
      SELECT RAISE(ABORT, 'kept by order'); END`,
  );
  const before = storedIn(home);
  await home.run(["release"], {
    cwd: "shop",
    status: 6,
    stderr: /^Error: database error: kept by order; /,
  });
  assert.deepEqual(storedIn(home), before);
});

Deno.test("release keeps names on their lines (D03, defect 5)", async () => {
  await using home = await homeStoring([{ path: "/a\nb", tag: "x\x1b[2J" }]);
  await home.run(["release", "--path", "/a\nb", "--force", "--dry-run"], {
    stderr: "Dry run - would perform the following actions:\n" +
      "  1. Delete reservation for /a\\nb:x\\u{1b}[2J\n",
  });
});
