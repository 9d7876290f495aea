/**
 * Values that somebody made up to do harm: as tags, projects, tasks and paths, in `.git` files and
 * in configuration files. Nothing of them is executed, no terminal is driven, and what is stored
 * comes back as it was.
 *
 * @module
 */

import assert from "node:assert/strict";
import { run } from "../../src/cli/app.ts";
import { parseIdentifier, parseTag } from "../../src/domain/identifier.ts";
import { nativePaths } from "../../src/domain/path.ts";
import { TropError } from "../../src/errors.ts";
import { FakeHost } from "../support/host.ts";
import { type Home, type Result, trop } from "../support/program.ts";
import type { Random } from "../support/random.ts";
import type { Campaign, Tally } from "./campaign.ts";
import { ENVIRONMENT } from "./world.ts";

/** How many values one round stores. */
const VALUES = 100;

export const hostile: Campaign = {
  name: "hostile",
  fault: "tags, projects, tasks and paths that are commands, escape sequences or broken text",
  unit: "values",
  rounds: 100,
  async round(random, tally) {
    await using home = await trop.home({ canary: {} });
    const stored: Stored[] = [];
    for (let count = 0; count < VALUES; count++) await storeOne(home, stored, random, tally);
    await compare(home, stored);
    await showEverywhere(home, stored, random);
    assert.deepEqual([...Deno.readDirSync(home.path("canary"))], [], "something was executed");
  },
};

/** A reservation as `trop list --format json` has it. */
interface Stored {
  readonly path: string;
  readonly port: number;
  readonly project: string | null;
  readonly tag: string | null;
  readonly task: string | null;
}

const PIECES = [
  "\x1b[2J\x1b]0;owned\x07",
  "\x1b[31m",
  "\x9b1A",
  "\u0085",
  "\r\nError: forged",
  "\n",
  "\t",
  "\b\b\b",
  "\x7f",
  "\u202e\u2066gnp.exe",
  "\u200b\ufeff",
  "\u0301",
  "名前",
  "😀👩‍💻",
  "\ud800",
  "\udfff",
  "\0",
  "'; DROP TABLE reservations; --",
  '" OR 1=1 --',
  "%_[*]?",
  "$(touch ~/canary/a)",
  "`touch ~/canary/b`",
  "; touch ~/canary/c #",
  "| touch ~/canary/d",
  "&& touch ~/canary/e",
  "${IFS}",
  "!!",
  "\\",
  "'",
  '"',
  "--force",
  "-",
  "=",
  "..",
  "/",
  "~",
  "%00",
  "{port}",
  "#",
  ": ",
  "a",
  "app",
];

/** A text of these, of up to 255 bytes or a little more. */
function makeText(random: Random): string {
  if (random.chance(5)) {
    return random.pick(["x", "é", "😀"]).repeat(random.pick([63, 127, 255, 256]));
  }
  if (random.chance(10)) {
    return String.fromCharCode(
      ...Array.from({ length: 1 + random.below(20) }, () => random.below(65536)),
    );
  }
  return Array.from({ length: 1 + random.below(5) }, () => random.pick(PIECES)).join("");
}

/** Reserves with such values: they are stored as they are, or refused with words. */
async function storeOne(home: Home, stored: Stored[], random: Random, tally: Tally): Promise<void> {
  const [tag, project, task] = [0, 1, 2].map(() => random.chance(50) ? makeText(random) : null);
  const given = `${home.directory}/${tally.get(hostile.unit)}${makeText(random)}`;
  const names = Object.entries({ tag, project, task }).flatMap(([name, value]) => {
    return value === null ? [] : [`--${name}=${value}`];
  });
  const { status, stdout, stderr } = await runHere(home, ["reserve", `--path=${given}`, ...names]);
  tally.count(hostile.unit);
  const story = JSON.stringify({ given, names, status, stdout, stderr });
  assertHarmless(stderr, story);
  const wanted = expect(home, { path: given, tag: tag!, project: project!, task: task! });
  if (wanted === undefined) {
    assert([2, 4, 6, 7].includes(status), story);
    assert.equal(stdout, "", story);
    assert.match(stderr, status === 2 ? /^error: .+\n\nUsage: / : /^Error: .+\n$/, story);
    tally.count("refused");
  } else {
    assert.equal(status, 0, story);
    assert.match(stdout, /^\d+\n$/, story);
    stored.push({ ...wanted, port: Number(stdout) });
    tally.count("stored");
  }
}

