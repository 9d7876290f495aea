import assert from "node:assert/strict";
import { homeStoring } from "../support/stored.ts";

Deno.test("assert-port answers for a port, whoever has it", async () => {
  await using home = await homeStoring([{ port: 5001, path: "/elsewhere" }]);
  const failed = (state: string) => ({
    status: 1,
    stderr: `Error: Assertion failed: port ${state}\n`,
  });
  for (
    const [args, wanted] of [
      ["5001", {}],
      ["+05001", {}],
      ["5001 --not", failed("5001 is reserved")],
      ["5001 --not --quiet", failed("5001 is reserved")],
      ["5002", failed("5002 is not reserved")],
      ["5002 --not", {}],
      ["0", { status: 4, stderr: /^Error: Invalid arguments: .*"0"/ }],
      ["0 --data-dir none", { status: 4, stderr: /^Error: Invalid arguments: / }],
      ["65536", { status: 2, stderr: /^error: / }],
      ["x", { status: 2, stderr: /^error: / }],
      ["", { status: 2, stderr: /^error: .*PORT/ }],
      ["5001 5002", { status: 2, stderr: /^error: / }],
    ] as const
  ) {
    await home.run(["assert-port", ...args.split(" ").filter(Boolean)], wanted);
  }
  assert.equal(await home.exists("none"), false, "port 0 creates no database");
});
