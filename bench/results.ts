/**
 * `bench/results.json`: what was measured last, section by section, and under what circumstances.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Inside } from "./inside.ts";
import type { Peers } from "./peers.ts";
import type { Startup } from "./startup.ts";
import type { Storm } from "./storm.ts";

/** What can be measured apart from the rest. */
export interface Sections {
  readonly startup: Startup;
  readonly inside: Inside;
  readonly storm: readonly Storm[];
  readonly peers: Peers;
}

export type Section = keyof Sections;

/** The circumstances of one section. */
export interface Circumstances {
  readonly date: string;
  /** The commit that was measured. */
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly os: string;
  readonly deno: string;
  readonly sqlite: string;
  /** How many processes wanted to run in the minute before, and in that at the end. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export type Results = {
  readonly [Name in Section]?: {
    readonly circumstances: Circumstances;
    readonly measured: Sections[Name];
  };
};

const FILE = fileURLToPath(new URL("results.json", import.meta.url));

export async function readResults(): Promise<Results> {
  try {
    return JSON.parse(await Deno.readTextFile(FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

export async function writeResults(results: Results): Promise<void> {
  await Deno.writeTextFile(FILE, `${JSON.stringify(results, shorten, 2)}\n`);
}

/** More than four digits are noise. */
function shorten(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}
