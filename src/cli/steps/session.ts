/**
 * What most commands begin with: the current directory, the configuration in force, the directory
 * they are about, and the open database.
 *
 * @module
 */

import type { ProjectFiles } from "../../config/discovery.ts";
import type { EffectiveConfig } from "../../config/effective.ts";
import type { ConfigFlags } from "../../config/flags.ts";
import { loadConfig } from "../../config/load.ts";
import {
  type DatabaseOptions,
  databaseOptions,
  databasePath,
  resolveDataDirectory,
  type TransactionLogEntry,
} from "../../database/config.ts";
import {
  type Database,
  type DatabaseNotice,
  openDatabase,
  openEmptyDatabase,
} from "../../database/connection.ts";
import { parseTag } from "../../domain/identifier.ts";
import { type AbsolutePath, nativePaths } from "../../domain/path.ts";
import { TropError } from "../../errors.ts";
import { type WorkingDirectory, workingDirectory } from "../../operations/paths.ts";
import type { Invocation } from "../grammar/command.ts";
import type { Host } from "../host.ts";
import type { Output } from "../output.ts";

/** Where and how a command runs. */
export interface Session {
  readonly directory: WorkingDirectory;
  readonly config: EffectiveConfig;
  readonly host: Host;
  readonly output: Output;
}

/**
 * Finds the current directory and the configuration in force there.
 *
 * @param flags The options of the command that take part in the configuration; the global ones are
 * added.
 * @param storesNames Whether the command stores a project and a task.
 * @param project The files to read in place of those that a walk from the current directory finds.
 * @throws {TropError} `configuration`, or when the current directory cannot be told.
 */
export async function startSession(
  { globals, host, output }: Pick<Invocation, "globals" | "host" | "output">,
  flags: ConfigFlags = {},
  { storesNames = false, project }: {
    readonly storesNames?: boolean;
    readonly project?: ProjectFiles;
  } = {},
): Promise<Session> {
  const directory = workingDirectory(host.cwd());
  const { busyTimeout, disableAutoinit } = globals;
  const config = await loadConfig({
    files: project === undefined
      ? { kind: "discovered", from: directory.physical }
      : { kind: "named", project },
    dataDirectory: resolveDataDirectory(globals.dataDir, host.env),
    env: host.env,
    flags: { ...flags, busyTimeout, disableAutoinit },
    storesNames,
  });
  const { ignored } = config;
  if (ignored !== undefined) {
    output.detail(
      `${ignored.file} is not used: it lies outside of the checkout ${ignored.checkout}; ` +
        "'discovery: filesystem' in the user's file would use it",
    );
  }
  return { directory, config, host, output };
}

/**
 * What a command does to the database. Reading may still create the file, and all but validating
 * migrate an older one; looking that finds no file goes on with an empty database in memory.
 */
export type Access = "read" | "write" | "look" | "validate";

/**
 * Opens the database of a command.
 *
 * @throws {TropError} Whatever `openDatabase` throws.
 */
export function openSessionDatabase(
  { config, host, output }: Session,
  access: Access,
): Database {
  const { autoinit, dataDirectory } = config;
  const options = databaseOptions(databasePath(absoluteDataDirectory(host, dataDirectory)), {
    ...openingOptions(config, host),
    autoCreate: autoinit && access !== "look",
    readOnly: access === "validate",
    queryOnly: access !== "write",
    ...(output.isWatched ? { onLongWait: () => output.passing(WAITING) } : {}),
    ...(host.env("TROP_DEBUG") ? { log: (entry) => logTransaction(host, entry) } : {}),
  });
  const database = access === "look" && autoinit ? openOrImagine(options) : openDatabase(options);
  tellNotices(output, database.notices, access);
  return database;
}

const WAITING = "Waiting for another process that has the database locked";

/** What the configuration says about opening the database. */
export function openingOptions(
  { allowSharedDataDir: allowShared, busyTimeoutMs, journal }: EffectiveConfig,
  { env }: Pick<Host, "env">,
): Pick<DatabaseOptions, "busyTimeoutMs" | "journal" | "allowShared" | "actsFor"> {
  const actsFor = (user: number) => env("SUDO_UID") === String(user);
  return { busyTimeoutMs, journal, allowShared, actsFor };
}

