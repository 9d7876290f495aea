/**
 * Does trop harm, thousands of times, and counts what it loses: `deno task torture`. The built
 * program is what suffers, or the one that `TROP_UNDER_TEST` names. Linux only.
 *
 * - `--seed N` makes the same rounds as a run before.
 * - `--only crash,power` leaves the other campaigns out.
 * - `--rounds N` runs so many of each, `--round N` only that one: the one where something was lost.
 *
 * Prints a table in the form of docs/reliability.md, and ends with 1 when anything was lost.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Campaign, type Outcome, runCampaign } from "../tests/faults/campaign.ts";
import { crash } from "../tests/faults/crash.ts";
import { damage } from "../tests/faults/damage.ts";
import { errors } from "../tests/faults/errors.ts";
import { hostile } from "../tests/faults/hostile.ts";
import { endurance, storm } from "../tests/faults/load.ts";
import { power } from "../tests/faults/power.ts";
import { space } from "../tests/faults/space.ts";
import { temporaryDirectory } from "../tests/support/temporary_directory.ts";

const CAMPAIGNS: readonly Campaign[] = [
  storm({ name: "storm", tenants: 64, commands: 100 }),
  storm({ name: "crowd", tenants: 128, commands: 5 }),
  endurance({ name: "endurance", tenants: 8, commands: 12_500 }),
  crash,
  power,
  errors,
  space,
  damage,
  hostile,
  storm({ name: "deadly-storm", tenants: 8, commands: 250, deaths: 30 }),
];

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string" },
    round: { type: "string" },
  },
});

const seed = wholeNumber("seed") ?? Date.now() % 1_000_000;
const campaigns = chosen(values.only?.split(","));

{
  using built = Deno.env.get("TROP_UNDER_TEST") === undefined ? await build() : undefined;
  if (built !== undefined) Deno.env.set("TROP_UNDER_TEST", built.script);
  console.error(`seed ${seed}, ${Deno.env.get("TROP_UNDER_TEST")}`);
  const rows = ["| name | fault | times | lost | time |", "| - | - | -: | -: | -: |"];
  for (const campaign of campaigns) {
    if (campaign.unavailable !== undefined) {
      console.error(`${campaign.name} is left out: ${campaign.unavailable}`);
      continue;
    }
    const outcome = await suffer(campaign);
    rows.push(row(campaign, outcome));
    if (outcome.losses.length > 0) Deno.exitCode = 1;
  }
  console.log(rows.join("\n"));
}

async function suffer(campaign: Campaign): Promise<Outcome> {
  const only = wholeNumber("round");
  const rounds = only === undefined ? roundsOf(campaign) : [only];
  const outcome = await runCampaign(campaign, {
    seed,
    rounds,
    onLoss: ({ round, error }) => {
      console.error(error);
      console.error(
        `again: deno task torture --seed ${seed} --only ${campaign.name} --round ${round}`,
      );
    },
  });
  console.error(`${campaign.name}: ${outcome.tally}`);
  return outcome;
}

function* roundsOf({ rounds }: Campaign): Generator<number> {
  for (let round = 0; round < (wholeNumber("rounds") ?? rounds); round++) yield round;
}

function row({ name, fault, unit }: Campaign, outcome: Outcome): string {
  const { losses, tally, milliseconds } = outcome;
  const times = `${tally.get(unit).toLocaleString("en")} ${unit}`;
  return `| ${[name, fault, times, losses.length, duration(milliseconds)].join(" | ")} |`;
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function chosen(names: readonly string[] | undefined): readonly Campaign[] {
  const all = CAMPAIGNS.map(({ name }) => name);
  const unknown = names?.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`--only: no ${unknown}, but ${all.join(", ")}`);
  return CAMPAIGNS.filter(({ name }) => names?.includes(name) ?? true);
}

function wholeNumber(option: "seed" | "rounds" | "round"): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`--${option} wants a whole number, not ${text}`);
  return Number(text);
}

/** Builds the program into a directory that is removed with the scope. */
async function build(): Promise<Disposable & { readonly script: string }> {
  const directory = temporaryDirectory();
  const builder = fileURLToPath(new URL("./build.ts", import.meta.url));
  const args = ["run", "--quiet", "--allow-all", builder, directory.path];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error(`the program cannot be built: ${new TextDecoder().decode(stderr)}`);
  return {
    script: `${directory.path}/trop.js`,
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}
