import assert from "node:assert/strict";
import { generateDocs, staleDocs } from "../../scripts/generate_docs.ts";
import { hasProgram } from "../support/typing.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("a document that differs, one that is missing and one too many are stale", async () => {
  const docs = new Map(await generateDocs());
  assert.deepEqual(await staleDocs(docs), []);
  docs.set("docs/cli.md", "another text");
  docs.set("man/trop-new.1", "a new page");
  docs.delete("man/trop-list.1");
  assert.deepEqual(await staleDocs(docs), ["docs/cli.md", "man/trop-new.1", "man/trop-list.1"]);
});

const hasMandoc = hasProgram("mandoc");
Deno.test({
  name: `mandoc finds nothing to say about the manual${hasMandoc ? "" : " (ignored: no mandoc)"}`,
  ignore: !hasMandoc,
  async fn() {
    const pages = [...(await generateDocs()).keys()].filter((path) => path.startsWith("man/"));
    const { stdout, stderr } = new Deno.Command("mandoc", {
      args: ["-T", "lint", ...pages],
      cwd: ROOT,
    }).outputSync();
    const decoder = new TextDecoder();
    assert.equal(decoder.decode(stdout) + decoder.decode(stderr), "");
  },
});
