import { type Entry, type Expectation, trop } from "../support/program.ts";
import { testCampaign } from "./campaign.ts";
import { hostile } from "./hostile.ts";

testCampaign(hostile, {
  name: "three hundred hostile values are refused, or stored and shown without harm",
  rounds: 3,
  harm: ["stored", "refused"],
});

const LARGE = 10_000_000;
const BOMB = [
  "project: &a0 [x, x, x, x, x, x, x, x, x]",
  ...Array.from({ length: 30 }, (_, level) => {
    return `k${level}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(", ")}]`;
  }),
].join("\n");

const REFUSED: Expectation = { status: 7, stderr: /^Error: Configuration error: [^\n]{1,2000}\n/ };

/** Files that trop did not write, and what reserving a port beside them must end in. */
const FILES:
  readonly (readonly [name: string, what: string, content: Entry, wanted: Expectation])[] = [
    ["trop.yaml", "an anchor that multiplies", BOMB, REFUSED],
    ["trop.yaml", "10 MB of a list", `excluded_ports:\n${"  - 5000\n".repeat(LARGE / 9)}`, REFUSED],
    ["trop.yaml", "10 MB of a text", `project: ${"x".repeat(LARGE)}\n`, REFUSED],
    ["trop.yaml", "10 MB of open brackets", "[".repeat(LARGE), REFUSED],
    ["trop.yaml", "deep mappings", "{a: ".repeat(100_000), REFUSED],
    [
      "trop.yaml",
      "deep indentation",
      Array.from({ length: 3000 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join(""),
      REFUSED,
    ],
    ["trop.yaml", "10 MB of zeros", new Uint8Array(LARGE), REFUSED],
    [".trop/config.yaml", "an anchor that multiplies", BOMB, REFUSED],
    [".trop/config.yaml", "10 MB of open brackets", "[".repeat(LARGE), REFUSED],
    [".git", "10 MB of a text", `gitdir: ${"x".repeat(LARGE)}\n`, { stdout: "5000\n" }],
    [".git", "escape sequences", "gitdir: /\x1b[2J\x1b]0;owned\x07\n", { stdout: "5000\n" }],
    [".git", "a link to itself", "gitdir: .git\n", { stdout: "5000\n" }],
    [".git", "a device without end", "gitdir: /dev/zero\n", { stdout: "5000\n" }],
    [".git/HEAD", "10 MB of a branch", `ref: refs/heads/${"x".repeat(LARGE)}\n`, {
      stdout: "5000\n",
    }],
    [".git/HEAD", "10 MB of zeros", new Uint8Array(LARGE), { stdout: "5000\n" }],
  ];

for (const [name, what, content, wanted] of FILES) {
  Deno.test(`${name} with ${what} comes to an end`, async () => {
    await using home = await trop.home({ [name]: content });
    await home.run(["reserve", "--skip-occupancy-check"], {
      // So that it is a failure and not a test that never ends.
      script: 'exec timeout 60 "$@"',
      ...wanted,
    });
  });
}
