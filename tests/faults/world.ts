/**
 * A random home directory, the commands that write in it, and what can be seen of it afterwards.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DATABASE_FILE, databaseOptions } from "../../src/database/config.ts";
import { openDatabase } from "../../src/database/connection.ts";
import { exists } from "../../src/database/files.ts";
import { RESULT } from "../../src/database/sqlite.ts";
import { TropError } from "../../src/errors.ts";
import {
  rawConnection,
  type RawRow,
  rawRow,
  V1_VARIANTS,
  validRows,
  writeV1,
  writeV2,
} from "../support/database.ts";
import { type Home, trop } from "../support/program.ts";
import type { Random } from "../support/random.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Variables for every run: what else uses ports must not tell two runs apart. */
export const ENVIRONMENT = {
  TROP_PORT_MIN: "20000",
  TROP_PORT_MAX: "20999",
  TROP_SKIP_OCCUPANCY_CHECK: "1",
  TROP_ALLOW_UNRELATED_PATH: "1",
  TROP_ALLOW_CHANGE: "1",
};

const FIRST_PORT = 20_000;
const DATA = ".trop";
const PROJECT_FILE = "shop/trop.yaml";
const USER_FILE = `${DATA}/config.yaml`;

const PROJECT_CONFIG = `# Ports of the shop.
project: shop
reservations:
  services:
    web: { offset: 0 }
    api: { offset: 1 }
    db: { offset: 2 } # the database
excluded_ports:
  - 20100
  - 20101 # next to it
  - { start: 20200, end: 20210 }
`;

const USER_CONFIG = `# Mine.
excluded_ports:
  - 20300
`;

/** How the data directory may begin. */
const BEGINNINGS = [
  "version 2",
  "version 2",
  "version 2",
  "version 2 without a log",
  "version 1",
  "version 1",
  "nothing",
  "an empty file",
  "no database",
] as const;

/** Makes a home with a project and, mostly, a database. */
export async function makeHome(random: Random): Promise<Home> {
  const home = await trop.home();
  await furnishHome(home, random);
  return home;
}

/** Gives an empty home a project and, mostly, a database. */
export async function furnishHome(home: Home, random: Random): Promise<void> {
  const beginning = random.pick(BEGINNINGS);
  await home.write({
    [PROJECT_FILE]: PROJECT_CONFIG,
    "shop/web": {},
    "shop/api/v1": {},
    ...(random.chance(50) ? { [USER_FILE]: USER_CONFIG } : {}),
  });
  if (beginning !== "nothing") await writeDatabase(home, beginning, random);
}

async function writeDatabase(
  home: Home,
  beginning: Exclude<typeof BEGINNINGS[number], "nothing">,
  random: Random,
): Promise<void> {
  await Deno.mkdir(home.path(DATA), { recursive: true });
  const path = databaseOf(home);
  const rows = makeRows(home, random);
  switch (beginning) {
    case "an empty file":
      return await Deno.writeTextFile(path, "");
    case "no database":
      return await Deno.writeTextFile(path, "a shopping list\n".repeat(100));
    case "version 1":
      return writeV1(path, { rows, variant: random.pick(V1_VARIANTS) });
    case "version 2":
      return writeV2(path, { rows });
    case "version 2 without a log":
      return writeV2(path, { rows, journalMode: "DELETE" });
  }
}

/** The directories that commands are about, relative to the home. `gone` does not exist. */
const DIRECTORIES = ["shop", "shop/web", "shop/api", "shop/api/v1", "gone/a", "gone/b", "."];
const TAGS = [null, "web", "api", "db", "größe"];

