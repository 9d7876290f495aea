/**
 * Reads the command line, strictly: an option is spelled in full, given once, and has a value when
 * and only when it takes one.
 *
 * It works in two steps, so that only the module of the command in use is loaded: `parseRoot` reads
 * up to the command's name, `parseCommand` the rest with that command's record at hand.
 *
 * @module
 */

import { closest } from "../../domain/suggest.ts";
import { escapeControls } from "../../domain/text.ts";
import { TropError } from "../../errors.ts";
import {
  type Command,
  type Given,
  GLOBAL_OPTIONS,
  type Option,
  optionLabel,
  optionName,
  type Options,
  type Positionals,
  type Trailing,
  trailingLabel,
  type Value,
} from "./command.ts";

/** What stands before the command's own arguments. */
export type Root =
  | { readonly kind: "help" }
  | { readonly kind: "version"; readonly verbose: boolean }
  /** Nothing but options. */
  | { readonly kind: "no-command" }
  | ({ readonly kind: "command"; readonly name: string } & Tail);

/** What surrounds the command's name. */
interface Tail {
  /** The global options before it. */
  readonly before: GivenByKey;
  /** Every argument after it. */
  readonly rest: readonly string[];
}

/** What the whole command line says. */
export type Parsed<O, P> =
  | { readonly kind: "help" }
  | {
    readonly kind: "run";
    readonly options: Given<O>;
    readonly positionals: Given<P>;
    readonly trailing: readonly string[];
    readonly globals: Given<typeof GLOBAL_OPTIONS>;
  };

/** Values by the keys of their options; a flag's value is `true`. */
type GivenByKey = ReadonlyMap<string, unknown>;

type Environment = (name: string) => string | undefined;

/**
 * Reads the options before the command, and its name. `help` and `help <command>` come out as if
 * `--help` had been written, alone or behind the command.
 *
 * @throws {TropError} `usage`.
 */
export function parseRoot(argv: readonly string[]): Root {
  const scanner = new Scanner(argv, GLOBAL_OPTIONS);
  let help: readonly string[] = [];
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
    if (isHelp(token)) return { kind: "help" };
    if (token === "-V" || token === "--version") {
      const verbose = scanner.given.has("verbose") || scanner.rest().includes("--verbose");
      return { kind: "version", verbose };
    }
    if (isOption(token)) scanner.takeOption(token);
    else if (token === "help") help = ["--help"];
    else {
      const rest = scanner.rest();
      if (help.length > 0) refuseSurplus(rest.find((word) => !isOption(word)));
      return { kind: "command", name: token, before: scanner.given, rest: [...help, ...rest] };
    }
  }
  return { kind: help.length > 0 ? "help" : "no-command" };
}

/**
 * Reads the arguments of `command`. A global option here wins over the same one before the command.
 *
 * @param env Asked for the variables that stand in for options that are not given.
 * @throws {TropError} `usage`.
 */
export function parseCommand<O extends Options, P extends Positionals>(
  command: Command<O, P>,
  { before, rest }: Tail,
  env: Environment,
): Parsed<O, P> {
  if (asksForHelp(rest)) return { kind: "help" };
  const options: Options = { ...GLOBAL_OPTIONS, ...command.options };
  const scanner = new Scanner(rest, options);
  const operands: string[] = [];
  const trailing: string[] = [];
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
    if (token === "--") (command.trailing ? trailing : operands).push(...scanner.rest());
    else if (isOption(token)) scanner.takeOption(token);
    else operands.push(token);
  }
  checkCompany(scanner.given, options);
  const given = new Map([...before, ...scanner.given]);
  return {
    kind: "run",
    options: complete(command.options, given, env),
    // First, for somebody who left out the `--`.
    trailing: requireTrailing(command.trailing, trailing),
    positionals: assign(command.positionals, operands),
    globals: complete(GLOBAL_OPTIONS, given, env),
  };
}

/** Walks over the arguments and keeps the options it meets. */
class Scanner {
  readonly given = new Map<string, unknown>();
  readonly #tokens: string[];

  constructor(tokens: readonly string[], readonly options: Options) {
    this.#tokens = [...tokens];
  }

  next(): string | undefined {
    return this.#tokens.shift();
  }

  /** All that is left; nothing is afterwards. */
  rest(): string[] {
    return this.#tokens.splice(0);
  }

