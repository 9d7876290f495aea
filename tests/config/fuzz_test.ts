/**
 * Random configuration files, held against a simple model of the dialect: pieces of text of which
 * it is known what they stand for, or that they stand for nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { schemaOf } from "../../scripts/generate_schema.ts";
import { checkFile } from "../../src/config/rules.ts";
import { type Key, KEYS, SECTIONS, type Setting, settingOf } from "../../src/config/settings.ts";
import { Random } from "../support/random.ts";
import { decodeConfig, plain } from "./support.ts";

/** A text and what it stands for. */
type Sample = readonly [text: string, meaning: unknown];

/** Makes a file refused. */
const REFUSED = Symbol("refused");
/** The same as leaving the key out. */
const ABSENT = Symbol("absent");

const single = (port: number) => ({ form: "single", start: port, end: port });
const NULLS: readonly Sample[] = [["~", ABSENT], ["null", ABSENT], ["", ABSENT], ["Null", ABSENT]];
const WRONG: readonly Sample[] = [["[a]", REFUSED], ["{a: 1}", REFUSED], ["!!str x", REFUSED]];

const INTEGERS: readonly Sample[] = [
  ["1", 1],
  ["+7", 7],
  ["0x1F", 31],
  ["0o17", 15],
  ["0b11", 3],
  ["65535", 65535],
  ["0", 0],
  ["007", REFUSED],
  ["-1", REFUSED],
  ["1.0", REFUSED],
  ["'1'", REFUSED],
  ["1_0", REFUSED],
  ["x", REFUSED],
  ["true", REFUSED],
  ["99999999999999999999999", REFUSED],
];

const SAMPLES: Readonly<Record<Setting["type"], readonly Sample[]>> = {
  text: [
    ["shop", "shop"],
    ["'a b'", "a b"],
    ['"a\\tb"', "a\tb"],
    ["007", "007"],
    ["true", "true"],
    ["'~'", "~"],
    ["a#b", "a#b"],
    ["größe", "größe"],
  ],
  boolean: [
    ["true", true],
    ["True", true],
    ["FALSE", false],
    ["yes", REFUSED],
    ["off", REFUSED],
    ["'true'", REFUSED],
    ["1", REFUSED],
    ["tRue", REFUSED],
  ],
  choice: [
    ["json", "json"],
    ["'csv'", "csv"],
    ["JSON", REFUSED],
    ["xml", REFUSED],
    ["1", REFUSED],
  ],
  uint16: [...INTEGERS, ["65536", REFUSED]],
  uint32: [...INTEGERS, ["4294967295", 4294967295], ["4294967296", REFUSED]],
  uint64: [...INTEGERS, ["4294967296", 4294967296]],
  exclusions: [
    ["[]", []],
    ["[80, 0x50, '81']", [single(80), single(80), single(81)]],
    ["[80..90]", [{ form: "range", start: 80, end: 90 }]],
    ["['9 .. 8', {end: 2, start: 1, x: y}]", [
      { form: "range", start: 9, end: 8 },
      { form: "range", start: 1, end: 2 },
    ]],
    ["[80-90]", REFUSED],
    ["[70000]", REFUSED],
    ["[~]", REFUSED],
    ["[[80]]", REFUSED],
    ["[{start: 1}]", REFUSED],
    ["[{start: 1, end: 2, end: 3}]", REFUSED],
    ["80", REFUSED],
  ],
  group: [
    ["{services: }", { services: [] }],
    ["{services: {a: , b: {offset: 1}}}", {
      services: [{ tag: "a" }, { tag: "b", offset: 1 }],
    }],
    ["{base: 80, services: {'x y': {env: A, preferred: ~}}}", {
      base: 80,
      services: [{ tag: "x y", env: "A" }],
    }],
    ["{}", REFUSED],
    ["{services: ~}", REFUSED],
    ["{services: {a: ~}}", REFUSED],
    ["{services: {a: {}, a: {}}}", REFUSED],
    ["{services: {a: {port: 1}}}", REFUSED],
    ["{services: {a: {offset: x}}}", REFUSED],
    ["{services: {}, bass: 1}", REFUSED],
  ],
};

