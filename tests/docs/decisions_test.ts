import assert from "node:assert/strict";

const DIRECTORY = new URL("../../docs/decisions/", import.meta.url);

Deno.test("every decision has a number of its own, in its name and in its title", () => {
  const names = [...Deno.readDirSync(DIRECTORY)].map(({ name }) => name).sort();
  const numbers = names.map((name) => {
    const [, title] = /^# (\d+)\. /.exec(Deno.readTextFileSync(new URL(name, DIRECTORY))) ?? [];
    assert.equal(Number(name.slice(0, 4)), Number(title), name);
    return Number(title);
  });
  assert.deepEqual(numbers, names.map((_, index) => index + 1));
});