function makeRows(home: Home, random: Random): RawRow[] {
  const now = Math.floor(Date.now() / 1000);
  const keys = DIRECTORIES.flatMap((path) => TAGS.map((tag) => ({ path, tag })));
  // Enough for several pages, and for a log that is written in pieces.
  const others = Array.from({ length: random.pick([0, 0, 50, 400]) }, (_, index) => {
    return { path: `other/${index}`, tag: null };
  });
  const chosen = [
    // The home's own port is what a plain `reserve` asks for.
    ...keys.filter(({ path, tag }) => random.chance(path === "." && tag === null ? 80 : 30)),
    ...others,
  ];
  return chosen.map(({ path, tag }, index) => {
    const age = random.pick([0, 60]) * 86_400;
    return rawRow({
      path: path === "." ? home.directory : home.path(path),
      tag,
      port: FIRST_PORT + 2 * index,
      project: random.pick([null, "shop"]),
      createdAt: now - age - 100,
      lastUsedAt: now - age,
    });
  });
}

/** A command line, and where it is used. */
export interface CommandLine {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A `reserve` that has nothing to heed, and so a fast path. It does not tell how long it waited. */
export const PLAIN_RESERVE = { args: ["reserve"], env: {} };

/** What arguments are made of. */
interface Ingredients {
  readonly home: Home;
  readonly random: Random;
  /** A port that something uses. */
  readonly busyPort: number;
}

/** A command that writes, with arguments that fit {@linkcode makeHome}. */
export function writingCommand(ingredients: Ingredients): CommandLine {
  if (ingredients.random.chance(10)) return { ...PLAIN_RESERVE, cwd: "." };
  const args = ingredients.random.pick(WRITERS)(ingredients);
  return {
    args,
    cwd: args.includes("autoreserve") || ingredients.random.chance(30) ? "shop" : ".",
    env: ENVIRONMENT,
  };
}

const somewhere = ({ home, random }: Ingredients) => [
  "--path",
  home.path(random.pick(DIRECTORIES)),
];
const tagged = ({ random }: Ingredients) => {
  const tag = random.pick(TAGS);
  return tag === null ? [] : ["--tag", tag];
};
const somePort = ({ random }: Ingredients) => String(FIRST_PORT + random.below(1000));
const projectFile = ({ home }: Ingredients) => home.path(PROJECT_FILE);
const scan = ({ busyPort: port }: Ingredients) => [
  ...["scan", "--min", `${port}`, "--max", `${port}`, "--autoexclude"],
];

const WRITERS: readonly ((ingredients: Ingredients) => string[])[] = [
  (some) => ["reserve", ...somewhere(some), ...tagged(some)],
  (some) => ["reserve", ...somewhere(some), ...tagged(some), "--force", "--task", "t"],
  (some) => ["reserve", ...tagged(some), "--port", somePort(some)],
  (some) => ["release", ...somewhere(some)],
  (some) => ["release", ...somewhere(some), "--recursive"],
  (some) => ["reserve-group", projectFile(some), "--force"],
  () => ["autoreserve", "--force", "--format", "json"],
  () => ["migrate", "--from", "~/shop", "--to", "~/moved", "--recursive", "--force"],
  () => ["prune"],
  () => ["expire", "--days", "30"],
  () => ["autoclean", "--days", "30"],
  () => ["init", "--overwrite"],
  () => ["init", "--overwrite", "--with-config"],
  (some) => ["run", ...somewhere(some), "--allow-change", "--", "true"],
  // Even those that read create the database, or migrate it.
  () => ["list"],
  (some) => scan(some),
  (some) => [...scan(some), "--autocompact"],
  (some) => ["exclude", somePort(some), "--force"],
  (some) => ["exclude", somePort(some), "--force", "--global"],
  (some) => ["compact-exclusions", projectFile(some)],
];

/** All that trop keeps in a home. */
export interface Stored {
  /** The database in words: version and reservations without their times, or what else is there. */
  readonly database: string;
  /** The texts of the configuration files, by their names. */
  readonly configuration: Readonly<Record<string, string>>;
}

/** Looks at a home without changing it, as the next process would find it. */
export async function look(home: Home): Promise<Stored> {
  const configuration: Record<string, string> = {};
  for (const name of [PROJECT_FILE, USER_FILE]) {
    // An empty file means the same as none; one that is about to be created is empty at first.
    configuration[name] = await home.exists(name) ? await home.read(name) : "";
  }
  return { database: describeCopy(home), configuration };
}

/** What `change` would make of a home's database, in the words of {@linkcode Stored}. */
export function describeCopy(home: Home, change: (path: string) => void = () => {}): string {
  using copy = temporaryDirectory();
  copyFiles(home.path(DATA), copy.path);
  const path = `${copy.path}/${DATABASE_FILE}`;
  change(path);
  return describe(path);
}

export const NOTHING = "nothing";
export const NO_DATABASE = "no database";

/** @throws {AssertionError} when SQLite finds the file damaged. */
function describe(path: string): string {
  if (!exists(path)) return NOTHING;
  try {
    using database = rawConnection(path);
    const lines = (sql: string) =>
      database.prepare(sql).all().map((row) => Object.values(row).join(" "));
    assert.deepEqual(lines("PRAGMA integrity_check"), ["ok"]);
    if (lines("SELECT name FROM sqlite_schema").length === 0) return NOTHING;
    const version = lines("SELECT value FROM metadata WHERE key = 'schema_version'");
    const rows = lines(`
      SELECT path, quote(coalesce(tag, '')), port, quote(project), quote(task)
        FROM reservations ORDER BY path, tag`);
    return [`version ${version}`, ...rows].join("\n");
  } catch (error) {
    if ((error as { errcode?: number }).errcode === RESULT.NOTADB) return NO_DATABASE;
    throw error;
  }
}

/** Copies the files of a directory; when it is missing, nothing. */
export function copyFiles(from: string, to: string): void {
  if (!exists(from)) return;
  for (const { name } of Deno.readDirSync(from)) {
    Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

/** What a home holds, to go back to it. */
export class Checkpoint implements Disposable {
  readonly #copy = temporaryDirectory();
  readonly #hasData: boolean;
  readonly #project: string;

  constructor(readonly home: Home) {
    copyFiles(home.path(DATA), this.#copy.path);
    this.#hasData = exists(home.path(DATA));
    this.#project = Deno.readTextFileSync(home.path(PROJECT_FILE));
  }

  restore(): void {
    const data = this.home.path(DATA);
    if (exists(data)) Deno.removeSync(data, { recursive: true });
    if (this.#hasData) {
      Deno.mkdirSync(data, { mode: 0o700 });
      copyFiles(this.#copy.path, data);
    }
    Deno.writeTextFileSync(this.home.path(PROJECT_FILE), this.#project);
  }

  [Symbol.dispose](): void {
    this.#copy[Symbol.dispose]();
  }
}

/** Puts `files`, by path, in the place of all that is kept in a home. */
export function replaceFiles(home: Home, files: ReadonlyMap<string, Uint8Array>): void {
  for (const directory of directoriesOf(home)) {
    for (const { name, isFile } of exists(directory) ? Deno.readDirSync(directory) : []) {
      if (isFile) Deno.removeSync(`${directory}/${name}`);
    }
  }
  for (const [path, bytes] of files) Deno.writeFileSync(path, bytes);
}

/** The directories with all files that trop writes. */
export function directoriesOf(home: Home): string[] {
  return [home.path(DATA), home.path("shop")];
}

/** The next process finds a sound file that holds the same reservations. */
export function assertGoesOn(home: Home, { database }: Stored): void {
  if (database === NO_DATABASE) return;
  const [, ...rows] = database.split("\n");
  assert.equal(validRows(databaseOf(home)).length, rows.length);
}

/** Opens a database and closes it, if it is one. */
export function openIfPossible(path: string): void {
  try {
    openDatabase(databaseOptions(path)).close();
  } catch (error) {
    if (!(error instanceof TropError)) throw error;
  }
}

/** The database file of a home. */
export function databaseOf(home: Home): string {
  return home.path(`${DATA}/${DATABASE_FILE}`);
}
