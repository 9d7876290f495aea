/**
 * What can stand where on trop's command line, as the completion scripts of all shells need it.
 *
 * @module
 */

import {
  type Command,
  GLOBAL_OPTIONS,
  optionName,
  type Options,
  type StoredOffer,
  type Value,
} from "../grammar/command.ts";

/** All of the command line. */
export interface Grammar {
  /** Before a command and behind it. */
  readonly globals: readonly GrammarOption[];
  /** Before a command, and not behind it. */
  readonly only: readonly GrammarOption[];
  readonly commands: readonly GrammarCommand[];
}

/** A command, `help` among them. */
export interface GrammarCommand {
  readonly name: string;
  readonly summary: string;
  /** Its own. */
  readonly options: readonly GrammarOption[];
  readonly operands: readonly Argument[];
  /** Whether another program's command line follows behind `--`. */
  readonly runsProgram: boolean;
}

/** An option as it is typed. */
export interface GrammarOption {
  readonly name: string;
  readonly summary: string;
  /** Options, as they are typed, that make no sense beside it. */
  readonly excludes: readonly string[];
  /** `undefined` for a switch. */
  readonly argument: Argument | undefined;
}

/** A value and what to offer for it. */
export interface Argument {
  readonly label: string;
  readonly offer: GrammarOffer;
}

/** What to offer for a value. */
export type GrammarOffer =
  | { readonly kind: "nothing" | "directories" | "files" }
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** What `trop __complete` prints. */
  | { readonly kind: "stored"; readonly what: StoredOffer };

/** The grammar of a trop that has these commands. */
export function grammarOf(commands: readonly Command[]): Grammar {
  const names = [...commands.map(({ name }) => name), "help"];
  const help = {
    name: "help",
    summary: "Print what trop or a command does",
    options: [],
    operands: [{ label: "COMMAND", offer: { kind: "words", words: names } }],
    runsProgram: false,
  } as const;
  return {
    globals: [...toOptions(GLOBAL_OPTIONS), toSwitch("--help", "Print help")],
    only: [toSwitch("--version", "Print the version")],
    commands: [...commands.map(toCommand), help],
  };
}

function toSwitch(name: string, summary: string): GrammarOption {
  return { name, summary, excludes: [], argument: undefined };
}

function toCommand({ name, summary, options, positionals, trailing }: Command): GrammarCommand {
  return {
    name,
    summary,
    options: toOptions(options),
    operands: Object.values(positionals).map(toArgument),
    runsProgram: trailing !== undefined,
  };
}

function toOptions(options: Options): GrammarOption[] {
  const entries = Object.entries(options);
  return entries.map(([key, option]) => {
    const excluding = entries.filter(([_, other]) => other.conflictsWith?.includes(key));
    const excluded = new Set([...option.conflictsWith ?? [], ...excluding.map(([key]) => key)]);
    return {
      name: optionName(key),
      summary: option.summary,
      excludes: [...excluded].map(optionName),
      argument: option.kind === "flag" ? undefined : toArgument(option),
    };
  });
}

function toArgument(value: Value): Argument {
  return { label: value.valueName, offer: offerOf(value) };
}

function offerOf({ kind, values, offer = values ?? (kind === "path" ? "files" : []) }: Value) {
  if (typeof offer !== "string") return toWords(offer);
  if (offer === "directories" || offer === "files") return { kind: offer } as const;
  return { kind: "stored", what: offer } as const;
}

function toWords(words: readonly string[]): GrammarOffer {
  return words.length === 0 ? { kind: "nothing" } : { kind: "words", words };
}

/** The commands behind which another program's command line follows. */
export function runnersOf(commands: readonly GrammarCommand[]): string[] {
  return commands.filter(({ runsProgram }) => runsProgram).map(({ name }) => name);
}

/** A place on the command line, and what to offer there in words that a script can take apart. */
export type EncodedOffer = readonly [place: string, offer: string];

/** What to offer for the values of options: `--data-dir` and `directories`. */
export function encodeOptions(options: readonly GrammarOption[]): EncodedOffer[] {
  return options.flatMap(({ name, argument }): EncodedOffer[] => {
    return argument === undefined ? [] : [[name, encodeOffer(argument.offer)]];
  });
}

/** The same for commands' own options, `release --tag`, and for their operands, `validate 0`. */
export function encodeCommands(commands: readonly GrammarCommand[]): EncodedOffer[] {
  return commands.flatMap(({ name, options, operands }) => [
    ...encodeOptions(options).map(([option, offer]): EncodedOffer => [`${name} ${option}`, offer]),
    ...operands.map(({ offer }, index): EncodedOffer => [`${name} ${index}`, encodeOffer(offer)]),
  ]);
}

function encodeOffer(offer: GrammarOffer): string {
  if (offer.kind === "words") return `words ${offer.words.join(" ")}`;
  return offer.kind === "stored" ? `stored ${offer.what}` : offer.kind;
}
