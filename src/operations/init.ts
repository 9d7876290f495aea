/**
 * `init`: creates the data directory, its database and, if wanted, a configuration file.
 *
 * @module
 */

import { userFile } from "../config/discovery.ts";
import { createWholeFile } from "../config/replace_file.ts";
import { sampleConfig } from "../config/sample.ts";
import { type DatabaseOptions, databaseOptions, databasePath } from "../database/config.ts";
import {
  circumstancesOfOpening,
  type DatabaseNotice,
  openDatabase,
} from "../database/connection.ts";
import { translating } from "../database/failures.ts";
import { assertTrustedDirectory, createFile, exists } from "../database/files.ts";
import { planReplacement, replaceDatabase, type Replacement } from "../database/replacement.ts";
import { TropError, validationError } from "../errors.ts";

/** What is to be there afterwards. */
export interface InitRequest {
  /** The data directory: an absolute path. */
  readonly directory: string;
  /** The same as it was given, for messages. */
  readonly given: string;
  /** Whether a database that is there is replaced. */
  readonly overwrite: boolean;
  readonly withConfig: boolean;
  /** How the database is opened. */
  readonly opening: Partial<DatabaseOptions>;
}

/** What would be done. */
export interface InitPlan {
  /** Whether the directory is missing. */
  readonly createsDirectory: boolean;
  /** How the database that is there is replaced; `undefined` when there is none. */
  readonly replacement: Replacement | undefined;
  /** Whether the configuration file is missing; `undefined` when none is wanted. */
  readonly createsConfig: boolean | undefined;
  /** Why nothing would be done. */
  readonly refusal: TropError | undefined;
}

/** What was done. */
export interface Initialised extends Omit<InitPlan, "refusal"> {
  /** Where the file is now that stood in the database's place and was none. */
  readonly backup: string | undefined;
  readonly notices: readonly DatabaseNotice[];
}

/**
 * Finds out what would be done, without doing any of it.
 *
 * @throws {TropError} `cannot-open-database` when the directory cannot be looked at,
 * `untrusted-files` when others could have written it.
 */
export function planInit(request: InitRequest): InitPlan {
  const { directory, withConfig } = request;
  const options = optionsOf(request);
  return translating(() => circumstancesOfOpening(options), () => {
    assertTrustedDirectory(options);
    return {
      createsDirectory: !exists(directory),
      createsConfig: withConfig ? !exists(userFile(directory)) : undefined,
      ...planDatabase(request, options),
    };
  });
}

function planDatabase(
  request: InitRequest,
  options: DatabaseOptions,
): Pick<InitPlan, "replacement" | "refusal"> {
  const nothing = { replacement: undefined, refusal: undefined };
  if (!exists(options.path)) return nothing;
  if (!request.overwrite) return { ...nothing, refusal: alreadyExists(request) };
  try {
    return { ...nothing, replacement: planReplacement(options) };
  } catch (error) {
    if (!(error instanceof TropError)) throw error;
    return { ...nothing, refusal: error };
  }
}

/**
 * Does what was planned.
 *
 * @throws {TropError} The plan's refusal; `validation` of `database` when somebody else has made
 * one in the meantime; whatever keeps files from being created.
 */
export function executeInit(request: InitRequest, plan: InitPlan): Initialised {
  const { refusal, replacement, createsDirectory } = plan;
  if (refusal !== undefined) throw refusal;
  const options = optionsOf(request);
  const backup = replacement && replaceDatabase(options);
  const isTaken = replacement === undefined &&
    !translating(() => circumstancesOfOpening(options), () => createFile(options));
  if (isTaken && !request.overwrite) throw alreadyExists(request);
  using database = openDatabase(options);
  const createsConfig = request.withConfig ? writeSample(userFile(request.directory)) : undefined;
  return { createsDirectory, replacement, backup, createsConfig, notices: database.notices };
}

function optionsOf({ directory, opening }: InitRequest): DatabaseOptions {
  return databaseOptions(databasePath(directory), opening);
}

function alreadyExists({ given }: InitRequest): TropError {
  const path = databasePath(given);
  return validationError(
    "database",
    `Database already exists at ${path}. Use --overwrite to replace it.`,
  );
}

/** @returns Whether there was no such file. */
function writeSample(path: string): boolean {
  try {
    return createWholeFile(path, sampleConfig());
  } catch (cause) {
    if (!(cause instanceof Error) || cause instanceof Deno.errors.NotCapable) throw cause;
    const message = `cannot create ${path}: ${cause.message}`;
    throw new TropError({ code: "io", message, layer: "domain" }, { cause });
  }
}
