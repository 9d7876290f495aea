import assert from "node:assert/strict";
import { run } from "../../src/cli/app.ts";
import { doctor, type Fields } from "../support/database.ts";
import { FakeHost } from "../support/host.ts";
import {
  type Circumstances,
  type Expectation,
  OLD_SQLITE,
  symlink,
  trop,
} from "../support/program.ts";
import { databaseOf, homeStoring, storedIn } from "../support/stored.ts";

const TIMES = { createdAt: 1_772_356_500, lastUsedAt: 1_772_476_812 };
const AT = ["2026-03-01 09:15:00", "2026-03-02 18:40:12"];

const ROWS: readonly Partial<Fields>[] = [
  { path: "/srv/app", port: 6000, project: "blog", ...TIMES },
  { path: "shop", port: 5001, tag: "api", project: "shop", task: "main", ...TIMES },
  { path: "shop", port: 5000, project: "shop", ...TIMES },
  { path: "shop/deep", port: 5002, tag: "web", ...TIMES },
  { path: "shopping", port: 5003, tag: "api", project: "shop", ...TIMES },
];
const TREE = { "shop/deep": {}, shopping: {}, link: symlink("shop"), gone: symlink("nowhere") };

const HEADER = "PORT\tPATH\tTAG\tPROJECT\tTASK\tCREATED_AT\tLAST_USED_AT\n";
const line = (...cells: readonly string[]) => `${[...cells, ...AT].join("\t")}\n`;
const TABLE_ROWS = [
  line("5000", "~/shop", "-", "shop", "-"),
  line("5001", "~/shop", "api", "shop", "main"),
  line("5002", "~/shop/deep", "web", "-", "-"),
  line("5003", "~/shopping", "api", "shop", "-"),
  line("6000", "/srv/app", "-", "blog", "-"),
];
/** A table of the rows with these ports. */
const table = (...ports: readonly number[]) =>
  HEADER + TABLE_ROWS.filter((row) => ports.includes(Number(row.slice(0, 4)))).join("");

const CSV = "port,path,tag,project,task,created_at,last_used_at\n" +
  `5001,HOME/shop,api,shop,main,${AT.join(",")}\n` +
  `5003,HOME/shopping,api,shop,,${AT.join(",")}\n`;
const JSON_TEXT = `[
  {
    "created_at": "${AT[0]}",
    "last_used_at": "${AT[1]}",
    "path": "HOME/shop/deep",
    "port": 5002,
    "project": null,
    "tag": "web",
    "task": null
  }
]
`;

/** Rows are in the order of their paths; `/srv/app` may come before or after the home directory. */
const EXPECTED: readonly (readonly [args: string, wanted: Circumstances & Expectation])[] = [
  ["--filter-path ~", { stdout: table(5000, 5001, 5002, 5003) }],
  ["--filter-path ~ --quiet", { stdout: table(5000, 5001, 5002, 5003) }],
  ["--filter-path /srv", { stdout: table(6000) }],
  ["--filter-path shop", { stdout: table(5000, 5001, 5002) }],
  ["--filter-path .", { cwd: "shop/deep", stdout: table(5002) }],
  ["--filter-path ..", { cwd: "shop/deep", stdout: table(5000, 5001, 5002) }],
  ["--filter-path link", { stdout: table(5000, 5001, 5002) }],
  ["--filter-path link/deep", { stdout: table(5002) }],
  ["--filter-path gone", { stdout: HEADER }],
  ["--filter-path sho", { stdout: HEADER }],
  ["--filter-project shop", { stdout: table(5000, 5001, 5003) }],
  ["--filter-project SHOP", { stdout: HEADER }],
  ["--filter-project %20shop", { stdout: HEADER }],
  ["--filter-project=", { stdout: HEADER }],
  ["--filter-tag api", { stdout: table(5001, 5003) }],
  ["--filter-tag=", { stdout: HEADER }],
  ["--filter-tag api --filter-path shop --filter-project shop", { stdout: table(5001) }],
  ["--filter-tag api --filter-project blog", { stdout: HEADER }],
  ["--filter-tag web --show-full-paths", {
    stdout: HEADER + line("5002", "HOME/shop/deep", "web", "-", "-"),
  }],
  ["--filter-tag api --format csv", { stdout: CSV }],
  ["--filter-tag api --format CSV --show-full-paths", { stdout: CSV }],
  ["--filter-tag api --format tsv", { stdout: CSV.replaceAll(",", "\t") }],
  ["--filter-tag web --format json", { stdout: JSON_TEXT }],
  ["--filter-tag web --format Json", { stdout: JSON_TEXT }],
  ["--filter-tag nope", { stdout: HEADER }],
  ["--filter-tag nope --format csv", { stdout: `${CSV.split("\n")[0]}\n` }],
  ["--filter-tag nope --format tsv", { stdout: HEADER.toLowerCase() }],
  ["--filter-tag nope --format json", { stdout: "[]\n" }],
  ["--filter-tag nope", { env: { TROP_OUTPUT_FORMAT: "JSON" }, stdout: "[]\n" }],
  ["--filter-tag nope --format table", {
    env: { TROP_OUTPUT_FORMAT: "json" },
    stdout: HEADER,
  }],
  ["--format yaml", { status: 2, stderr: /^error: .*table, json, csv, tsv/ }],
  ["--format=", { status: 2, stderr: /^error: / }],
  ["--filter-path=", { status: 2, stderr: /^error: / }],
  ["--filter-path /../x", { status: 6, stderr: /^Error: invalid path / }],
  ["--filter-path ~bob", { status: 6, stderr: /^Error: invalid path / }],
  ["", { env: { TROP_OUTPUT_FORMAT: "yaml" }, status: 7, stderr: /TROP_OUTPUT_FORMAT/ }],
  ["", { env: { TROP_TASK: "", TROP_PROJECT: " " }, stdout: /^PORT.*\n(.*\n){5}$/ }],
  ["--data-dir none --disable-autoinit", { status: 3, stderr: /^Error: Data directory not / }],
];

