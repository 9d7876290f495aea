import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import {
  compareBytes,
  escapeControls,
  escapeJson,
  isStorable,
  quoteAscii,
  trimWhiteSpace,
  utf8Length,
} from "../../src/domain/text.ts";

/** Short texts of characters from all lengths of UTF-8, often alike at the start. */
const wellFormed = fc.array(
  fc.constantFrom("a", "b", "\x7f", "\x80", "ü", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffee")
    .chain((common) => fc.constantFrom(common, "\u{10000}", "\u{1f600}", "\u{10ffff}")),
).map((characters) => characters.join(""));

const anyUnits = fc.string({ unit: "binary" });

Deno.test("compareBytes() orders as the bytes of UTF-8 do", () => {
  fc.assert(fc.property(wellFormed, wellFormed, (left, right) => {
    const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
    assert.equal(Math.sign(compareBytes(left, right)), expected);
  }));
});

for (
  const [first, second, why] of [
    ["", "a", "nothing comes first"],
    ["a", "ab", "a beginning comes before the whole"],
    ["Z", "a", "case counts"],
    ["\uffee", "\u{10000}", "astral characters come last"],
    ["\ue000", "\u{1f600}", "private use comes before astral characters"],
    ["\u{1f600}", "\u{1f601}", "astral characters among themselves"],
  ] as const
) {
  Deno.test(`compareBytes(): ${why}`, () => {
    assert(compareBytes(first, second) < 0);
    assert(compareBytes(second, first) > 0);
    assert.equal(compareBytes(first, first), 0);
  });
}

Deno.test("utf8Length() counts what the encoder writes, also for broken text", () => {
  fc.assert(fc.property(fc.oneof(wellFormed, anyUnits), (text) => {
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length);
  }));
  assert.equal(utf8Length("\ud800ü"), 5);
});

const WHITE_SPACE = [
  ...["\t", "\n", "\v", "\f", "\r", " ", "\u0085", "\u00a0", "\u1680"],
  ...Array.from({ length: 11 }, (_, index) => String.fromCharCode(0x2000 + index)),
  ...["\u2028", "\u2029", "\u202f", "\u205f", "\u3000"],
];

Deno.test("trimWhiteSpace() removes Unicode's White_Space and nothing else", () => {
  for (let unit = 0; unit <= 0xffff; unit++) {
    const character = String.fromCharCode(unit);
    const expected = WHITE_SPACE.includes(character) ? "a" : `${character}a${character}`;
    assert.equal(trimWhiteSpace(`${character}a${character}`), expected, unit.toString(16));
  }
});

for (
  const [text, trimmed] of [
    ["", ""],
    [" \t\u0085\u3000", ""],
    [" a b ", "a b"],
    ["\u0085a\u0085", "a"],
    ["\ufeffa\ufeff", "\ufeffa\ufeff"],
    ["\u200ba", "\u200ba"],
  ] as const
) {
  Deno.test(`trimWhiteSpace(${JSON.stringify(text)})`, () => {
    assert.equal(trimWhiteSpace(text), trimmed);
  });
}

Deno.test("trimWhiteSpace() gets through a megabyte of inner white space", () => {
  // In quadratic time this would take minutes.
  const text = `a${" ".repeat(1_000_000)}b`;
  assert.equal(trimWhiteSpace(text), text);
});

for (
  const [text, storable] of [
    ["", true],
    ["größe 你好 \u{1f600}\n\x1b", true],
    ["a\0", false],
    ["\ud83d", false],
    ["\ude00\ud83d", false],
  ] as const
) {
  Deno.test(`isStorable(${JSON.stringify(text)})`, () => assert.equal(isStorable(text), storable));
}

for (
  const [text, shown] of [
    ['plain größe 你好 \u{1f600} \\n "q"', 'plain größe 你好 \u{1f600} \\n "q"'],
    ["a\tb\nc\rd", "a\\tb\\nc\\rd"],
    ["\x1b[31m\x00\x7f", "\\u{1b}[31m\\u{0}\\u{7f}"],
    ["\u0085\u009b31m", "\\u{85}\\u{9b}31m"],
    ["\u202eexe.txt\u2066", "\\u{202e}exe.txt\\u{2066}"],
    ["\u2028\u2029", "\\u{2028}\\u{2029}"],
    ["\ud800", "\\u{d800}"],
  ] as const
) {
  Deno.test(`escapeControls(${JSON.stringify(text)})`, () => {
    assert.equal(escapeControls(text), shown);
  });
}

Deno.test("escapeControls() leaves nothing that a terminal obeys", () => {
  fc.assert(fc.property(anyUnits, (text) => {
    const shown = escapeControls(text);
    assert.doesNotMatch(shown, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    assert(shown.isWellFormed());
  }));
});

Deno.test("escapeJson() leaves nothing that a terminal obeys, and the value as it was", () => {
  fc.assert(fc.property(anyUnits, (text) => {
    const json = JSON.stringify({ [text]: [text] }, null, 2);
    assert.doesNotMatch(escapeJson(json), /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    assert.deepEqual(JSON.parse(escapeJson(json)), { [text]: [text] });
  }));
});

for (
  const [text, quoted] of [
    ["/w/p", '"/w/p"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["ü\t\x1b\u{1f600}", '"\\u{fc}\\t\\u{1b}\\u{1f600}"'],
    ["\udc00", '"\\u{dc00}"'],
  ] as const
) {
  Deno.test(`quoteAscii(${JSON.stringify(text)})`, () => assert.equal(quoteAscii(text), quoted));
}

Deno.test("quoteAscii() cuts long texts between escapes", () => {
  assert.equal(quoteAscii("abcd", 4), '"abcd"');
  assert.equal(quoteAscii("abcde", 4), '"abcd…"');
  assert.equal(quoteAscii("abüd", 4), '"ab…"');
  assert.equal(quoteAscii("x".repeat(600)).length, 512 + '"…"'.length);
});
