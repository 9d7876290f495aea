import assert from "node:assert/strict";
import fc from "fast-check";
import { editExclusions } from "../../src/config/edit_exclusions.ts";
import {
  addExclusion,
  compactExclusions,
  type Exclusion,
  formatExclusion,
  isExclusion,
  parseExclusion,
} from "../../src/domain/exclusion.ts";
import { decodeConfig } from "./support.ts";

type Change = (current: readonly Exclusion[]) => readonly Exclusion[];

const add = (...texts: readonly string[]): Change => (current) => {
  return texts.map(parseExclusion).reduce(addExclusion, current);
};

function edit(text: string, change: Change): string | undefined {
  const current = exclusionsIn(text);
  return editExclusions(text, current, change(current));
}

function exclusionsIn(text: string): readonly Exclusion[] {
  const { settings, problems } = decodeConfig(text, { file: "x", layer: "project" });
  assert.deepEqual(problems, []);
  return (settings.excluded_ports?.value ?? []).map(({ value }) => value as Exclusion);
}

// A list that is not there yet.
for (
  const [name, before, after] of [
    ["an empty file", "", "excluded_ports:\n  - 1\n  - start: 5\n    end: 6\n"],
    ["comments alone", "# a\n", "# a\nexcluded_ports:\n  - 1\n  - start: 5\n    end: 6\n"],
    [
      "other keys",
      "project: x\n",
      "project: x\nexcluded_ports:\n  - 1\n  - start: 5\n    end: 6\n",
    ],
    [
      "a last line without its end",
      "project: x",
      "project: x\nexcluded_ports:\n  - 1\n  - start: 5\n    end: 6\n",
    ],
    [
      "lines that end in CR LF",
      "project: x\r\n",
      "project: x\r\nexcluded_ports:\r\n  - 1\r\n  - start: 5\r\n    end: 6\r\n",
    ],
    [
      "keys that are indented",
      "  project: x\n",
      "  project: x\n  excluded_ports:\n    - 1\n    - start: 5\n      end: 6\n",
    ],
    [
      "the marks of a document",
      "--- # a\nproject: x\n... # b\n# c\n",
      "--- # a\nproject: x\nexcluded_ports:\n  - 1\n  - start: 5\n    end: 6\n... # b\n# c\n",
    ],
    ["braces", "{project: x} # a", "{project: x, excluded_ports: [1, {start: 5, end: 6}]} # a"],
    ["empty braces", "{}", "{excluded_ports: [1, {start: 5, end: 6}]}"],
    ["a key alone in braces", "{excluded_ports}", "{excluded_ports: [1, {start: 5, end: 6}]}"],
    ["nothing in braces", "{excluded_ports: }", "{excluded_ports: [1, {start: 5, end: 6}] }"],
    ["an empty list", "excluded_ports: []", "excluded_ports: [1, {start: 5, end: 6}]"],
    [
      "null",
      "excluded_ports: ~ # a\nproject: x",
      "excluded_ports: [1, {start: 5, end: 6}] # a\nproject: x",
    ],
    [
      "nothing",
      "excluded_ports: # a\n\n# b\nproject: x\n",
      "excluded_ports: # a\n  - 1\n  - start: 5\n    end: 6\n\n# b\nproject: x\n",
    ],
    ["nothing at the end", "excluded_ports:", "excluded_ports:\n  - 1\n  - start: 5\n    end: 6\n"],
  ] as const
) {
  Deno.test(`a first exclusion goes into ${name}`, () => {
    assert.equal(edit(before, add("1", "5..6")), after);
  });
}

