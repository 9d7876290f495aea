/**
 * docs/cli.md: every command on one page.
 *
 * @module
 */

import {
  type Command,
  commandUsage,
  type Example,
  type ExitCode,
  GLOBAL_OPTIONS,
  optionLabel,
  type Options,
  ROOT_USAGE,
  trailingLabel,
} from "../../src/cli/grammar/command.ts";
import { EXAMPLES, EXIT_CODES, INTRODUCTION, PRECEDENCE } from "../../src/cli/grammar/reference.ts";
import { allVariables, byTask, remarksOn } from "./facts.ts";

/** The page, from the commands' records. */
export function markdownPage(commands: readonly Command[]): string {
  return joined([
    "<!-- Made by scripts/generate_docs.ts from the commands' records. -->",
    "# The command line",
    prose(INTRODUCTION),
    code("text", [ROOT_USAGE]),
    ...examples(EXAMPLES),
    ...byTask(commands).map(([task, members]) =>
      joined([
        `**${task}**`,
        members.map(({ name, summary }) => `- [\`${name}\`](#trop-${name}): ${prose(summary)}`)
          .join("\n"),
      ])
    ),
    "## Global options",
    "They may stand before the command or behind it.",
    options(GLOBAL_OPTIONS),
    "`-h`, `--help` and `trop help COMMAND` print the help of trop or of a command, `-V` or " +
    "`--version`, without a command, the version; with `--verbose` also what it was built from.",
    "## Variables",
    prose(PRECEDENCE),
    table(["variable", "meaning"], allVariables().map(([name, text]) => [`\`${name}\``, text])),
    "## Exit codes",
    exitCodes(EXIT_CODES),
    ...commands.map(section),
  ]) + "\n";
}

function section(command: Command): string {
  const { name, summary, description = [], positionals, trailing } = command;
  const operands = Object.values(positionals).map(({ valueName, summary }) => {
    return [`\`<${valueName}>\``, summary];
  });
  if (trailing !== undefined) operands.push([`\`${trailingLabel(trailing)}\``, trailing.summary]);
  return joined([
    `## trop ${name}`,
    `${prose(summary)}.`,
    code("text", [commandUsage(command)]),
    ...description.map(prose),
    ...(operands.length === 0 ? [] : [table(["argument", "meaning"], operands)]),
    options(command.options),
    ...(command.exitCodes.length === 0 ? [] : [exitCodes(command.exitCodes)]),
    ...examples(command.examples),
  ].filter((part) => part !== ""));
}

function options(declared: Options): string {
  const rows = Object.entries(declared).map(([key, option]) => [
    `\`${optionLabel(key, option)}\``,
    [`${option.summary}.`, ...remarksOn(option)].join(" "),
  ]);
  return rows.length === 0 ? "" : table(["option", "meaning"], rows);
}

function exitCodes(codes: readonly ExitCode[]): string {
  return table(["exit code", "meaning"], codes);
}

function examples(list: readonly Example[]): string[] {
  const lines = list.flatMap(({ command, effect }) => [`# ${effect}`, command]);
  return lines.length === 0 ? [] : [code("sh", lines)];
}

/** The first column is Markdown already. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map(([term = "", text = ""]) => `| ${term} | ${prose(text)} |`);
  return [`| ${head.join(" | ")} |`, `| ${head.map(() => "---").join(" | ")} |`, ...lines]
    .join("\n");
}

function code(language: string, lines: readonly string[]): string {
  return ["```" + language, ...lines, "```"].join("\n");
}

/** Text with what is typed set as code, and no other character that Markdown would take amiss. */
function prose(text: string): string {
  const typed = /'(trop [^']+)'|--[a-z][a-z0-9-]*(?![a-z0-9-])|\b(?:TROP_[A-Z_]+|trop\.[a-z.]+)\b/g;
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(typed)) {
    parts.push(escape(text.slice(end, match.index)), `\`${match[1] ?? match[0]}\``);
    end = match.index + match[0].length;
  }
  return [...parts, escape(text.slice(end))].join("");
}

function escape(text: string): string {
  return text.replace(/[\\`*_<>|[\]]/g, "\\$&");
}

function joined(parts: readonly string[]): string {
  return parts.join("\n\n");
}