/** The choices that no project makes; any other is one of a format. */
const CHOICES: Partial<Record<Key, readonly Sample[]>> = {
  discovery: [["checkout", "checkout"], ["'filesystem'", "filesystem"], ["git", REFUSED]],
  sqlite_journal: [["auto", "auto"], ["'wal'", "wal"], ["rollback", "rollback"], ["off", REFUSED]],
};

/** A random file; `expected` is what it says, or `undefined` when it has to be refused. */
function randomDocument(random: Random): {
  readonly text: string;
  readonly expected: Record<string, unknown> | undefined;
} {
  const lines = new Map<string, string[]>();
  const expected: Record<string, unknown> = {};
  let isRefused = false;
  const density = random.pick([60, 80, 95]);
  for (const key of KEYS) {
    if (settingOf(key).files.length === 0 || random.chance(density)) continue;
    const [text, meaning] = randomValue(random, key);
    if (meaning === REFUSED) isRefused = true;
    else if (meaning !== ABSENT) expected[key] = meaning;
    else if (key === "reservations") expected[key] = null;
    const [section = "", name] = key.split(".");
    const line = `${name ?? key}:${text && ` ${text}`}`;
    lines.set(section, [...lines.get(section) ?? [], line]);
    if (random.chance(1)) {
      isRefused = true;
      lines.get(section)?.push(random.pick([line, "typo: 1", "<<: {}", "[a]: b"]));
    }
  }
  const order = [...lines].toSorted(() => random.below(2) - 0.5);
  const text = order.map(([section, lines]) => write(random, section, lines)).join("");
  return { text, expected: isRefused ? undefined : expected };
}

function randomValue(random: Random, key: Key): Sample {
  if (random.chance(2)) return random.pick(WRONG);
  if (random.chance(8)) return random.pick(NULLS);
  const samples = CHOICES[key] ?? SAMPLES[settingOf(key).type];
  // Most values should be good, so that what a file says can be compared.
  const good = samples.filter(([, meaning]) => meaning !== REFUSED);
  return random.pick(random.chance(97) ? good : samples);
}

/** A key of the file, or a section with its keys in one of the two styles. */
function write(random: Random, section: string, lines: readonly string[]): string {
  const comment = () => random.chance(10) ? " # comment, 'quoted" : "";
  if (!(section in SECTIONS)) return lines.map((line) => `${line}${comment()}\n`).join("");
  if (random.chance(30)) return `${section}: {${lines.join(", ")}}${comment()}\n`;
  const indent = " ".repeat(1 + random.below(4));
  const block = lines.map((line) => `${indent}${line}${comment()}\n`).join("");
  return `${section}:${comment()}\n${block}`;
}

/** A file of a project that has been damaged in a few places. */
function damage(random: Random, text: string): string {
  let damaged = text;
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(damaged.length + 1);
    const length = random.chance(50) ? 0 : random.below(4);
    const inserted = random.chance(30) ? "" : random.pick(NOISE);
    damaged = damaged.slice(0, at) + inserted + damaged.slice(at + length);
  }
  return damaged;
}

const NOISE = [
  ..."{}[]:,#&*!|>'\"%@`-?~+.=<\\ \n\t\r\0\x1b\ud800é0a\u{1f980}",
  "- ",
  ": ",
  "&a ",
  "*a",
  "<<: ",
];

/** Everything about a file that may be asked. */
function judge(text: string, layer: "user" | "project") {
  const { settings, problems } = decodeConfig(text, { file: "x", layer });
  const broken = [...checkFile(settings, layer)];
  const lineCount = text.split("\n").length;
  for (const { source, message } of [...problems, ...broken]) {
    assert.ok("line" in source && source.line >= 1 && source.column >= 1);
    assert.ok(source.line <= lineCount, `line ${source.line}`);
    assert.ok(message !== "" && !message.includes("\n"));
  }
  return {
    settings,
    isParsed: problems.length === 0,
    isAccepted: problems.length + broken.length === 0,
  };
}

