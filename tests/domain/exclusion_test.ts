import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addExclusion,
  compactExclusions,
  covers,
  type Exclusion,
  exclusionProblem,
  exclusionTest,
  formatExclusion,
  isExclusion,
  parseExclusion,
  readExclusion,
} from "../../src/domain/exclusion.ts";
import { MAX_PORT } from "../../src/domain/port.ts";
import { TropError } from "../../src/errors.ts";

for (
  const [text, form, start, end] of [
    ["5005", "single", 5005, 5005],
    ["+05005", "single", 5005, 5005],
    ["0", "single", 0, 0],
    ["5000..5010", "range", 5000, 5010],
    ["5000..5000", "range", 5000, 5000],
    ["9000..8000", "range", 9000, 8000],
  ] as const
) {
  Deno.test(`readExclusion() reads "${text}"`, () => {
    assert.deepEqual(readExclusion(text), { entry: { form, start, end } });
  });
}

for (
  const [text, part] of [
    ["", ""],
    ["abc", "abc"],
    ["5000-5010", "5000-5010"],
    ["5000..=5010", "=5010"],
    ["5000...5010", ".5010"],
    ["5000..", ""],
    ["..5000", ""],
    ["1..2..3", "2..3"],
    ["70000", "70000"],
    ["-1", "-1"],
    ["5_000", "5_000"],
    ["5000 ..5010", "5000 "],
    ["0x10", "0x10"],
  ] as const
) {
  Deno.test(`readExclusion() refuses "${text}" for its part "${part}"`, () => {
    assert.deepEqual(readExclusion(text), { part, problem: "want a port from 1 to 65535" });
  });
}

Deno.test("readExclusion() allows blanks around each number where it is told to", () => {
  const entry = { form: "range", start: 5000, end: 5010 };
  assert.deepEqual(readExclusion(" 5000 .. 5010 ", { blanks: true }), { entry });
});

for (
  const [text, problem] of [
    ["0", "want a port from 1 to 65535, found 0"],
    ["0..5", "want a port from 1 to 65535, found 0"],
    ["9000..8000", "the range 9000..8000 ends before it starts"],
    ["secret", "want a port such as 5005, or a range such as 5000..5010"],
  ] as const
) {
  Deno.test(`parseExclusion() refuses "${text}" without writing it down (D27)`, () => {
    const message = `Cannot read the port or range: ${problem}`;
    assert.throws(
      () => parseExclusion(text),
      new TropError({ code: "invalid-arguments", message }),
    );
  });
}

Deno.test("exclusionProblem() finds nothing wrong with a range of one port", () => {
  assert.equal(exclusionProblem({ form: "range", start: 5, end: 5 }), undefined);
});

for (
  const [list, added, expected, why] of [
    ["", "5005", "5005", "an empty list"],
    ["9000, 80", "5005", "9000, 80, 5005", "at the end, whatever the order"],
    ["5005", "5005", "5005", "an identical entry"],
    ["5000..5010", "5005", "5000..5010", "a port inside a range (D29)"],
    ["5000..5004, 5005..5010", "5003..5007", "5000..5004, 5005..5010", "covered by two together"],
    ["80, 5000..5010, 90", "5005..5020", "80, 5000..5020, 90", "an overlap is merged in place"],
    ["5001, 80, 5003, 5001", "5000..5004", "5000..5004, 80", "all that overlap become one"],
    ["5000..5004", "5005..5010", "5000..5004, 5005..5010", "what merely touches stays apart"],
    ["5005", "5005..5005", "5005", "the other form of the same port"],
  ] as const
) {
  Deno.test(`addExclusion() adds ${added} to [${list}]: ${why}`, () => {
    const result = addExclusion(parseList(list), parseExclusion(added));
    assert.equal(result.map(formatExclusion).join(", "), expected);
  });
}

Deno.test("addExclusion() returns the very list when there is nothing to add", () => {
  const list = parseList("5000..5010");
  assert.equal(addExclusion(list, parseExclusion("5002..5003")), list);
});

Deno.test("addExclusion() is a union of sets", () => {
  fc.assert(fc.property(lists, exclusions, (list, added) => {
    const union = new Set([...portsOf(list), ...portsOf([added])]);
    assert.deepEqual(portsOf(addExclusion(list, added)), sorted(union));
  }));
});

Deno.test("compactExclusions() keeps the set, ascends, and leaves nothing to join", () => {
  fc.assert(fc.property(lists, (list) => {
    const compact = compactExclusions(list);
    assert.deepEqual(portsOf(compact), portsOf(list));
    assert.ok(compact.length <= list.length);
    assert.deepEqual(compactExclusions(compact), compact);
    compact.forEach((entry, index) => {
      const before = compact[index - 1];
      if (before !== undefined) assert.ok(before.end + 1 < entry.start);
      assert.equal(entry.form, entry.start === entry.end ? "single" : "range");
    });
  }));
});

Deno.test("covers() and exclusionTest() agree with the set", () => {
  fc.assert(fc.property(lists, exclusions, (list, other) => {
    const set = new Set(portsOf(list));
    assert.equal(covers(list, other), portsOf([other]).every((port) => set.has(port)));
    const isExcluded = exclusionTest(list);
    for (const port of [0, other.start, other.end, MAX_PORT]) {
      assert.equal(isExcluded(port), set.has(port));
    }
  }));
});

Deno.test("formatExclusion() and readExclusion() are inverse", () => {
  fc.assert(fc.property(exclusions, (entry) => {
    assert.deepEqual(readExclusion(formatExclusion(entry)), { entry });
  }));
});

// Few ports, so that entries overlap and touch; the two ends, where an error of one would show.
const ports = fc.oneof(fc.integer({ min: 5000, max: 5040 }), fc.constantFrom(1, 2, 65534, 65535));
const exclusions: fc.Arbitrary<Exclusion> = fc.oneof(
  ports.map((port) => ({ form: "single", start: port, end: port })),
  fc.tuple(ports, fc.nat(8)).map(([start, length]) => {
    return { form: "range", start, end: Math.min(start + length, MAX_PORT) };
  }),
).filter((entry) => isExclusion(entry as Exclusion)) as fc.Arbitrary<Exclusion>;
const lists = fc.array(exclusions, { maxLength: 12 });

function parseList(text: string): readonly Exclusion[] {
  return text === "" ? [] : text.split(", ").map(parseExclusion);
}

function portsOf(list: readonly Exclusion[]): readonly number[] {
  const ports = new Set<number>();
  for (const { start, end } of list) {
    for (let port: number = start; port <= end; port++) ports.add(port);
  }
  return sorted(ports);
}

function sorted(ports: Iterable<number>): readonly number[] {
  return [...ports].toSorted((a, b) => a - b);
}
