/**
 * What a command is: one record of data that the parser, the help, the completions and the manual
 * are made from, and the function that does the work.
 *
 * @module
 */

import type { Host } from "../host.ts";
import type { Output } from "../output.ts";
import type { Title } from "./titles.ts";

/** What every option says about itself. */
interface OptionSpec {
  /** Its line in the help: a phrase without a full stop. */
  readonly summary: string;
  /** Options, by their keys, that exclude this one; it is enough that one of the two says so. */
  readonly conflictsWith?: readonly string[];
  /** An option, by its key, without which this one is an error. */
  readonly requires?: string;
  /** A variable that the configuration reads in place of this option; named in the help only. */
  readonly configEnv?: string;
  /** What holds without the option, in the help's words. */
  readonly default?: string;
}

/** What an option or a positional argument that takes a value says besides. */
interface ValueSpec extends OptionSpec {
  /** The value's name in the help, such as `PATH`. */
  readonly valueName: string;
  /** A variable that the parser reads when the option is not on the command line. */
  readonly env?: string;
  readonly required?: boolean;
  /** What completions offer for it, if not what its kind suggests. */
  readonly offer?: Offer;
}

/** What completions offer for a value: what lies on the disk, what is stored, or these words. */
export type Offer = "directories" | "files" | StoredOffer | readonly string[];

/** Values that are looked up in the database when somebody completes. */
export const STORED_OFFERS = [
  /** Of the directory that the command line is about. */
  "tags",
  /** Those tags, and the services of the group in force. */
  "services",
  "all-tags",
  "projects",
  "ports",
  /** Directories that have reservations; others are offered as well. */
  "paths",
] as const;

export type StoredOffer = typeof STORED_OFFERS[number];

/** A switch: on the command line or not. */
export interface Flag extends OptionSpec {
  readonly kind: "flag";
}

/** An option, or a positional argument, of type `T`; `R` says that it cannot be left out. */
export interface Value<T = unknown, R extends boolean = boolean> extends ValueSpec {
  readonly kind: "path" | "text" | "integer" | "choice";
  readonly required: R;
  /** All that it may be, where that is a short list. */
  readonly values?: readonly string[];
  /** Takes what was typed, or says what is wanted in its place. */
  read(text: string): Reading<T>;
}

/** The outcome of reading a value. */
export type Reading<T> = { readonly value: T } | { readonly problem: string };

/** An option of either kind. */
export type Option = Flag | Value;

/** Options by their keys: `dryRun` is `--dry-run` on the command line. */
export type Options = Readonly<Record<string, Option>>;

/** Positional arguments in their order. The keys are for `run`; users see the value names. */
export type Positionals = Readonly<Record<string, Value>>;

/** The words behind `--`, at least one: another program's, so that no option is among them. */
export interface Trailing {
  /** The first word's name in the help, such as `COMMAND`. */
  readonly valueName: string;
  /** Its line in the help: a phrase without a full stop. */
  readonly summary: string;
}

/** What the user gave for each of `O`. */
export type Given<O> = {
  readonly [K in keyof O]: O[K] extends Value<infer T, infer R> ? R extends true ? T : T | undefined
    : boolean;
};

type IsRequired<S> = S extends { readonly required: true } ? true : false;

/** A switch, which takes no value. */
export function flag(spec: OptionSpec): Flag {
  return { ...spec, kind: "flag" };
}

/** A path as it was typed; never empty. */
export function path<const S extends ValueSpec>(spec: S): Value<string, IsRequired<S>> {
  return value(spec, "path", (text) => {
    return text === "" ? { problem: "a path cannot be empty" } : { value: text };
  });
}

/** Any text, the empty one too; what it may be is the command's to judge. */
export function text<const S extends ValueSpec>(spec: S): Value<string, IsRequired<S>> {
  return value(spec, "text", (text) => ({ value: text }));
}

/** A whole number in ASCII digits, with an optional leading `+`, from 0 to `max`. */
export function integer<const S extends ValueSpec & { readonly max: number }>(
  spec: S,
): Value<number, IsRequired<S>> {
  return value(spec, "integer", (text) => {
    const number = /^\+?[0-9]+$/.test(text) ? Number(text) : NaN;
    if (number <= spec.max) return { value: number };
    return { problem: `want a whole number from 0 to ${spec.max}` };
  });
}

/** One of `values`; `ignoreCase` takes it in capitals too and hands it on as listed. */
export function choice<
  const S extends ValueSpec & {
    readonly values: readonly string[];
    readonly ignoreCase?: boolean;
  },
>(spec: S): Value<S["values"][number], IsRequired<S>> {
  return value(spec, "choice", (text) => {
    const wanted = spec.ignoreCase ? text.toLowerCase() : text;
    const found = spec.values.find((value) => value === wanted);
    if (found !== undefined) return { value: found };
    return { problem: `want one of ${spec.values.join(", ")}` };
  });
}

function value<S extends ValueSpec, T>(
  spec: S,
  kind: Value["kind"],
  read: (text: string) => Reading<T>,
): Value<T, IsRequired<S>> {
  return { ...spec, kind, read, required: (spec.required ?? false) as IsRequired<S> };
}