// A list that is there.
for (
  const [name, before, change, after] of [
    [
      "a new entry goes behind the last, comments stay where they are",
      "excluded_ports: # a\n  # b\n  - 1 # c\n\n  # d\n  - 3 # e\n# f\nproject: x\n",
      add("5"),
      "excluded_ports: # a\n  # b\n  - 1 # c\n\n  # d\n  - 3 # e\n  - 5\n# f\nproject: x\n",
    ],
    [
      "a list that is not indented stays so",
      "excluded_ports:\n- 1\nproject: x\n",
      add("5..6"),
      "excluded_ports:\n- 1\n- start: 5\n  end: 6\nproject: x\n",
    ],
    [
      "a list at the end of a file whose last line has no end keeps it so",
      "excluded_ports:\n    - 1 # a",
      add("5"),
      "excluded_ports:\n    - 1 # a\n    - 5",
    ],
    [
      "a range is written as the file writes ranges",
      'excluded_ports:\n  - "10..20"\n',
      add("5..6"),
      'excluded_ports:\n  - "10..20"\n  - "5..6"\n',
    ],
    [
      "also without quotes",
      "excluded_ports:\n  - 10..20\n",
      add("5..6"),
      "excluded_ports:\n  - 10..20\n  - 5..6\n",
    ],
    [
      "a single of text does not make ranges texts",
      "excluded_ports:\n  - '1'\n",
      add("5..6"),
      "excluded_ports:\n  - '1'\n  - start: 5\n    end: 6\n",
    ],
    [
      "an overlap is merged in its place and takes the comments along (D29)",
      "excluded_ports:\n  - 1\n  # two\n  - 2 # zwei\n  - 9\n  - start: 3 # in\n    end: 4 # three\n",
      add("2..5"),
      "excluded_ports:\n  - 1\n  # two\n  # zwei\n  # in\n  # three\n  - start: 2\n    end: 5\n  - 9\n",
    ],
    [
      "compacting sorts and moves comments with their entries",
      "excluded_ports:\n  - 9 # nine\n  - 3 # three\n  # one\n  - 1\n  - 2\n",
      compactExclusions,
      "excluded_ports:\n  # three\n  # one\n  - start: 1\n    end: 3\n  - 9 # nine\n",
    ],
    [
      "a comment right above the first entry belongs to it, one above a gap to the list",
      "excluded_ports:\n  # all\n\n  # nine\n  # neun\n  - 9\n  - 3\n  - 4\n",
      compactExclusions,
      "excluded_ports:\n  # all\n\n  - start: 3\n    end: 4\n  # nine\n  # neun\n  - 9\n",
    ],
    [
      "an entry inside another goes, its comment stays",
      "excluded_ports:\n  - 5..9\n  - 7 # db\n",
      compactExclusions,
      "excluded_ports:\n  # db\n  - 5..9\n",
    ],
    [
      "a list in brackets grows at its end",
      "excluded_ports: [ 1,3,   '7..8' ] # a\n",
      add("5..6"),
      "excluded_ports: [ 1,3,   '7..8',   '5..6' ] # a\n",
    ],
    [
      "brackets over several lines",
      "excluded_ports: [\n  1, # a\n  3, # b\n  # c\n] # d\n",
      add("5..6"),
      "excluded_ports: [\n  1, # a\n  3,\n  {start: 5, end: 6}, # b\n  # c\n] # d\n",
    ],
    [
      "brackets are compacted in one line",
      "excluded_ports: [9, 3,1,  2]\n",
      compactExclusions,
      "excluded_ports: [{start: 1, end: 3},  9]\n",
    ],
    [
      "brackets with comments are compacted to an item a line",
      "excluded_ports: [ # o\n  1, # x\n  2, 3, # y\n  # z\n  77 # e\n]\n",
      compactExclusions,
      "excluded_ports: [\n  # o\n  # x\n  # y\n  {start: 1, end: 3},\n  # z\n  # e\n  77,\n]\n",
    ],
    [
      "anchors stay with what is kept",
      "excluded_ports:\n  - &a-b 7\n  - *a-b\n",
      add("5"),
      "excluded_ports:\n  - &a-b 7\n  - *a-b\n  - 5\n",
    ],
    [
      "entries over several lines",
      "excluded_ports:\n  - {start: 1,\n     end: 2}\n  - |\n    5\n  -  # six\n    6\n",
      add("9"),
      "excluded_ports:\n  - {start: 1,\n     end: 2}\n  - |\n    5\n  -  # six\n    6\n  - 9\n",
    ],
  ] as const
) {
  Deno.test(`editing: ${name}`, () => {
    assert.equal(edit(before, change), after);
  });
}

Deno.test("an alias in place of the list cannot be edited", () => {
  assert.equal(
    editExclusions("x: &a [1]\nexcluded_ports: *a\n", [], [parseExclusion("5")]),
    undefined,
  );
});

