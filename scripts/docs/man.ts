/**
 * Manual pages in the macros of man(7), which every `man` reads.
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
import { wrap } from "../../src/cli/grammar/help.ts";
import {
  EXAMPLES,
  EXIT_CODES,
  INTRODUCTION,
  PRECEDENCE,
  TITLE,
} from "../../src/cli/grammar/reference.ts";
import { VERSION } from "../../src/version.ts";
import { allVariables, byTask, remarksOn } from "./facts.ts";

/** When what the pages say was changed last. A page of any date says which trop it is about. */
const DATE = "2026-11-27";

/** The page of trop itself. */
export function mainPage(commands: readonly Command[]): string {
  return page("trop", [
    section("NAME", [`trop \\- ${prose(uncapitalised(TITLE))}`]),
    section("SYNOPSIS", [synopsis(ROOT_USAGE)]),
    section("DESCRIPTION", [
      prose(INTRODUCTION),
      ".PP",
      prose(
        "A reservation belongs to a directory and, if it has several, to a tag. trop hands out " +
          "numbers and keeps track of them: it runs no daemon, holds no port open and stops no " +
          "program.",
      ),
    ]),
    section(
      "COMMANDS",
      byTask(commands).flatMap(([task, members]) => [
        `.SS ${task}`,
        ...members.flatMap(({ name, summary }) => [
          ".TP",
          `.BR trop\\-${literal(name)} (1)`,
          `${prose(summary)}.`,
        ]),
      ]),
    ),
    section("OPTIONS", [
      "They may stand before the command or behind it.",
      ...options(GLOBAL_OPTIONS),
      ...item(
        bold("-h") + ", " + bold("--help"),
        "Print the help of trop or of a command, as trop help COMMAND does.",
      ),
      ...item(bold("-V") + ", " + bold("--version"), "Print the version; no command may follow."),
    ]),
    section("ENVIRONMENT", [
      prose(PRECEDENCE),
      ...allVariables().flatMap(([name, meaning]) => item(bold(name), `${meaning}.`)),
    ]),
    section("FILES", FILES.flatMap(([file, meaning]) => item(bold(file), meaning))),
    section("EXIT STATUS", exitCodes(EXIT_CODES)),
    section("EXAMPLES", examples(EXAMPLES)),
    section("SEE ALSO", seeAlso(commands.map(({ name }) => `trop-${name}`))),
  ]);
}

const FILES: readonly (readonly [file: string, meaning: string])[] = [
  ["~/.trop/trop.db", "The reservations, an SQLite database."],
  ["~/.trop/config.yaml", "Settings of the user, for all projects."],
  ["trop.yaml", "Settings of a project, in its directory."],
  ["trop.local.yaml", "Settings beside it that are not shared; they win."],
];

/** The page of a command. */
export function commandPage(command: Command): string {
  const { name, summary, description = [], positionals, trailing } = command;
  const operands = Object.values(positionals).flatMap(({ valueName, summary }) => {
    return item(`<${italic(valueName)}>`, `${summary}.`);
  });
  if (trailing !== undefined) {
    operands.push(...item(synopsis(trailingLabel(trailing)), `${trailing.summary}.`));
  }
  return page(`trop-${name}`, [
    section("NAME", [`trop\\-${literal(name)} \\- ${prose(uncapitalised(summary))}`]),
    section("SYNOPSIS", [synopsis(commandUsage(command))]),
    section(
      "DESCRIPTION",
      [`${summary}.`, ...description].flatMap((text, index) => {
        return index === 0 ? [prose(text)] : [".PP", prose(text)];
      }),
    ),
    section("ARGUMENTS", operands),
    section("OPTIONS", options(command.options)),
    section("EXIT STATUS", exitCodes(command.exitCodes)),
    section("EXAMPLES", examples(command.examples)),
    section("SEE ALSO", [
      prose("The options that all commands have, the variables, and all exit codes:"),
      ".BR trop (1)",
    ]),
  ]);
}

function page(name: string, sections: readonly string[]): string {
  const title = literal(name.toUpperCase());
  return [
    ".\\\" Made by scripts/generate_docs.ts from the commands' records.",
    `.TH ${title} 1 ${DATE} "trop ${VERSION}" "trop manual"`,
    ...sections.filter((text) => text !== ""),
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [`.SH ${title}`, ...lines].join("\n");
}

function item(term: string, text: string): string[] {
  return [".TP", term, prose(text)];
}

function options(declared: Options): string[] {
  return Object.entries(declared).flatMap(([key, option]) => {
    return item(
      synopsis(optionLabel(key, option)),
      [`${option.summary}.`, ...remarksOn(option)]
        .join(" "),
    );
  });
}

function exitCodes(codes: readonly ExitCode[]): string[] {
  return codes.flatMap(([code, meaning]) => item(bold(code), `${meaning}.`));
}

function examples(list: readonly Example[]): string[] {
  return list.flatMap(({ command, effect }) => item(bold(command), `${effect}.`));
}

function seeAlso(names: readonly string[]): string[] {
  return names.map((name, index) => {
    const comma = index === names.length - 1 ? "" : " ,";
    return `.BR ${literal(name)} (1)${comma}`;
  });
}

/** How something is used: what is typed is bold, what stands for something else italic. */
function synopsis(usage: string): string {
  return usage.split(/([A-Z]+(?:_[A-Z]+)*|[<>[\]. ]+)/).filter((part) => part !== "").map(
    (part) => {
      if (/^[A-Z]/.test(part)) return italic(part);
      return /^[<>[\]. ]+$/.test(part) ? literal(part) : bold(part);
    },
  ).join("");
}

/** Text in which options are bold, in lines that are no longer than they should be. */
function prose(text: string): string {
  const words = text.split(" ").map((word) => {
    return word.split(/(--[a-z][a-z0-9-]*(?![a-z0-9-]))/)
      .map((part, index) => index % 2 === 1 ? bold(part) : plain(part)).join("");
  });
  // A dot or a quote at the beginning of a line is a request to the formatter.
  return wrap(words, 78).map((line) => line.replace(/^[.']/, "\\&$&")).join("\n");
}

function bold(text: string): string {
  return `\\fB${literal(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${literal(text)}\\fR`;
}

/** Characters as they are typed: the formatter would make other ones of some. */
function literal(text: string): string {
  return plain(text).replaceAll("-", "\\-").replaceAll("'", "\\(aq").replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha").replaceAll("~", "\\(ti");
}

function plain(text: string): string {
  return text.replaceAll("\\", "\\e").replace(/[^\x20-\x7e]/gu, (character) => {
    return `\\[u${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`;
  });
}

function uncapitalised(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
