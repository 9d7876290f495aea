import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { linkParts } from "../../scripts/link_parts.ts";

/** What the parts write down when they run, in the order in which they do. */
const log: unknown[] = [];
Object.assign(globalThis, { linkedPartsLog: log });

const MAPS = { version: 3, names: [], mappings: "AAAA" };

/** Links parts, given by their code, all of them with or without parentheses, and runs them. */
async function run(codes: Readonly<Record<string, string>>, isCommon: boolean): Promise<unknown[]> {
  const { code } = link(codes, isCommon);
  log.length = 0;
  const main = code.replaceAll("log(", "linkedPartsLog.push(");
  await import(`data:text/javascript,${encodeURIComponent(`${main}\n// ${isCommon}`)}`);
  return [...log];
}

function link(codes: Readonly<Record<string, string>>, isCommon = false) {
  const parts = Object.entries(codes).map(([name, code]) => {
    const map = JSON.stringify({ ...MAPS, sources: [`src/${name}`] });
    return [name, { code, map, isCommon }] as const;
  });
  return linkParts(new Map(parts), "main.js");
}

for (
  const [name, codes, expected] of [
    ["one part is the program", { "main.js": "log(1)" }, [1]],
    [
      "names are imported, also under other names",
      {
        "main.js": 'import{a,b as c}from"./x.js";import"./y.js";log(a+c);',
        "x.js": "var a=1,d=2;export{a,d as b};",
        "y.js": 'log("y")',
      },
      ["y", 3],
    ],
    [
      "a part runs once, and before what imports it",
      {
        "main.js": 'import{a}from"./x.js";import{b}from"./y.js";log(a+b);',
        "x.js": 'import{b}from"./y.js";log("x");var a=1;export{a};',
        "y.js": 'log("y");var b=2;export{b};',
      },
      ["y", "x", 3],
    ],
    [
      "a part that is imported when it is needed does not run before",
      {
        "main.js":
          'log("main");var m=await import("./x.js");log(m.a,(await import("./x.js")).f());',
        "x.js": 'log("x");var a=1;function f(){return a+1}export{a,f};',
      },
      ["main", "x", 1, 2],
    ],
    [
      "a part that waits is waited for, through others too",
      {
        "main.js": 'import{b}from"./y.js";log(b);',
        "x.js": "var a;{for await(var p of[1])a=await p}export{a};",
        "y.js": 'import{a}from"./x.js";var b=a+1;export{b};',
      },
      [2],
    ],
    [
      "a part without exports runs once as well, and may end in a comment",
      {
        "main.js": 'import"./x.js";import"./y.js";',
        "x.js": 'log("x")// the end',
        "y.js": 'import"./x.js";log("y")',
      },
      ["x", "y"],
    ],
    [
      "a part has no `this`",
      { "main.js": 'import"./x.js";', "x.js": "log(this)" },
      [undefined],
    ],
    [
      "what looks like an import is none",
      { "main.js": "log('import(\"./x.js\")')" },
      ['import("./x.js")'],
    ],
    [
      "a part that waits for the end of what it uses is waited for",
      {
        "main.js": 'import{a}from"./x.js";log(a);',
        "x.js": 'await using r={async[Symbol.asyncDispose](){log("x")}};var a=1;export{a};',
      },
      ["x", 1],
    ],
    [
      "names of one part are not those of another",
      {
        "main.js": 'import{a}from"./x.js";var b=1;log(a(),b);',
        "x.js": "var b=5;function a(){return b}export{a};",
      },
      [5, 1],
    ],
  ] as const
) {
  Deno.test(`linked: ${name}`, async () => {
    assert.deepEqual(await run(codes, false), expected);
    assert.deepEqual(await run(codes, true), expected);
  });
}

Deno.test("what a common part is made of is compiled at once, another is not", () => {
  const codes = { "main.js": 'import"./x.js";', "x.js": "log(1)" };
  assert.match(link(codes, true).code, /^\(function\(\)\{log\(1\)\nreturn\{\}\}\)/m);
  assert.match(link(codes, false).code, /^function\(\)\{log\(1\)\nreturn\{\}\}/m);
});

Deno.test("the source map leads to the sources of the parts", () => {
  const { code, map } = link({ "main.js": 'import"./x.js";log(0)', "x.js": "log(1)" });
  const lines = code.split("\n");
  const found = ["log(0)", "log(1)"].map((text) => {
    const line = lines.findIndex((line) => line.includes(text));
    const entry = new SourceMap(JSON.parse(map)).findEntry(line, lines[line]!.indexOf(text));
    return "originalSource" in entry ? entry.originalSource : undefined;
  });
  assert.deepEqual(found, ["src/main.js", "src/x.js"]);
});

for (
  const [codes, message] of [
    [
      { "main.js": 'import"./x.js"', "x.js": 'import"./main.js"' },
      "in a circle: main.js > x.js > main.js",
    ],
    [{ "main.js": 'import"./x.js"' }, "there is no x.js"],
    [{ "main.js": 'import*as x from"./x.js"' }, "main.js imports a whole module"],
    [{ "main.js": 'import{a}from"node:fs"' }, "what is imported is not a part"],
    [{ "main.js": "await import(name)" }, "what is imported is not a part"],
    [{ "main.js": 'import("./x.js").then(f)', "x.js": "" }, "main.js imports and does not wait"],
    [
      { "main.js": 'await import("./x.js").then(f)', "x.js": "" },
      "main.js imports and does not wait",
    ],
    [
      { "main.js": 'import"./x.js"', "x.js": "var a=1;export{a};a=2" },
      "x.js goes on behind its exports",
    ],
    [{ "main.js": 'import"./x.js"', "x.js": "export default 1" }, "x.js exports more than a list"],
    [{ "main.js": 'import"./x.js"', "x.js": "export const a=1" }, "x.js exports more than a list"],
  ] as const
) {
  Deno.test(`parts are not linked: ${message}`, () => {
    assert.throws(() => link(codes), { message });
  });
}
