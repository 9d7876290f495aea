/**
 * The help texts, all of them made from the commands' records.
 *
 * @module
 */

import { escapeControls } from "../../domain/text.ts";
import {
  type Command,
  commandUsage,
  type Example,
  GLOBAL_OPTIONS,
  type Option,
  optionLabel,
  optionName,
  ROOT_USAGE,
  trailingLabel,
  type Value,
} from "./command.ts";
import {
  EXAMPLES,
  EXIT_CODES,
  INTRODUCTION,
  OPTIONLESS_VARIABLES,
  PRECEDENCE,
  TITLE,
  VARIABLES,
} from "./reference.ts";
import { GROUPS, type Title } from "./titles.ts";

/** What the help takes from the world it is shown in. */
export interface HelpOptions {
  /** For the current values of the variables it names. */
  env(name: string): string | undefined;
  /** Whether headings may be bold. */
  readonly styled: boolean;
}

/** No line of the help is longer, as far as it has spaces to break at. */
const WIDTH = 80;
/** The furthest to the right that explanations begin. */
const MAX_INDENT = 30;
/** The same for examples, which are longer than options and explained in fewer words. */
const MAX_EXAMPLE_INDENT = 48;

/** One entry of a list: what to type, what it is, and notes that stay on one line each. */
type Row = readonly [term: string, explanation: string, notes?: readonly string[]];

/** A heading and the entries below it. */
type Section = readonly [title: string, rows: readonly Row[]];

/** The help of trop itself, which lists `commands`. */
export function rootHelp(commands: readonly Title[], options: HelpOptions): string {
  const groups = GROUPS.flatMap((group): Section[] => {
    const members = commands.filter((command) => command.group === group);
    const rows = members.map((command): Row => [command.name, command.summary]);
    return members.length === 0 ? [] : [[capitalised(group), rows]];
  });
  return page([
    TITLE,
    usage(ROOT_USAGE, options),
    paragraph(INTRODUCTION),
    ...lists([...groups, ["Help", [HELP_COMMAND_ROW]]], options),
    ...lists([["Global options", [...globalRows(options), VERSION_ROW]]], options),
    ...lists([["Environment", [...VARIABLES, ...OPTIONLESS_VARIABLES]]], options),
    paragraph(PRECEDENCE),
    ...lists([["Exit codes", EXIT_CODES]], options),
    ...lists([["Examples", toRows(EXAMPLES)]], options, MAX_EXAMPLE_INDENT),
  ]);
}

/** The help of one command. */
export function commandHelp(command: Command, options: HelpOptions): string {
  const { summary, description = [], positionals, trailing, examples, exitCodes } = command;
  const operands = Object.values(positionals).map((operand): Row => {
    return [`<${operand.valueName}>`, operand.summary, notes(operand, options)];
  });
  if (trailing !== undefined) operands.push([trailingLabel(trailing), trailing.summary]);
  const own = Object.entries(command.options).map((entry) => optionRow(entry, options));
  return page([
    summary,
    usage(commandUsage(command), options),
    ...description.map(paragraph),
    ...lists([
      ["Arguments", operands],
      ["Options", own],
      ["Global options", globalRows(options)],
    ], options),
    ...lists([["Exit codes", exitCodes]], options),
    ...lists([["Examples", toRows(examples)]], options, MAX_EXAMPLE_INDENT),
  ]);
}

const HELP_COMMAND_ROW: Row = ["help [COMMAND]", "Print this, or what a command does"];
const HELP_ROW: Row = ["-h, --help", "Print help"];
const VERSION_ROW: Row = ["-V, --version", "Print the version"];

function toRows(examples: readonly Example[]): Row[] {
  return examples.map(({ command, effect }) => [command, effect]);
}

function globalRows(options: HelpOptions): Row[] {
  return [...Object.entries(GLOBAL_OPTIONS).map((entry) => optionRow(entry, options)), HELP_ROW];
}

function optionRow([key, option]: readonly [string, Option], options: HelpOptions): Row {
  return [optionLabel(key, option), option.summary, notes(option, options)];
}

/** What an option may be, what it needs, what holds without it, and its variable. */
function notes(option: Option, { env }: HelpOptions): string[] {
  const value: Partial<Value> = option.kind === "flag" ? {} : option;
  const variable = value.env ?? option.configEnv;
  const { requires } = option;
  return [
    ...(requires === undefined ? [] : [`[only with ${optionName(requires)}]`]),
    ...(value.values === undefined ? [] : [`[possible values: ${value.values.join(", ")}]`]),
    ...(option.default === undefined ? [] : [`[default: ${option.default}]`]),
    ...(variable === undefined ? [] : [`[env: ${assignment(variable, env(variable))}]`]),
  ];
}

function assignment(variable: string, value: string | undefined): string {
  return value === undefined ? variable : `${variable}=${escapeControls(value)}`;
}

function page(sections: readonly string[]): string {
  return `${sections.join("\n\n")}\n`;
}

function usage(line: string, { styled }: HelpOptions): string {
  return `${heading("Usage:", styled)} ${line}`;
}

function heading(text: string, styled: boolean): string {
  return styled ? `\x1b[1m${text}\x1b[0m` : text;
}

function paragraph(text: string): string {
  return wrap(text.split(" "), WIDTH).join("\n");
}

/** Lists whose explanations all begin in one column; an empty one is left out. */
function lists(
  sections: readonly Section[],
  { styled }: HelpOptions,
  maxIndent = MAX_INDENT,
): string[] {
  const terms = sections.flatMap(([_, rows]) => rows.map(([term]) => term.length));
  const indent = Math.min(Math.max(...terms) + 4, maxIndent);
  return sections.filter(([_, rows]) => rows.length > 0).map(([title, rows]) => {
    const lines = rows.flatMap((row) => formatRow(row, indent));
    return [heading(`${title}:`, styled), ...lines].join("\n");
  });
}

function formatRow([term, explanation, notes = []]: Row, indent: number): string[] {
  const width = WIDTH - indent;
  const whole = notes.length === 0 ? explanation : `${explanation} ${notes.join(" ")}`;
  const lines = whole.length <= width ? [whole] : wrap(toUnits(explanation, notes, width), width);
  const label = `  ${term}`;
  // A term that reaches into the explanations gets a line of its own.
  const first = label.length + 2 > indent ? [label] : [label.padEnd(indent) + lines.shift()];
  return [...first, ...lines.map((line) => " ".repeat(indent) + line)];
}

/** What is not to be broken: words, and notes that fit into a line. */
function toUnits(explanation: string, notes: readonly string[], width: number): string[] {
  const units = notes.flatMap((note) => note.length <= width ? [note] : note.split(" "));
  return [...explanation.split(" "), ...units];
}

/** Fills lines of at most `width` characters with `units`, which are never broken. */
export function wrap(units: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const unit of units) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + unit.length > width) lines.push(unit);
    else lines[lines.length - 1] = `${line} ${unit}`;
  }
  return lines;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