Deno.test("list filters, formats and changes nothing (D09)", async () => {
  await using home = await homeStoring(ROWS, TREE);
  const before = storedIn(home);
  for (const [args, { stdout, ...wanted }] of EXPECTED) {
    const words = args.split(" ").filter(Boolean).map((word) => word.replaceAll("%20", " "));
    await home.run(["list", ...words], {
      ...wanted,
      ...(stdout !== undefined && {
        stdout: typeof stdout === "string" ? stdout.replaceAll("HOME", home.directory) : stdout,
      }),
    });
  }
  assert.deepEqual(storedIn(home), before);
  assert.equal(await home.exists("none"), false);
});

Deno.test("list takes its format from a file", async () => {
  await using home = await trop.home({ ".trop/config.yaml": "output_format: json\n" });
  await home.run(["list"], { stdout: "[]\n" });
  await home.run(["list", "--format", "table"], { stdout: HEADER });
});

Deno.test("list shortens what is home or below it, by whole components", async () => {
  const rows = [{ path: "/h/dev" }, { path: "/h/dev/a" }, { path: "/h/developer" }];
  await using home = await homeStoring(rows);
  await home.run(["list", "--data-dir", home.path(".trop")], {
    env: { HOME: "/h/dev" },
    script: '"$@" | cut -f2',
    stdout: "PATH\n~/\n~/a\n/h/developer\n",
  });
});

Deno.test("list orders by the bytes of path and tag, the untagged row first", async () => {
  const keys = [["/a", "b"], ["/a", null], ["/a", "B"], ["/\u{ff5e}", null], ["/\u{1f600}", null]];
  const rows = keys.map(([path, tag]) => ({ path: path!, tag: tag ?? null }));
  await using home = await homeStoring([...rows, { path: "/Z" }]);
  await home.run(["list"], {
    script: '"$@" | tail -n +2 | cut -f2,3',
    stdout: "/Z\t-\n/a\t-\n/a\tB\n/a\tb\n/\u{ff5e}\t-\n/\u{1f600}\t-\n",
  });
});

Deno.test("list keeps every row on its line and every value whole (D03, defect 5)", async () => {
  const row = {
    path: '/a\tb,"c"',
    tag: "x\ny",
    project: "p\x1b[31m",
    task: "größe 你好",
    ...TIMES,
  };
  await using home = await homeStoring([row]);
  await home.run(["list"], {
    stdout: HEADER + line("5000", '/a\\tb,"c"', "x\\ny", "p\\u{1b}[31m", "größe 你好"),
  });
  await home.run(["list", "--format", "csv"], {
    stdout: `${CSV.split("\n")[0]}\n` +
      `5000,"/a\tb,""c""","x\ny",p\x1b[31m,größe 你好,${AT.join(",")}\n`,
  });
  await home.run(["list", "--format", "tsv"], {
    stdout: HEADER.toLowerCase() +
      `5000\t"/a\tb,""c"""\t"x\ny"\tp\x1b[31m\tgröße 你好\t${AT.join("\t")}\n`,
  });
  const { stdout } = await home.run(["list", "--format", "json"], { stdout: /größe 你好/ });
  const [{ path, tag, project, task }] = JSON.parse(stdout);
  assert.deepEqual({ path, tag, project, task }, {
    path: row.path,
    tag: row.tag,
    project: row.project,
    task: row.task,
  });
});