Deno.test("14,000 random files mean what the model says, or are refused where it says so", () => {
  let accepted = 0;
  for (let seed = 0; seed < 14_000; seed++) {
    const random = new Random(seed);
    const { text, expected } = randomDocument(random);
    const { settings, isParsed } = judge(text, "project");
    const name = `seed ${seed}: ${JSON.stringify(text)}`;
    assert.equal(isParsed, expected !== undefined, name);
    if (expected !== undefined) assert.deepEqual(plain(settings), expected, name);
    accepted += Number(isParsed);
  }
  assert.ok(accepted > 4000 && accepted < 12_000, `${accepted} were accepted`);
});

Deno.test("of 6,000 damaged files none is accepted that the schema refuses", () => {
  const isValid = new Ajv({ allowUnionTypes: true }).compile(schemaOf("project"));
  let accepted = 0;
  for (let seed = 0; seed < 6000; seed++) {
    const random = new Random(1_000_000 + seed);
    const text = damage(random, randomDocument(random).text);
    if (!judge(text, "project").isAccepted) continue;
    accepted++;
    // YAML itself knows neither `0b11` nor `+0x1F`; here both are numbers.
    const standard = text.replace(/\b0b1+\b/g, "3").replace(/\+(?=0[xo])/g, "");
    assert.ok(isValid(parse(standard)), `seed ${seed}: ${JSON.stringify(text)}`);
  }
  assert.ok(accepted > 250, `${accepted} were accepted`);
});

const LONG = 1 << 16;

for (
  const [name, text] of [
    ["a list of ports", `excluded_ports:\n${"  - 5000\n".repeat(LONG / 9)}`],
    ["keys", Array.from({ length: LONG / 8 }, (_, index) => `k${index}: 1\n`).join("")],
    ["repeated keys", "project: x\n".repeat(LONG / 11)],
    ["open brackets", `project: ${"[".repeat(LONG)}`],
    ["closed brackets", `project: ${"[".repeat(LONG / 2)}${"]".repeat(LONG / 2)}`],
    ["open braces", `ports: ${"{a: ".repeat(LONG / 4)}`],
    ["nested lists", "- ".repeat(LONG / 2)],
    ["nested keys", "? ".repeat(LONG / 2)],
    [
      "nested mappings",
      Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join(""),
    ],
    ["anchors and aliases", `excluded_ports: [${"&a 1, *a, ".repeat(LONG / 10)}]`],
    ["a bomb of aliases", bomb()],
    ["an alias inside its anchor", "excluded_ports: &a [*a]\nports: &b {min: *b}\n"],
    ["commas", `{${",".repeat(LONG)}`],
    ["closing brackets", "]".repeat(LONG)],
    ["colons", ": ".repeat(LONG / 2)],
    ["documents", "---\n".repeat(LONG / 4)],
    ["digits", `ports: {min: ${"9".repeat(LONG)}}`],
    ["one long text", `project: "${"x".repeat(LONG)}"`],
    ["comments", "# x\n".repeat(LONG / 4)],
    ["blank lines", "\n".repeat(LONG)],
  ] as const
) {
  Deno.test(`a file of ${name} comes to an end`, () => {
    judge(text, "project");
    judge(text, "user");
  });
}

/** Every list holds the one before ten times: with thirty lists, 10^30 ports. */
function bomb(): string {
  const lists = Array.from({ length: 30 }, (_, index) => {
    return `  - &l${index + 1} [${`*l${index}, `.repeat(10)}]\n`;
  });
  return `excluded_ports:\n  - &l0 5000\n${lists.join("")}`;
}