  /** Takes `token`, which begins with `-`, and its value. */
  takeOption(token: string): void {
    const { name, attached } = splitToken(token);
    const [key, option] = this.#find(name);
    const label = optionLabel(key, option);
    if (this.given.has(key)) throw usageError(`'${label}' cannot be given twice`);
    if (option.kind !== "flag") {
      this.given.set(key, read(option, attached ?? this.#following(name, label), `'${label}'`));
    } else if (attached === undefined) {
      this.given.set(key, true);
    } else throw usageError(`'${label}' takes no value`);
  }

  #find(name: string): [key: string, option: Option] {
    const found = Object.entries(this.options).find(([key]) => optionName(key) === name);
    if (found !== undefined) return found;
    const known = [...Object.keys(this.options).map(optionName), "--help"];
    throw usageError(`unknown option ${quote(name)}${suggestion(name, known)}`);
  }

  /** The value of the option `name` in an argument of its own. */
  #following(name: string, label: string): string {
    const next = this.#tokens[0];
    if (next === undefined) throw usageError(`'${label}' lacks its value`);
    if (!isOption(next)) return this.#tokens.shift() as string;
    throw usageError(`'${label}' lacks its value; one that begins with '-' is given as ${name}=…`);
  }
}

/** The error for a command that there is not, with the known one that was perhaps meant. */
export function unknownCommand(name: string, known: readonly string[]): TropError {
  return usageError(`unknown command ${quote(name)}${suggestion(name, known)}`);
}

/** The error for options alone; it names the commands there are. */
export function missingCommand(known: readonly string[]): TropError {
  return usageError(`a command is missing, want one of: ${known.join(", ")}`);
}

function usageError(message: string): TropError {
  return new TropError({ code: "usage", message });
}

function suggestion(word: string, known: readonly string[]): string {
  const meant = closest(word, known);
  return meant === undefined ? "" : `, did you mean '${meant}'?`;
}

function quote(text: string): string {
  return `'${escapeControls(text)}'`;
}

function isHelp(token: string): boolean {
  return token === "-h" || token === "--help";
}

/** A lone `-` is a value like any other. */
function isOption(token: string): boolean {
  return token.startsWith("-") && token !== "-";
}

/** `--help` wins over every mistake around it: it is for whoever made one. */
function asksForHelp(tokens: readonly string[]): boolean {
  const end = tokens.indexOf("--");
  return (end === -1 ? tokens : tokens.slice(0, end)).some(isHelp);
}

function splitToken(token: string): { name: string; attached: string | undefined } {
  const equals = token.indexOf("=");
  if (equals === -1) return { name: token, attached: undefined };
  return { name: token.slice(0, equals), attached: token.slice(equals + 1) };
}

function read(value: Value, text: string, origin: string): unknown {
  // Of a path the command says it: to the shell it was none worse than another.
  if (value.kind !== "path" && !text.isWellFormed()) {
    throw usageError(`invalid value ${quote(text)} for ${origin}: it is not valid UTF-8`);
  }
  const reading = value.read(text);
  if ("value" in reading) return reading.value;
  throw usageError(`invalid value ${quote(text)} for ${origin}: ${reading.problem}`);
}

/** Refuses options that exclude each other, and options without the one they need. */
function checkCompany(given: GivenByKey, options: Options): void {
  const label = (key: string) => `'${optionLabel(key, options[key] as Option)}'`;
  for (const key of given.keys()) {
    const { conflictsWith = [], requires } = options[key] as Option;
    const other = conflictsWith.find((other) => given.has(other));
    if (other !== undefined) {
      throw usageError(`${label(key)} cannot be used with ${label(other)}`);
    }
    if (requires !== undefined && !given.has(requires)) {
      throw usageError(`${label(key)} can only be used together with ${label(requires)}`);
    }
  }
}

/** A value for each of `options`: the one given, or what stands in for it. */
function complete<O extends Options>(options: O, given: GivenByKey, env: Environment): Given<O> {
  const values = Object.entries(options).map(([key, option]) => {
    return [key, given.has(key) ? given.get(key) : absent(key, option, env)];
  });
  return Object.fromEntries(values);
}

function absent(key: string, option: Option, env: Environment): unknown {
  if (option.kind === "flag") return false;
  const text = option.env && env(option.env);
  if (text !== undefined) return read(option, text, `the variable ${option.env}`);
  if (!option.required) return undefined;
  throw usageError(`'${optionLabel(key, option)}' is missing`);
}

function assign<P extends Positionals>(positionals: P, operands: readonly string[]): Given<P> {
  const entries = Object.entries(positionals);
  refuseSurplus(operands[entries.length]);
  const values = entries.map(([key, value], index) => {
    return [key, takeOperand(value, operands[index])];
  });
  return Object.fromEntries(values);
}

function refuseSurplus(surplus: string | undefined): void {
  if (surplus !== undefined) throw usageError(`unexpected argument ${quote(surplus)}`);
}

function requireTrailing(declared: Trailing | undefined, words: string[]): readonly string[] {
  if (declared === undefined || words.length > 0) return words;
  throw usageError(`the argument '${trailingLabel(declared)}' is missing`);
}

function takeOperand(value: Value, text: string | undefined): unknown {
  const label = `'<${value.valueName}>'`;
  if (text !== undefined) return read(value, text, label);
  if (!value.required) return undefined;
  throw usageError(`the argument ${label} is missing`);
}
