import { loadConfig } from "../../config/load.ts";
import { databasePath, resolveDataDirectory } from "../../database/config.ts";
import { glanceAtDatabase } from "../../database/connection.ts";
import { atPath, list, projects, underPath } from "../../database/operations.ts";
import { type ReadTransaction, withRead } from "../../database/transaction.ts";
import { formatKey, type Reservation } from "../../domain/reservation.ts";
import { escapeControls } from "../../domain/text.ts";
import { workingDirectory } from "../../operations/paths.ts";
import { choice, defineCommand, STORED_OFFERS, type StoredOffer } from "../grammar/command.ts";
import type { Host } from "../host.ts";
import { absoluteDataDirectory, homeDirectory, resolveTarget } from "../steps/session.ts";

/**
 * `trop __complete`: what completion scripts ask while somebody types. It writes nothing at all,
 * waits for nobody, and says nothing when it has nothing to say.
 */
export const complete = defineCommand({
  name: "__complete",
  group: "inspect",
  summary: "Print values that are stored, for completion scripts",
  description: ["Prints a value a line and, behind a TAB, what it is."],
  positionals: {
    what: choice({
      summary: "What to print",
      valueName: "KIND",
      values: STORED_OFFERS,
      required: true,
    }),
  },
  trailing: { valueName: "WORD", summary: "The command line as far as it is typed" },
  examples: [
    {
      command: "trop __complete tags -- trop release --path shop",
      effect: "Print the shop's tags",
    },
  ],
  async run({ positionals, trailing, host, output }) {
    const found: Candidate[] = [];
    for (const source of SOURCES[positionals.what]) {
      try {
        found.push(...await source({ words: trailing, host }));
      } catch (error) {
        // Whoever completes can do nothing about it, and hears of it from the command itself.
        if (host.env("TROP_DEBUG")) throw error;
      }
    }
    const distinct = new Map(found.filter(isTypeable).map(({ value, remark }) => [value, remark]));
    output.product([...distinct].map(toLine).join(""));
  },
});

/** A value and, perhaps, what to know about it. */
interface Candidate {
  readonly value: string;
  readonly remark?: string;
}

/** A command line that is being typed. */
interface Asking {
  readonly words: readonly string[];
  readonly host: Host;
}

type Source = (asking: Asking) => readonly Candidate[] | Promise<readonly Candidate[]>;

const SOURCES: Readonly<Record<StoredOffer, readonly Source[]>> = {
  "tags": [tagsHere],
  "services": [services, tagsHere],
  "all-tags": [(asking) => read(asking, list).flatMap(toTag)],
  "projects": [(asking) => read(asking, projects).map((value) => ({ value }))],
  "ports": [reservedPorts],
  "paths": [(asking) => read(asking, list).map(({ path }) => ({ value: path }))],
};

/** What does not fit on a line as it is cannot be completed. */
function isTypeable({ value }: Candidate): boolean {
  return escapeControls(value) === value;
}

function toLine([value, remark]: readonly [string, string | undefined]): string {
  return remark === undefined ? `${value}\n` : `${value}\t${escapeControls(remark)}\n`;
}

/** The tags of the directory that the command would be about. */
function tagsHere(asking: Asking): readonly Candidate[] {
  const { words, host } = asking;
  const directory = workingDirectory(host.cwd());
  const path = resolveTarget(
    { directory, host },
    valueOf("--path", words) ?? host.env("TROP_PATH"),
  );
  const select = words.includes("--recursive") ? underPath : atPath;
  return read(asking, (transaction) => select(transaction, path)).flatMap(toTag)
    .map(({ value, port }) => ({ value, remark: `port ${port}` }));
}

function toTag({ tag, port }: Reservation) {
  return tag === null ? [] : [{ value: tag, port }];
}

/** The services of the group that is in force in the current directory. */
async function services({ words, host }: Asking): Promise<readonly Candidate[]> {
  const { group } = await loadConfig({
    files: { kind: "discovered", from: workingDirectory(host.cwd()).physical },
    dataDirectory: dataDirectory(words, host),
    env: host.env,
  });
  return group?.services.map(({ tag }) => ({ value: tag, remark: "service" })) ?? [];
}

function reservedPorts(asking: Asking): readonly Candidate[] {
  return read(asking, list).toSorted((left, right) => left.port - right.port)
    .map((reservation) => ({ value: `${reservation.port}`, remark: formatKey(reservation) }));
}

/** @throws {TropError} Also when there is no database: none is made. */
function read<T>({ words, host }: Asking, query: (transaction: ReadTransaction) => T): T {
  const directory = absoluteDataDirectory(host, dataDirectory(words, host));
  using database = glanceAtDatabase(databasePath(directory));
  return withRead(database, "completing a command line", query);
}

/** A word that is being typed still has the `~` that the shell is going to replace. */
function dataDirectory(words: readonly string[], host: Host): string {
  const named = valueOf("--data-dir", words)?.replace(/^~(?=\/)/, homeDirectory(host) ?? "~");
  return resolveDataDirectory(named, host.env);
}

/** What an option on an unfinished command line says. */
function valueOf(option: string, words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === option) return words[index + 1];
    if (word.startsWith(`${option}=`)) return word.slice(option.length + 1);
  }
  return undefined;
}
