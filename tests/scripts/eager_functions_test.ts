import assert from "node:assert/strict";
import { compileEagerly } from "../../scripts/eager_functions.ts";

const MAP = JSON.stringify({ version: 3, names: [], sources: ["x"], mappings: "AAAA" });

/** Code in which marks enclose a function as V8 reports it, and what becomes of it. */
const CASES = [
  ["a declaration", "a();/*<*/function a(b){}/*>*/", "var a=(function(b){});a();"],
  ["what comes first", "/*<*/async function*a(){}/*>*/", "var a=(async function*(){});"],
  ["an expression", "b=/*<*/function(){}/*>*/;", "b=(function(){});"],
  ["an arrow function", "b(/*<*/c=>c/*>*/);", "b((c=>c));"],
  ["a declaration in a block", "{/*<*/function a(){}/*>*/}", "{function a(){}}"],
  ["a method", "b={/*<*/c(){}/*>*/};", "b={c(){}};"],
  ["a method called async", "b=class{/*<*/async(c){}/*>*/};", "b=class{async(c){}};"],
  ["a module, which V8 takes for a function", "/*<*/var a=1;/*>*/", "var a=1;"],
] as const;

for (const [what, marked, changed] of CASES) {
  Deno.test(`to be compiled at once, ${what} becomes \`${changed}\``, () => {
    const [before = "", text = "", after = ""] = marked.split(/\/\*[<>]\*\//);
    const range = { start: before.length, end: before.length + text.length };
    assert.equal(compileEagerly(before + text + after, MAP, [range]).code, changed);
  });
}
