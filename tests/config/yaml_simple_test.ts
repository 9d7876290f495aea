import assert from "node:assert/strict";
import { sampleConfig } from "../../src/config/sample.ts";
import { parseYaml } from "../../src/config/yaml_document.ts";
import { parseSimpleYaml } from "../../src/config/yaml_simple.ts";
import { Random } from "../support/random.ts";

const CONFIG = `# Größe
project: my shop  # and a comment

ports:
    min: 5000
    max: 0x1fff
excluded_ports:
- 5005
- "5010..5019"
-   {start: 6000, end: 6010}
reservations:
  # Deeper than what follows
      # and deeper still.
  services:
    web: { offset: 0, env: WEB_PORT }
    api: {offset: 1 , preferred: 5001}
    db:
      offset: 2
`;

for (
  const text of [
    "",
    "\n\n",
    "# nothing\n  # here",
    CONFIG,
    CONFIG.trimEnd(),
    CONFIG.replaceAll("\n", "\r\n"),
    "project: ~",
    "größe: größe L",
    "project: ''",
    'project: "a # b: [c]"',
    "excluded_ports: []",
    "excluded_ports:\n  - [1, 2]\n  - {}",
    "a: 1\na: 2",
    sampleConfig(),
    sampleConfig().replaceAll(/^# (?=\S+:( |$)| {2})/gm, ""),
  ]
) {
  Deno.test(`a simple text is read without the YAML package: ${JSON.stringify(text.slice(0, 40))}`, () => {
    const document = parseSimpleYaml(text);
    assert(document !== undefined);
    assert.deepEqual(document, parseYaml(text));
  });
}

for (
  const text of [
    "hello",
    "a:",
    "a:\nb: 1",
    "a: b: c",
    "a: b\n  c",
    "a: b\n  - c",
    "a:b",
    "a: &x 1",
    "a: *x",
    "a: !!int 1",
    "a: |\n  text",
    "a: >-\n  text",
    "a: 'it''s'",
    'a: "\\t"',
    'a: "b\n  c"',
    "a: 'b' c",
    "a: {b: 1,}",
    "a: {b}",
    "a: {b:1}",
    "a: [1\n]",
    "a: [1, 2",
    "a: 1]",
    "- - a",
    "- a: 1",
    "-",
    "? a\n: b",
    "'a': b",
    " a: 1\nb: 2",
    "a:\n    b: 1\n  c: 2",
    "a:\n  - 1\n - 2",
    "- 1\na: 2",
    "a: 1\n- 2",
    "a:\tb",
    "a: b\rc: d",
    "---\na: 1",
    "a: 1\n...\n",
    "%YAML 1.2\n---\na: 1",
    "<<: 1",
    "大きさ: 1",
    "a: #b",
    "a: b#c",
    `a: ${"[".repeat(50)}${"]".repeat(50)}`,
    Array.from({ length: 50 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("") +
    `${" ".repeat(50)}a: 1`,
  ]
) {
  Deno.test(`the YAML package is asked about ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.equal(parseSimpleYaml(text), undefined);
  });
}

const PIECES = [
  "a",
  "b1",
  "my shop",
  "5000..5010",
  "0x1F",
  "~",
  "null",
  "true",
  ".5",
  "...",
  "-",
  "--",
  "---",
  "+1",
  "/w",
  "@x",
  "<<",
  ":",
  ": ",
  ":  ",
  " :",
  "- ",
  "-  ",
  "#",
  " # c",
  "# ö",
  ",",
  ", ",
  " ,",
  "{",
  "}",
  "{ ",
  " }",
  "[",
  "]",
  "[]",
  "{}",
  "'x y'",
  "'",
  '"',
  '"x: #y"',
  "'a''b'",
  '"\\n"',
  "&n ",
  "*n",
  "!t ",
  "|",
  ">",
  "?",
  "? ",
  "%",
  "`",
  "ö",
  "\n",
  "\n",
  "\n",
  "\n  ",
  "\n  ",
  "\n    ",
  "\n ",
  "\n- ",
  "\n  - ",
  "\nk: ",
  "\nk:",
  "\n  k: ",
  "\n  k:",
  " ",
  "  ",
  "\t",
  "\r\n",
];

Deno.test("whatever is read without the YAML package is read as the package reads it", () => {
  const random = new Random(1);
  let simple = 0;
  for (let round = 0; round < 60_000; round++) {
    const text = random.chance(70)
      ? Array.from({ length: 1 + random.below(9) }, () => random.pick(PIECES)).join("")
      : mutated(CONFIG, random);
    const document = parseSimpleYaml(text);
    if (document === undefined) continue;
    simple++;
    assert.deepEqual(document, parseYaml(text), JSON.stringify(text));
  }
  assert(simple > 6_000, `${simple} were simple`);
});

/** `text` with a few pieces put in, taken out or doubled. */
function mutated(text: string, random: Random): string {
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(text.length);
    const until = at + (random.chance(50) ? 0 : random.below(6));
    text = text.slice(0, at) + (random.chance(70) ? random.pick(PIECES) : "") + text.slice(until);
  }
  return text;
}
