import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

const DOCUMENTS = [
  ...markdownIn(""),
  ...markdownIn("docs/"),
  ...markdownIn("docs/decisions/"),
];

function markdownIn(directory: string): string[] {
  return [...Deno.readDirSync(new URL(directory, ROOT))]
    .filter(({ name, isFile }) => isFile && name.endsWith(".md"))
    .map(({ name }) => directory + name);
}

for (const document of DOCUMENTS) {
  Deno.test(`${document} links to files that are there`, () => {
    const text = Deno.readTextFileSync(new URL(document, ROOT));
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const missing = targets.filter((target) => {
      return !/^[a-z]+:/.test(target) && !isThere(new URL(target, new URL(document, ROOT)));
    });
    assert.deepEqual(missing, []);
  });
}

/** Whether a link leads to a file, and to a heading of it if it names one. */
function isThere(target: URL): boolean {
  const { hash } = target;
  target.hash = "";
  try {
    const { isDirectory } = Deno.statSync(target);
    if (hash === "" || isDirectory) return true;
    return anchors(Deno.readTextFileSync(target)).includes(hash.slice(1));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => {
    return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
  });
}
