import assert from "node:assert/strict";
import { run } from "../../src/cli/app.ts";
import {
  doctor,
  doctorRows,
  fileHash,
  rawConnection,
  rawRow,
  writeV1,
} from "../support/database.ts";
import { FakeHost } from "../support/host.ts";
import { directory, type Expectation, type Home, trop } from "../support/program.ts";
import { databaseOf, homeStoring } from "../support/stored.ts";

const CORRUPT = "^Error: database corruption detected: .*";
const UNTOUCHED = "; trop did not initialize or modify the data directory\\n$";
const UNCHANGED = "; trop did not modify or repair the stored data\\n$";
const failed = (state: string) => ({
  status: 1,
  stderr: `Error: Assertion failed: the data directory HOME/.trop ${state}\n`,
});
const unsound = (stderr: RegExp) => ({ status: 6, stderr });

/** How the four forms of the command end: plain, `--not`, `--validate`, and both. */
type Row = readonly [
  situation: string,
  make: () => Promise<Home>,
  plain: Expectation,
  not: Expectation,
  validate: Expectation,
  both: Expectation,
];

const MISSING = failed("does not exist");
const EXISTS = failed("exists");
const ABSENT = unsound(
  new RegExp(`${CORRUPT}\\.trop does not contain .*\\.trop/trop\\.db\\. .*${UNTOUCHED}`),
);
const NO_DATABASE = unsound(new RegExp(`${CORRUPT}physical database corruption.*${UNCHANGED}`));
const LOCKED_UP = unsound(
  new RegExp(`${CORRUPT}\\.trop cannot be examined: Permission denied.*${UNTOUCHED}`),
);
const A_DIRECTORY = unsound(new RegExp(`${CORRUPT}it is a directory, .*${UNTOUCHED}`));
const UNREADABLE = unsound(new RegExp(`${CORRUPT}cannot open .*trop\\.db: .*${UNTOUCHED}`));

const TABLE: readonly Row[] = [
  ["no directory", () => trop.home(), MISSING, {}, MISSING, {}],
  [
    "a file in its place (defect 15)",
    () => trop.home({ ".trop": "" }),
    MISSING,
    {},
    MISSING,
    {},
  ],
  [
    "a sound database",
    () => homeStoring([{}]),
    {},
    EXISTS,
    {},
    failed("exists and its database is sound"),
  ],
  ["no database", () => trop.home({ ".trop": {} }), {}, EXISTS, ABSENT, ABSENT],
  [
    "a file that is no database",
    () => trop.home({ ".trop/trop.db": "no database ".repeat(100) }),
    {},
    EXISTS,
    NO_DATABASE,
    NO_DATABASE,
  ],
  [
    "a file that is too short for one",
    () => trop.home({ ".trop/trop.db": "x" }),
    {},
    EXISTS,
    NO_DATABASE,
    NO_DATABASE,
  ],
  [
    "a directory for a database",
    () => trop.home({ ".trop/trop.db": {} }),
    {},
    EXISTS,
    A_DIRECTORY,
    A_DIRECTORY,
  ],
  [
    "a directory that nobody may enter",
    () => trop.home({ ".trop": directory({}, 0o000) }),
    {},
    EXISTS,
    UNREADABLE,
    UNREADABLE,
  ],
];

for (const [situation, make, ...wanted] of TABLE) {
  Deno.test(`assert-data-dir with ${situation}`, async () => {
    await using home = await make();
    const before = await snapshot(home);
    const forms = [[], ["--not"], ["--validate"], ["--validate", "--not"]];
    for (const [index, form] of forms.entries()) {
      const { stderr, ...rest } = wanted[index]!;
      await home.run(["assert-data-dir", ...form], {
        unprivileged: true,
        ...rest,
        ...(stderr !== undefined && {
          stderr: typeof stderr === "string" ? stderr.replaceAll("HOME", home.directory) : stderr,
        }),
      });
    }
    assert.deepEqual(await snapshot(home), before);
  });
}

Deno.test("assert-data-dir cannot tell where nobody may look", async () => {
  await using home = await trop.home({ outer: directory({ ".trop": {} }, 0o000) });
  const args = ["assert-data-dir", "--data-dir", home.path("outer/.trop")];
  const unprivileged = true;
  const stderr = /^Error: Assertion failed: .*\.trop cannot be examined: Permission denied.*\n$/;
  await home.run(args, { unprivileged, status: 1, stderr });
  await home.run([...args, "--not"], { unprivileged });
  await home.run([...args, "--validate"], { unprivileged, ...LOCKED_UP });
  await home.run([...args, "--validate", "--not"], { unprivileged, ...LOCKED_UP });
});

/** What is in the data directory, but for what SQLite leaves beside a file that was only read. */
async function snapshot(home: Home): Promise<string[]> {
  const entries: string[] = [];
  try {
    for await (const { name } of Deno.readDir(home.path(".trop"))) {
      if (!/-(wal|shm)$/.test(name)) entries.push(name);
    }
  } catch (error) {
    entries.push(String(error));
  }
  try {
    entries.push(fileHash(databaseOf(home)));
  } catch {
    // There is none.
  }
  return entries.toSorted();
}

