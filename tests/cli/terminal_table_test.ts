import assert from "node:assert/strict";
import stringWidth from "string-width";
import { renderTerminalTable } from "../../src/cli/render/terminal_table.ts";

const COLUMNS = [
  { title: "PORT" },
  { title: "PATH", cut: "start" },
  { title: "TAG", cut: "end" },
  { title: "CREATED", isSecondary: true },
  { title: "USED", isSecondary: true },
] as const;

const ROWS = [
  [5000, "~/shop", null, "2026-03-01", "2026-03-02"],
  [5001, "~/größe/你好世界", "cafe\u0301", "2026-03-01", "2026-03-02"],
  [5002, "~/a/long/way/down", "👩‍👩‍👧 and more than that", "2026-03-01", "2026-03-02"],
];

const render = (width: number, styled = false) =>
  renderTerminalTable(COLUMNS, ROWS, { width, styled });

for (
  const [width, why, expected] of [
    [
      80,
      "columns are aligned by what characters take on the screen",
      `PORT  PATH               TAG                    CREATED     USED
5000  ~/shop             -                      2026-03-01  2026-03-02
5001  ~/größe/你好世界   cafe\u0301                   2026-03-01  2026-03-02
5002  ~/a/long/way/down  👩‍👩‍👧 and more than that  2026-03-01  2026-03-02
`,
    ],
    [
      60,
      "the first secondary column goes first",
      `PORT  PATH               TAG                    USED
5000  ~/shop             -                      2026-03-02
5001  ~/größe/你好世界   cafe\u0301                   2026-03-02
5002  ~/a/long/way/down  👩‍👩‍👧 and more than that  2026-03-02
`,
    ],
    [
      50,
      "columns are cut at the end that can be spared",
      `PORT  PATH             TAG              USED
5000  ~/shop           -                2026-03-02
5001  …größe/你好世界  cafe\u0301             2026-03-02
5002  …/long/way/down  👩‍👩‍👧 and more th…  2026-03-02
`,
    ],
    [
      36,
      "no secondary column is left",
      `PORT  PATH            TAG
5000  ~/shop          -
5001  …röße/你好世界  cafe\u0301
5002  …long/way/down  👩‍👩‍👧 and more t…
`,
    ],
    [
      20,
      "what does not fit ends at the edge",
      `PORT  PATH
5000  ~/shop
5001  …ße/你好世界
5002  …ng/way/down
`,
    ],
  ] as const
) {
  Deno.test(`on ${width} columns ${why}`, () => {
    assert.equal(render(width), expected);
  });
}

Deno.test("no line is wider than the screen", () => {
  for (let width = 1; width <= 80; width++) {
    for (const line of render(width).split("\n")) {
      assert(stringWidth(line) <= width, `${width}: ${line}`);
    }
  }
});

Deno.test("the heading is bold, what is secondary or missing dim, and nothing else", () => {
  const styled = render(60, true);
  assert(styled.startsWith("\x1b[1mPORT\x1b[0m  \x1b[1mPATH\x1b[0m"));
  assert(styled.includes("5000  ~/shop             \x1b[2m-\x1b[0m   "));
  assert(styled.includes("  \x1b[2m2026-03-02\x1b[0m\n"));
  // deno-lint-ignore no-control-regex
  assert.equal(styled.replace(/\x1b\[\d*m/g, ""), render(60));
});

Deno.test("a cell cannot drive the terminal", () => {
  const text = renderTerminalTable([{ title: "TAG" }], [["a\x1b[31m\tb\nc"]], {
    width: 80,
    styled: true,
  });
  assert.equal(text, "\x1b[1mTAG\x1b[0m\na\\u{1b}[31m\\tb\\nc\n");
});
