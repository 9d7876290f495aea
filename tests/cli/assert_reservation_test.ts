import assert from "node:assert/strict";
import type { Circumstances, Expectation } from "../support/program.ts";
import { homeStoring, storedIn } from "../support/stored.ts";

const ROWS = [{ path: "shop" }, { path: "shop", tag: "api" }, { path: "blog", tag: "api" }];

type Row = readonly [args: string, wanted: Circumstances & Expectation];

/** The working directory is `shop`; `HOME` stands for the home directory. */
const TABLE: readonly Row[] = [
  ["", { stdout: "5000\n" }],
  ["--quiet", {}],
  ["--verbose", { stdout: "5000\n" }],
  ["--not", { status: 1, stderr: "Error: Assertion failed: HOME/shop has port 5000\n" }],
  ["--not --quiet", { status: 1, stderr: "Error: Assertion failed: HOME/shop has port 5000\n" }],
  ["--tag api", { stdout: "5001\n" }],
  ["--tag %20api%20", { stdout: "5001\n" }],
  ["--tag api --not", {
    status: 1,
    stderr: /^Error: Assertion failed: .*shop:api has port 5001\n$/,
  }],
  ["--tag nope", {
    status: 1,
    stderr: "Error: Assertion failed: HOME/shop:nope has no reservation\n",
  }],
  ["--tag nope --quiet", { status: 1, stderr: /^Error: Assertion failed: / }],
  ["--tag nope --not", {}],
  ["--tag API", { status: 1, stderr: /^Error: Assertion failed: / }],
  ["", { cwd: "blog", status: 1, stderr: /blog has no reservation\n$/ }],
  ["--path ../blog --tag api", { stdout: "5002\n" }],
  ["--path ~/blog --tag api", { cwd: "/", stdout: "5002\n" }],
  ["--tag api", { env: { TROP_PATH: "../blog" }, stdout: "5002\n" }],
  ["--tag api --path .", { env: { TROP_PATH: "../blog" }, stdout: "5001\n" }],
  ["--path=", { status: 2, stderr: /^error: / }],
  ["--path /../x", { status: 6, stderr: /^Error: invalid path / }],
  ["--data-dir ../none --disable-autoinit", { status: 3, stderr: /^Error: Data directory not / }],
];

Deno.test("assert-reservation answers for one key, and counts as no use", async () => {
  await using home = await homeStoring(ROWS, { shop: {}, blog: {} });
  const before = storedIn(home);
  for (const [args, { stderr, ...wanted }] of TABLE) {
    const words = args.split(" ").filter(Boolean).map((word) => word.replaceAll("%20", " "));
    await home.run(["assert-reservation", ...words], {
      cwd: "shop",
      ...wanted,
      ...(stderr !== undefined && {
        stderr: typeof stderr === "string" ? stderr.replaceAll("HOME", home.directory) : stderr,
      }),
    });
  }
  assert.deepEqual(storedIn(home), before);
  assert.equal(await home.exists("none"), false);
});
