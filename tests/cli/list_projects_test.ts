import assert from "node:assert/strict";
import { trop } from "../support/program.ts";
import { homeStoring, storedIn } from "../support/stored.ts";

Deno.test("list-projects prints each project once, in the order of its bytes", async () => {
  const projects = ["shop", null, "blog", "shop", "Zoo", "zoë", "\u{ff5e}", "\u{1f600}"];
  await using home = await homeStoring(
    projects.map((project, index) => ({ path: `/w/${index}`, project })),
  );
  const before = storedIn(home);
  const stdout = "Zoo\nblog\nshop\nzoë\n\u{ff5e}\n\u{1f600}\n";
  for (const flags of [[], ["--quiet"], ["--verbose"]]) {
    await home.run(["list-projects", ...flags], { stdout });
  }
  assert.deepEqual(storedIn(home), before);
});

Deno.test("list-projects prints nothing without projects", async () => {
  await using home = await trop.home();
  await home.run(["list-projects", "--disable-autoinit"], {
    status: 3,
    stderr: /^Error: Data directory not found/,
  });
  await home.run(["list-projects"]);
  await home.run(["list-projects", "x"], { status: 2, stderr: /^error: / });
});

Deno.test("list-projects keeps a project on its line (D03, defect 5)", async () => {
  await using home = await homeStoring([{ project: "a\nb\x1b[31m" }]);
  await home.run(["list-projects"], { stdout: "a\\nb\\u{1b}[31m\n" });
});