/** Warns of what a person should know about the database; of old defects only where asked. */
export function tellNotices(
  output: Output,
  notices: readonly DatabaseNotice[],
  access: Access,
): void {
  for (const notice of notices) {
    if (notice.code === "old-sqlite" && access !== "validate") {
      output.detail(describeNotice(notice));
    } else output.warn(describeNotice(notice));
  }
}

/** One line for whoever looks for a defect; what was in the transaction is not shown. */
function logTransaction(host: Host, { kind, operation, durationMs }: TransactionLogEntry): void {
  const duration = durationMs.toFixed(1);
  host.stderr.write(`debug: ${kind} transaction of ${duration} ms while ${operation}\n`);
}

/** The data directory is used as it was given, but SQLite wants an absolute path. */
export function absoluteDataDirectory(host: Host, directory: string): string {
  return nativePaths.isAbsolute(directory) ? directory : `${host.cwd()}/${directory}`;
}

function openOrImagine(options: DatabaseOptions): Database {
  try {
    return openDatabase(options);
  } catch (error) {
    if (!(error instanceof TropError) || error.code !== "not-initialised") throw error;
    return openEmptyDatabase(options);
  }
}

function describeNotice(notice: DatabaseNotice): string {
  switch (notice.code) {
    case "no-write-ahead-log":
      return `the database keeps a rollback journal (${notice.mode}), because its file system ` +
        "does not support a write-ahead log; prefer a local disk";
    case "write-ahead-log-kept":
      return "the database keeps its write-ahead log, because another process has it open; " +
        "sqlite_journal: rollback takes effect when nobody has";
    case "shared-file-system":
      return describeSharing(notice);
    case "old-sqlite":
      return `SQLite ${notice.version} can, rarely, damage a file that two processes write at ` +
        "the same moment; use Deno 2.9.1 or newer";
    case "immutable":
      return "the database is read as if nobody could write it, because its directory is " +
        "read-only; another process may be writing";
  }
}

function describeSharing(
  { type, mode, isInUse }: Extract<DatabaseNotice, { code: "shared-file-system" }>,
): string {
  const journal = mode !== "wal"
    ? "It keeps a rollback journal there"
    : isInUse
    ? "It keeps its write-ahead log, which is worse, because another process has it open or was " +
      "killed: end every trop that uses it and run any command"
    : "Its write-ahead log makes that worse";
  return `the database lies on a shared file system (${type}): two systems that write it at once ` +
    `can damage it. ${journal}. Use a local disk or a named volume with --data-dir, or settle it ` +
    "with sqlite_journal in config.yaml";
}

/**
 * The directory that a command is about. One that was named is only normalised, its links stay;
 * otherwise it is the current directory without links.
 *
 * @param named What `--path` or its variable says.
 * @throws {TropError} `invalid-path`.
 */
export function resolveTarget(
  { directory, host }: Pick<Session, "directory" | "host">,
  named: string | undefined,
): AbsolutePath {
  return named === undefined ? directory.physical : normalisePath({ directory, host }, named);
}

/** @throws {TropError} `invalid-path`. */
export function normalisePath(
  { directory, host }: Pick<Session, "directory" | "host">,
  text: string,
): AbsolutePath {
  const home = text.startsWith("~") ? homeDirectory(host) : undefined;
  return nativePaths.normalise(text, { cwd: directory.reported, home });
}

/** The directory that `~` stands for. */
export function homeDirectory(host: Host): string | undefined {
  return host.env(Deno.build.os === "windows" ? "USERPROFILE" : "HOME") || accountHome();
}

/** What the account database says, where the system has it in a file that may be read. */
function accountHome(): string | undefined {
  if (Deno.build.os === "windows") return undefined;
  try {
    const uid = String(Deno.uid());
    const accounts = Deno.readTextFileSync("/etc/passwd").split("\n");
    return accounts.map((line) => line.split(":")).find((fields) => fields[2] === uid)?.[5];
  } catch {
    return undefined;
  }
}

/**
 * Reads `--tag`.
 *
 * @throws {TropError} `invalid-arguments` when it is blank.
 */
export function readTag(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return parseTag(text);
  } catch (error) {
    if (!(error instanceof TropError) || error.failure.code !== "validation") throw error;
    const message = `Cannot read --tag: ${error.failure.message}`;
    throw new TropError({ code: "invalid-arguments", message }, { cause: error });
  }
}