/** What the rules of the domain make of values; `undefined` when they refuse one. */
function expect(
  home: Home,
  { path, tag, project, task }: {
    readonly path: string;
    readonly tag: string | null;
    readonly project: string | null;
    readonly task: string | null;
  },
): Omit<Stored, "port"> | undefined {
  // A lone surrogate stands for a byte that is not UTF-8.
  if ([path, tag, project, task].some((text) => text?.isWellFormed() === false)) return undefined;
  try {
    return {
      path: nativePaths.normalise(path, { cwd: home.directory, home: undefined }),
      project: project === null ? null : parseIdentifier("project", project),
      tag: tag === null ? null : parseTag(tag),
      task: task === null ? null : parseIdentifier("task", task),
    };
  } catch (error) {
    if (error instanceof TropError) return undefined;
    throw error;
  }
}

/** Everything is there, to the last byte. */
async function compare(home: Home, stored: readonly Stored[]): Promise<void> {
  const { status, stdout } = await runHere(home, ["list", "--format", "json"]);
  assert.equal(status, 0);
  assertHarmless(stdout, stdout);
  const found = (JSON.parse(stdout) as Stored[])
    .map(({ path, port, project, tag, task }) => ({ path, port, project, tag, task }));
  const byPort = (rows: readonly Stored[]) => rows.toSorted((a, b) => a.port - b.port);
  assert.deepEqual(byPort(found), byPort(stored));
}

/** Whatever shows the values shows them on lines of their own, without what drives a terminal. */
async function showEverywhere(
  home: Home,
  stored: readonly Stored[],
  random: Random,
): Promise<void> {
  const { port, path, tag, project } = random.pick(stored);
  const commands = [
    ["list"],
    ["list", "--show-full-paths", "--filter-path", path],
    ["list-projects"],
    ["port-info", `${port}`],
    ["release", "--path", home.directory, "--recursive", "--dry-run"],
    ["migrate", "--from", home.directory, "--to", "/moved", "--recursive", "--dry-run"],
    ["prune", "--dry-run", "--verbose"],
    ["expire", "--dry-run", "--verbose"],
    ["reserve", `--path=${path}`, "--project=other", ...tag === null ? [] : [`--tag=${tag}`]],
    ["assert-reservation", `--path=${path}`, "--tag=no such tag"],
    ["reserve", "--path=/elsewhere", `--port=${project}`],
    [`${project}`],
    ["list", `--format=${project}`],
    ["reserve", `--${project}`],
  ];
  for (const args of commands) {
    for (const terminal of [false, true]) {
      const { stdout, stderr } = await runHere(home, args, terminal);
      assertHarmless(stdout + stderr, JSON.stringify({ args, stdout, stderr }));
    }
  }
}

/** Control characters but for those between lines and columns, and those that reverse or hide text. */
// deno-lint-ignore no-control-regex
const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

function assertHarmless(text: string, story: string): void {
  assert(!HARMFUL.test(text), `it drives the terminal: ${story}`);
  assert(!/internal error|please report/.test(text), `a defect is reported: ${story}`);
}

async function runHere(home: Home, args: readonly string[], terminal = false): Promise<Result> {
  const env = { ...ENVIRONMENT, TROP_PORT_MAX: "29999", HOME: home.directory, NO_COLOR: "1" };
  const now = Math.floor(Date.now() / 1000);
  const host = new FakeHost({ env, cwd: home.directory, now, terminal, columns: 80 });
  const status = await run(args, host);
  return { status, ...host.written };
}