const DAMAGE: readonly (readonly [what: string, sql: string, says: RegExp])[] = [
  [
    "a stored value",
    "UPDATE reservations SET port = 0",
    /: table=reservations, field=port, key=path=".*", tag="?<untagged>"?: port out of range/,
  ],
  [
    "a path",
    "UPDATE reservations SET path = 'relative'",
    /field=path, /,
  ],
  [
    "an index",
    "DROP INDEX idx_reservations_last_used",
    /idx_reservations_last_used on reservations\.last_used_at is missing or wrong/,
  ],
  [
    "a constraint",
    "UPDATE sqlite_schema SET sql = replace(sql, 'valid_created_at', 'other') " +
    "WHERE name = 'reservations'",
    /missing required constraint valid_created_at/,
  ],
  [
    "the version",
    "DELETE FROM metadata",
    /schema_version row is missing/,
  ],
  [
    "everything: another program's tables",
    "DROP TABLE metadata; DROP TABLE reservations; CREATE TABLE tiles (x)",
    /is not a trop database, it holds "tiles"/,
  ],
];

for (const [what, sql, says] of DAMAGE) {
  Deno.test(`assert-data-dir --validate finds damage to ${what}`, async () => {
    await using home = await homeStoring([{}]);
    doctor(databaseOf(home), sql);
    const before = fileHash(databaseOf(home));
    for (const form of [["--validate"], ["--validate", "--not"]]) {
      const { stderr } = await home.run(["assert-data-dir", ...form], {
        status: 6,
        stderr: new RegExp(`${CORRUPT}${UNCHANGED}`),
      });
      assert.match(stderr, says);
    }
    assert.equal(fileHash(databaseOf(home)), before);
    await home.run(["assert-data-dir"]);
  });
}

Deno.test("assert-data-dir --validate finds equal keys and equal ports", async () => {
  for (
    const [columns, says] of [
      ["'/w/a', '', 5000, null, null, 0, 0", /duplicate logical/],
      ["'/w/b', '', 5000, null, null, 0, 0", /same port/],
    ] as const
  ) {
    await using home = await homeStoring([]);
    const table = "UPDATE sqlite_schema SET sql = replace(replace(sql, ' UNIQUE', ''), " +
      "'PRIMARY KEY (path, tag)', 'CHECK (1)') WHERE name = 'reservations'; " +
      "DELETE FROM sqlite_schema WHERE name LIKE 'sqlite_autoindex_reservations%'";
    doctor(databaseOf(home), table);
    const first = "INSERT INTO reservations VALUES ('/w/a', '', 5000, null, null, 0, 0);";
    doctor(databaseOf(home), `${first} INSERT INTO reservations VALUES (${columns})`);
    await home.run(["assert-data-dir", "--validate"], { status: 6, stderr: says });
  }
});

Deno.test("assert-data-dir --validate migrates nothing", async () => {
  await using home = await trop.home({ ".trop": {} });
  writeV1(databaseOf(home), { rows: [rawRow()] });
  const before = fileHash(databaseOf(home));
  await home.run(["assert-data-dir", "--validate"], {
    status: 6,
    stderr: /^Error: database schema migration required from version 1 to 2: /,
  });
  assert.equal(fileHash(databaseOf(home)), before);
  await home.run(["list"], { stdout: /5000/ });
  doctor(databaseOf(home), "UPDATE metadata SET value = '3'");
  await home.run(["assert-data-dir", "--validate"], {
    status: 6,
    stderr: /^Error: unsupported schema version: found 3, expected 2; /,
  });
});

Deno.test("assert-data-dir --validate warns of what is odd and ends well", async () => {
  await using home = await homeStoring([{}]);
  doctorRows(databaseOf(home), "CREATE VIEW mine AS SELECT 1");
  await home.run(["assert-data-dir", "--validate"], {
    stderr: 'Warning: the view "mine" is not trop\'s\n',
  });
  await home.run(["assert-data-dir", "--validate", "--quiet"]);
});

Deno.test("assert-data-dir --validate says so when it must wait too long", async () => {
  await using home = await homeStoring([{}]);
  using other = rawConnection(databaseOf(home));
  other.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  await home.run(["assert-data-dir", "--validate", "--busy-timeout", "0"], {
    status: 2,
    stderr: "Error: database lock timeout while opening and validating the database after 0s\n",
  });
});

Deno.test("assert-data-dir reads no configuration unless it validates", async () => {
  await using home = await homeStoring([{}]);
  await home.write({ ".trop/config.yaml": "bogus: 1\n" });
  const env = { TROP_PORT_MIN: "x" };
  await home.run(["assert-data-dir"], { env });
  await home.run(["assert-data-dir", "--validate"], {
    status: 7,
    stderr: /^Error: Configuration error: /,
  });
  await home.run(["assert-data-dir"], {
    env: { HOME: undefined },
    status: 7,
    stderr: /^Error: Configuration error: .*TROP_DATA_DIR/,
  });
});

Deno.test("assert-data-dir looks at the current directory for a relative one only (defect 4)", async () => {
  await using home = await trop.home({ "shop/td": {} });
  await home.run(["assert-data-dir", "--data-dir", "td"], { cwd: "shop" });
  await home.run(["--data-dir", "x", "assert-data-dir", "--data-dir=./td"], { cwd: "shop" });
  await home.run(["assert-data-dir", "--data-dir", "./none"], {
    status: 1,
    stderr: "Error: Assertion failed: the data directory ./none does not exist\n",
  });
  const host = new FakeHost();
  const cwd = () => {
    throw new Error("it asked for the current directory");
  };
  const args = ["assert-data-dir", "--data-dir", home.path("shop/td")];
  assert.equal(await run(args, Object.assign(host, { cwd })), 0);
});