/** The largest value of an integer option such as `--days`: 32 bits without a sign. */
export const MAX_UINT32 = 2 ** 32 - 1;

/** The options that every command takes, before its name or after it. */
export const GLOBAL_OPTIONS = {
  verbose: flag({ summary: "Say more on standard error" }),
  quiet: flag({ summary: "Say nothing but errors on standard error" }),
  dataDir: path({
    summary: "Directory that holds the database",
    valueName: "PATH",
    offer: "directories",
    env: "TROP_DATA_DIR",
    default: "~/.trop",
  }),
  busyTimeout: integer({
    summary: "Longest wait for a locked database; 0 does not wait",
    valueName: "SECONDS",
    max: MAX_UINT32,
    configEnv: "TROP_BUSY_TIMEOUT",
    default: "5",
  }),
  disableAutoinit: flag({
    summary: "Fail rather than create a missing database",
    configEnv: "TROP_DISABLE_AUTOINIT",
  }),
};

/** What a command's `run` gets. */
export interface Invocation<O = Options, P = Positionals> {
  readonly options: Given<O>;
  readonly positionals: Given<P>;
  /** Empty unless the command declares some. */
  readonly trailing: readonly string[];
  readonly globals: Given<typeof GLOBAL_OPTIONS>;
  readonly host: Host;
  readonly output: Output;
}

/** A use of a command and what it does. */
export interface Example {
  readonly command: string;
  readonly effect: string;
}

/** An exit code, or several, and the meaning: a phrase without a full stop. */
export type ExitCode = readonly [code: string, meaning: string];

/** A command of trop. */
export interface Command<O = Options, P = Positionals> extends Title {
  /** Paragraphs for the help, each without line breaks. */
  readonly description?: readonly string[];
  readonly positionals: P;
  readonly trailing?: Trailing;
  readonly options: O;
  readonly examples: readonly Example[];
  /** What exit codes mean here that the root help does not say, such as `1`. */
  readonly exitCodes: readonly ExitCode[];
  /**
   * The lowest exit code of a failure, for a command that hands on the exit codes of another
   * program.
   */
  readonly failureExitCode?: number;
  /**
   * Does the work and prints the product. It returns only when the command succeeded: every other
   * outcome, a negative answer too, is a {@linkcode TropError}.
   *
   * @returns The exit code, if it is not 0.
   */
  // A method, not a property, so that a command of known options is a `Command`.
  run(invocation: Invocation<O, P>): Outcome | Promise<Outcome>;
}

/** How a command ended that did not fail. */
type Outcome = void | number;

/**
 * A command whose `run` gets the types of the options and positionals declared beside it.
 *
 * @example
 * ```ts
 * const greet = defineCommand({
 *   name: "greet",
 *   group: "inspect",
 *   summary: "Greet somebody",
 *   options: { loud: flag({ summary: "Shout" }) },
 *   positionals: { name: text({ summary: "Whom to greet", valueName: "NAME", required: true }) },
 *   run({ options, positionals, output }) {
 *     const greeting = `Hello ${positionals.name}`;
 *     output.product(options.loud ? `${greeting}!\n` : `${greeting}\n`);
 *   },
 * });
 * ```
 */
export function defineCommand<
  const O extends Options = Record<never, never>,
  const P extends Positionals = Record<never, never>,
>(
  command:
    & Omit<Command<O, P>, "options" | "positionals" | "examples" | "exitCodes" | "run">
    & {
      readonly options?: O;
      readonly positionals?: P;
      readonly examples?: readonly Example[];
      readonly exitCodes?: readonly ExitCode[];
      run(invocation: Invocation<O, P>): Outcome | Promise<Outcome>;
    },
): Command<O, P> {
  return { options: {} as O, positionals: {} as P, examples: [], exitCodes: [], ...command };
}

/** An option as it is typed: `dryRun` is `--dry-run`. */
export function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** An option with the name of its value: `--path <PATH>`. */
export function optionLabel(key: string, option: Option): string {
  const name = optionName(key);
  return option.kind === "flag" ? name : `${name} <${option.valueName}>`;
}

/** How trop itself is used. */
export const ROOT_USAGE = "trop [OPTIONS] <COMMAND>";

/** How `command` is used, in one line. */
export function commandUsage(command: Command): string {
  const required = Object.entries(command.options).flatMap(([key, option]) => {
    return option.kind !== "flag" && option.required ? [optionLabel(key, option)] : [];
  });
  const operands = Object.values(command.positionals).map(({ required, valueName }) => {
    return required ? `<${valueName}>` : `[${valueName}]`;
  });
  const { trailing } = command;
  if (trailing !== undefined) operands.push(trailingLabel(trailing));
  return ["trop", command.name, "[OPTIONS]", ...required, ...operands].join(" ");
}

/** The words behind `--` as they are typed: `-- <COMMAND>...`. */
export function trailingLabel({ valueName }: Trailing): string {
  return `-- <${valueName}>...`;
}
