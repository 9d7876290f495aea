import assert from "node:assert/strict";
import { run } from "../../src/cli/app.ts";
import { doctor, fileHash, rawConnection, rawRow, readRaw, writeV1 } from "../support/database.ts";
import { FakeHost } from "../support/host.ts";
import { directory, type Expectation, type Home, symlink, trop } from "../support/program.ts";
import { databaseOf, homeStoring, portsIn, storedIn } from "../support/stored.ts";
import { CHANGING_CALLS, dieAt, hasStrace, readCalls, recordCalls } from "../support/strace.ts";

const INITIALISED = "Initialized trop in: td\n";
const EXISTS = "Error: validation error for 'database': Database already exists at td/trop.db. " +
  "Use --overwrite to replace it.\n";
const WOULD = "Dry-run mode: no changes will be made\n\nWould initialize trop in: td\n";

/** A history; each step runs with `--data-dir td` and creates nothing that it does not print. */
const HISTORY: readonly (readonly [args: string, wanted: Expectation])[] = [
  ["--dry-run", {
    stdout: `${WOULD}  - Create data directory: td\n  - Create database: td/trop.db\n`,
  }],
  ["--dry-run --with-config --overwrite --quiet", {
    stdout: `${WOULD}  - Create data directory: td\n  - Create database: td/trop.db\n` +
      "  - Create configuration file: td/config.yaml\n",
  }],
  ["--overwrite", {
    stdout: `${INITIALISED}  - Created data directory\n  - Created database\n`,
  }],
  ["", { status: 6, stderr: EXISTS }],
  ["--with-config --quiet", { status: 6, stderr: EXISTS }],
  ["--dry-run", {
    stdout: `${WOULD}  - Data directory already exists: td\n` +
      "  - ERROR: Database already exists (use --overwrite to replace it): td/trop.db\n",
    stderr: EXISTS,
    status: 6,
  }],
  ["--dry-run --overwrite --with-config", {
    stdout: `${WOULD}  - Data directory already exists: td\n` +
      "  - Remove existing database: td/trop.db\n  - Create new database: td/trop.db\n" +
      "  - Create configuration file: td/config.yaml\n",
  }],
  ["--overwrite --with-config", {
    stdout: `${INITIALISED}  - Recreated database\n  - Created default configuration file\n`,
  }],
  ["--overwrite --with-config --quiet", {
    stdout: `${INITIALISED}  - Recreated database\n` +
      "  - Configuration file already exists (not overwritten)\n",
  }],
  ["--dry-run --overwrite --with-config", {
    stdout: `${WOULD}  - Data directory already exists: td\n` +
      "  - Remove existing database: td/trop.db\n  - Create new database: td/trop.db\n" +
      "  - Configuration file already exists (will not be overwritten): td/config.yaml\n",
  }],
];

Deno.test("init creates what is missing, replaces when told, and says which (D38, defect 23)", async () => {
  await using home = await trop.home();
  for (const [index, [args, wanted]] of HISTORY.entries()) {
    await home.run(["init", "--data-dir", "td", ...args.split(" ").filter(Boolean)], wanted);
    if (index < 2) assert.equal(await home.exists("td"), false, "a dry run creates nothing");
    if (index < 7) assert.equal(await home.exists("td/config.yaml"), false);
  }
  await home.run(["list", "--data-dir", "td", "--format", "json"], { stdout: "[]\n" });
});

Deno.test("init makes what only its owner can read", async () => {
  await using home = await trop.home();
  await home.run(["init", "--with-config", "--data-dir", "a/b"], { stdout: /Created data/ });
  const mode = async (path: string) => (await Deno.stat(home.path(path))).mode! & 0o777;
  assert.equal(await mode("a/b"), 0o700);
  assert.equal(await mode("a/b/trop.db"), 0o600);
  assert.equal(await mode("a/b/config.yaml"), 0o600);
});