Deno.test("of a commented file of 200 lines, only the lines that must change do", async () => {
  const before = await Deno.readTextFile(new URL("./fixtures/long.yaml.txt", import.meta.url));
  assert.equal(before.split("\n").length, 201);
  assert.deepEqual(diff(before, edit(before, add("9000..9010")) ?? ""), ['+124   - "9000..9010"']);
  assert.deepEqual(diff(before, edit(before, add("8081..8090")) ?? ""), [
    '+118   - "8080..8090" # the proxy and its five workers',
    '-118   - "8080..8085" # the proxy and its five workers',
  ]);
  assert.deepEqual(diff(before, edit(before, compactExclusions) ?? ""), [
    '+115   - "5432..5434" # postgres',
    "-110   - 5432 # postgres",
    "-112   - 5433",
    "-114   - 5434",
  ]);
});

/** The lines that go and come, with their numbers in the file they are in. */
function diff(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < old.length && old[start] === now[start]) start++;
  let end = 0;
  while (end < old.length - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const middle = (lines: string[]) => lines.slice(start, lines.length - end);
  const isIn = (lines: string[]) => (line: string) => !lines.includes(line);
  const mark = (sign: string, lines: string[], other: string[]) =>
    middle(lines).filter(isIn(middle(other))).map((line) =>
      `${sign}${lines.indexOf(line) + 1} ${line}`
    );
  return [...mark("-", old, now), ...mark("+", now, old)].toSorted();
}

Deno.test("whatever the file looks like, an edit means what it should and loses no comment", () => {
  fc.assert(
    fc.property(documents, changes, ({ text, head, tail }, change) => {
      const current = exclusionsIn(text);
      const wanted = change(current);
      const edited = editExclusions(text, current, wanted) ?? assert.fail();
      assert.deepEqual(exclusionsIn(edited).map(formatExclusion), wanted.map(formatExclusion));
      assert.ok(edited.startsWith(head));
      assert.ok(edited.endsWith(tail));
      assert.deepEqual(commentsIn(edited), commentsIn(text));
      assert.equal(edited.includes("\r\n"), text.includes("\r\n"));
      assert.equal(/(?<!\r)\n/.test(edited), /(?<!\r)\n/.test(text));
    }),
    { numRuns: 2000, seed: 7 },
  );
});

function commentsIn(text: string): readonly string[] {
  return [...text.matchAll(/#\w+/g)].map(([comment]) => comment).toSorted();
}

const ports = fc.integer({ min: 5000, max: 5030 });
const entries = fc.tuple(ports, fc.nat(4), fc.boolean()).map(([start, length, isRange]) => {
  const entry = {
    form: isRange ? "range" : "single",
    start,
    end: isRange ? start + length : start,
  };
  assert.ok(isExclusion(entry as Exclusion));
  return entry as Exclusion;
});
const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.constant(compactExclusions),
  entries.map((entry): Change => (current) => addExclusion(current, entry)),
);

/** Texts with a list in any style, with comments wherever they may stand. */
const documents = fc.record({
  items: fc.array(entries, { minLength: 1, maxLength: 6 }),
  style: fc.constantFrom("block", "flush", "brackets", "lines"),
  quote: fc.constantFrom("", '"', "'", "mapping"),
  comments: fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }),
  lineEnd: fc.constantFrom("\n", "\r\n"),
  isLast: fc.boolean(),
}).map(({ items, style, quote, comments, lineEnd, isLast }) => {
  let count = 0;
  const comment = (before: string) => comments[count++] ? `${before}#c${count}` : "";
  const write = ({ form, start, end }: Exclusion) => {
    if (form === "single") return `${start}`;
    return quote === "mapping"
      ? `{start: ${start}, end: ${end}}`
      : `${quote}${start}..${end}${quote}`;
  };
  const head = `# head\nproject: 'x'  # p\n\nexcluded_ports:`;
  const indent = style === "block" ? "  " : "";
  const list = style === "block" || style === "flush"
    ? `${comment(" ")}\n` +
      items.map((item) => {
        const lead = comment(indent);
        return `${lead && `${lead}\n`}${indent}- ${write(item)}${comment("  ")}\n`;
      }).join("")
    : style === "brackets"
    ? ` [${items.map(write).join(", ")}]${comment(" ")}\n`
    : ` [${comment(" ")}\n` +
      items.map((item) => `    ${write(item)},${comment(" ")}\n`).join("") + "  ]\n";
  const tail = isLast ? "" : "\n# tail\nports: {min: 5000} # t\n";
  const text = (head + list + tail).replaceAll("\n", lineEnd);
  return { text, head: head.replaceAll("\n", lineEnd), tail: tail.replaceAll("\n", lineEnd) };
});
