import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { makePage } from "../../bench/page.ts";
import { readResults } from "../../bench/results.ts";
import { run } from "../../scripts/run.ts";

const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));

Deno.test("docs/benchmarks.md and its drawings are made of bench/results.json", async () => {
  const { text, drawings } = makePage(await readResults());
  assert.equal(await Deno.readTextFile(`${DOCS}benchmarks.md`), await format(text, "md"));
  const names = [...Deno.readDirSync(`${DOCS}benchmarks`)].map(({ name }) => name);
  assert.deepEqual(names.sort(), Object.keys(drawings).sort());
  for (const [name, drawing] of Object.entries(drawings)) {
    const found = await Deno.readTextFile(`${DOCS}benchmarks/${name}`);
    assert.equal(found, await format(drawing, "svg"));
    assert(text.includes(`(benchmarks/${name})`), name);
  }
});

function format(text: string, extension: string): Promise<string> {
  return run(Deno.execPath(), ["fmt", `--ext=${extension}`, "-"], text);
}

Deno.test("the page says nothing of a section that was not measured", () => {
  const { text, drawings } = makePage({});
  assert.deepEqual(drawings, {});
  assert(!text.includes("Many at once"));
});