Deno.test("the sample that init writes changes nothing, and nothing when it is switched on (D37, defect 23)", async () => {
  await using home = await trop.home();
  await home.run(["init", "--with-config"], { stdout: /Created default configuration file\n$/ });
  const file = ".trop/config.yaml";
  const sample = await home.read(file);
  await home.run(["list", "--format", "json"], { stdout: "[]\n" });
  await home.write({ [file]: sample.replaceAll(/^# /gm, "") });
  await home.run(["validate", home.path(file)], { stdout: "Configuration is valid\n" });
  await home.run(["reserve", "--skip-occupancy-check"], { stdout: "5000\n" });
});

Deno.test({
  name: "init that dies while it writes the sample leaves no part of it",
  ignore: !hasStrace,
  async fn() {
    await using home = await trop.home();
    const trace = home.path("calls");
    const init = ["init", "--overwrite", "--with-config"];
    await home.run(init, { script: recordCalls(trace, CHANGING_CALLS), stdout: /configuration/ });
    const calls = await readCalls(trace);
    const writing = calls.find(({ text }) => text.includes('"## The configuration'));
    await Deno.remove(home.path(".trop/config.yaml"));
    await home.run(init, { script: dieAt(writing!), status: 128 + 9 });
    assert.equal(await home.exists(".trop/config.yaml"), false);
  },
});

Deno.test("init does not touch a database that it may not replace", async () => {
  await using home = await homeStoring([{}]);
  await Deno.utime(databaseOf(home), 1, 1);
  const before = fileHash(databaseOf(home));
  await home.run(["init", "--with-config"], { status: 6, stderr: /already exists/ });
  assert.equal((await Deno.stat(databaseOf(home))).mtime?.getTime(), 1000);
  assert.equal(fileHash(databaseOf(home)), before);
  assert.equal(await home.exists(".trop/config.yaml"), false);
});

/** Databases that even `--overwrite` leaves alone; the dry run says so too. */
const REFUSED: readonly (readonly [what: string, sql: string, stderr: RegExp])[] = [
  [
    "a newer trop's",
    "UPDATE metadata SET value = '3'",
    /^Error: unsupported schema version: found 3/,
  ],
  [
    "another program's",
    "DROP TABLE metadata; DROP TABLE reservations; CREATE TABLE tiles (x)",
    /^Error: database corruption detected: .* is not a trop database/,
  ],
];

for (const [what, sql, stderr] of REFUSED) {
  Deno.test(`init --overwrite leaves ${what} database alone (D38)`, async () => {
    await using home = await homeStoring([{}]);
    doctor(databaseOf(home), sql);
    const before = fileHash(databaseOf(home));
    await home.run(["init", "--overwrite"], { status: 6, stderr });
    await home.run(["init", "--overwrite", "--dry-run"], {
      status: 6,
      stdout: /\n {2}- ERROR: Database cannot be replaced: .*trop\.db\n$/,
      stderr,
    });
    assert.equal(fileHash(databaseOf(home)), before);
  });
}

Deno.test("init --overwrite keeps a file that is no database under another name", async () => {
  await using home = await trop.home({ ".trop/trop.db": "no database ".repeat(100) });
  const stdout = /\n {2}- Remove existing database: .*\n {2}- Create new database: .*\n$/;
  await home.run(["init", "--overwrite", "--dry-run"], { stdout, stderr: /^Warning: .*kept/ });
  const { stderr } = await home.run(["init", "--overwrite"], {
    stdout: /- Recreated database\n$/,
    stderr: /^Warning: what was there is no database; it is kept as .*\n$/,
  });
  const backup = /kept as (.*)\n/.exec(stderr)?.[1] ?? "";
  assert.match(await Deno.readTextFile(backup), /^no database /);
  await home.run(["assert-data-dir", "--validate"]);
});

Deno.test("init --overwrite needs no migration", async () => {
  await using home = await trop.home({ ".trop": {} });
  writeV1(databaseOf(home), { rows: [rawRow({ port: 0 })] });
  await home.run(["init", "--overwrite"], { stdout: /- Recreated database\n$/ });
  assert.deepEqual(storedIn(home), []);
  await home.run(["assert-data-dir", "--validate"]);
});

Deno.test("init --overwrite works under processes that have the database open (D36, defect 23)", async () => {
  await using home = await homeStoring([{}]);
  using other = rawConnection(databaseOf(home));
  // What is in the write-ahead log only, which a new file must not meet.
  other.exec("UPDATE reservations SET port = 6000; BEGIN IMMEDIATE");
  const args = ["init", "--overwrite", "--busy-timeout", "0"];
  await home.run(args, {
    status: 2,
    stderr: "Error: database lock timeout while opening, configuring, or migrating the database " +
      "after 0s\n",
  });
  other.exec("COMMIT");
  assert.deepEqual(portsIn(home), [6000]);
  await home.run(args, { stdout: /- Recreated database\n$/ });
  other.exec("INSERT INTO reservations VALUES ('/w', '', 7000, null, null, 0, 0)");
  assert.deepEqual(portsIn(home), [7000]);
  await home.run(["assert-data-dir", "--validate"]);
});

/** What is in the way: the live run and the dry run end alike. */
const OBSTACLES: readonly (readonly [what: string, make: () => Promise<Home>])[] = [
  ["a file for a data directory", () => trop.home({ ".trop": "" })],
  ["a file above the data directory", () => trop.home({ above: "", ".trop": symlink("above/x") })],
  ["a directory for a database", () => trop.home({ ".trop/trop.db": {} })],
  ["a closed data directory", () => trop.home({ ".trop": directory({}, 0o000) })],
];

for (const [what, make] of OBSTACLES) {
  Deno.test(`init cannot do with ${what}, nor can its dry run (D38)`, async () => {
    await using home = await make();
    for (const flags of [["--overwrite"], ["--overwrite", "--dry-run"]]) {
      await home.run(["init", ...flags], {
        unprivileged: true,
        status: 6,
        stdout: flags.length === 1 ? "" : /^/,
        stderr: /^Error: database error: cannot open .*\n$/,
      });
    }
  });
}

Deno.test("init says what it cannot create", async () => {
  await using home = await trop.home({ locked: directory({}, 0o555) });
  await home.run(["init", "--data-dir", home.path("locked/td")], {
    unprivileged: true,
    status: 6,
    stderr: /^Error: database error: cannot open .*Permission denied/,
  });
});

Deno.test("init reads the environment and no files", async () => {
  await using home = await trop.home({
    ".trop/config.yaml": "bogus: 1\n",
    "trop.yaml": "bogus: 1\n",
  });
  await home.run(["init"], { env: { TROP_PORT_MIN: "x" }, status: 7, stderr: /TROP_PORT_MIN/ });
  await home.run(["init", "--busy-timeout", "2147484"], {
    status: 7,
    stderr: /must not exceed 2147483/,
  });
  assert.equal(await home.exists(".trop/trop.db"), false);
  await home.run(["init", "--disable-autoinit"], {
    env: { TROP_DISABLE_AUTOINIT: "1", TROP_PROJECT: "" },
    stdout: `Initialized trop in: ${home.path(".trop")}\n  - Created database\n`,
  });
  assert.equal(readRaw(databaseOf(home)).metadata[0]?.[1], "2");
});

Deno.test("init looks at the current directory for a relative one only (defect 4)", async () => {
  await using home = await trop.home();
  const host = Object.assign(new FakeHost({ env: { HOME: home.directory } }), {
    cwd: () => {
      throw new Error("it asked for the current directory");
    },
  });
  assert.equal(await run(["init"], host), 0, host.written.stderr);
});

Deno.test("one of many processes that run init at once creates the database", async () => {
  await using home = await trop.home();
  const runs = Array.from({ length: 6 }, () => home.start(["init"]));
  const results = await Promise.all(runs.map((run) => run.result()));
  const statuses = results.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [0, 6, 6, 6, 6, 6]);
  await home.run(["assert-data-dir", "--validate"]);
});