Deno.test("list shows no rows when one of them is damaged", async () => {
  await using home = await homeStoring(ROWS);
  doctor(databaseOf(home), "UPDATE reservations SET project = ' ' WHERE port = 5002");
  await home.run(["list"], {
    status: 6,
    stderr: /^Error: database corruption detected: table=reservations, field=project, key=path=/,
  });
});

/** What `trop list` shows on a terminal of 100 columns, three days after the last use. */
async function shownOnTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  await using home = await homeStoring(ROWS, TREE);
  const host = new FakeHost({
    terminal: true,
    columns: 100,
    cwd: home.directory,
    now: TIMES.lastUsedAt + 3 * 86_400,
    env: { HOME: home.directory, ...env },
  });
  assert.equal(await run(["list", "--filter-project", "shop", ...args], host), 0);
  assert.equal(host.written.stderr.replace(OLD_SQLITE, ""), "");
  return host.written.stdout.replaceAll(home.directory, "HOME");
}

Deno.test("list shows a terminal an aligned table, and what is secondary dimly", async () => {
  const bold = (text: string) => `\x1b[1m${text}\x1b[0m`;
  const dim = (text: string) => `\x1b[2m${text}\x1b[0m`;
  const titles = [
    "PORT",
    "PATH      ",
    "TAG",
    "PROJECT",
    "TASK",
    "CREATED_AT         ",
    "LAST_USED_AT",
  ];
  const head = titles.map((title) => title.replace(/\S+/, bold)).join("  ");
  const times = AT.map(dim).join("  ");
  assert.equal(
    await shownOnTerminal([]),
    `${head}\n5000  ~/shop      ${dim("-")}    shop     ${dim("-")}     ${times}\n` +
      `5001  ~/shop      api  shop     main  ${times}\n` +
      `5003  ~/shopping  api  shop     ${dim("-")}     ${times}\n`,
  );
});

Deno.test("list shows a terminal with NO_COLOR the same without dim letters", async () => {
  assert.equal(
    await shownOnTerminal(["--filter-tag", "api"], { NO_COLOR: "1" }),
    `PORT  PATH        TAG  PROJECT  TASK  CREATED_AT           LAST_USED_AT
5001  ~/shop      api  shop     main  ${AT.join("  ")}
5003  ~/shopping  api  shop     -     ${AT.join("  ")}
`,
  );
});

Deno.test("list --verbose tells a terminal how long ago something was", async () => {
  assert.equal(
    await shownOnTerminal(["--filter-tag", "api", "--verbose"], { NO_COLOR: "1" }),
    `PORT  PATH        TAG  PROJECT  TASK  CREATED_AT  LAST_USED_AT
5001  ~/shop      api  shop     main  4 days ago  3 days ago
5003  ~/shopping  api  shop     -     4 days ago  3 days ago
`,
  );
});

Deno.test("list --show-full-paths cuts nothing, however narrow the terminal", async () => {
  const shown = await shownOnTerminal(["--show-full-paths"], { NO_COLOR: "1" });
  assert(shown.includes(`5003  HOME/shopping  api  shop     -     ${AT.join("  ")}\n`), shown);
});

for (const format of ["json", "csv", "tsv"]) {
  Deno.test(`list --format ${format} is the same on a terminal`, async () => {
    const shown = await shownOnTerminal(["--format", format]);
    await using home = await homeStoring(ROWS, TREE);
    const args = ["list", "--filter-project", "shop", "--format", format];
    await home.run(args, { stdout: shown.replaceAll("HOME", home.directory) });
  });
}

Deno.test({
  name: "list keeps to the width of a real terminal",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const path = `${"a-long-name/".repeat(10)}shop`;
    await using home = await homeStoring([{ path, ...TIMES }]);
    // A session of its own, so that nothing reaches the terminal of the test.
    const script = `exec setsid -w script -qec "stty cols 60; $(printf "'%s' " "$@")" /dev/null`;
    const { stdout } = await home.run(["list"], { script, env: { NO_COLOR: "1" }, stdout: /^/ });
    const [, line = ""] = stdout.split("\r\n");
    assert.match(line, /^5000 {2}….*name\/shop {2}- {4}- {8}- {5}/);
    assert(line.length <= 60, line);
  },
});
