/**
 * Completion for fish 3 and newer.
 *
 * @module
 */

import {
  type Argument,
  type Grammar,
  type GrammarCommand,
  type GrammarOption,
  runnersOf,
} from "./grammar.ts";

/** The script. */
export function fishScript({ globals, only, commands }: Grammar): string {
  const runners = runnersOf(commands);
  const options = [...globals, ...only, ...commands.flatMap(({ options }) => options)];
  const valued = options.filter(({ argument }) => argument !== undefined).map(({ name }) => name);
  return `# Prints the command that is being typed and the number of operands behind it, or "program" in
# place of the number where another program's command line has begun.
function __trop_place
    set -l words (commandline -opc)
    set -e words[1]
    set -l command ''
    set -l operands 0
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        switch $word
            case --
                contains -- $command ${runners.join(" ")}
                and echo $command program
                or echo $command none
                return
            case ${[...new Set(valued)].join(" ")}
                set -e words[1]
            case '-*'
            case '*'
                if test -z "$command"
                    set command $word
                else
                    set operands (math $operands + 1)
                end
        end
    end
    echo $command $operands
end

# Whether the command $argv[1] is being typed and, with a second argument, as many operands are
# behind it.
function __trop_at
    set -l place (string split ' ' -- (__trop_place))
    test "$place[1]" = "$argv[1]"
    or return
    if set -q argv[2]
        test "$place[2]" = "$argv[2]"
    else
        string match -qr '^[0-9]+$' -- "$place[2]"
    end
end

# Whether options of trop itself can follow.
function __trop_takes_options
    string match -qr '[0-9]$' -- (__trop_place)
end

# Offers what is stored: $argv[1] is what.
function __trop_stored
    trop __complete $argv[1] -- (commandline -opc) 2>/dev/null
end

# Completes the command line of another program.
function __trop_program
    set -l words (commandline -opc)
    set -l end (contains -i -- -- $words)
    set -l rest $words[(math $end + 1)..]
    set -l line (string join ' ' -- (string escape -- $rest) (commandline -ct))
    complete --do-complete="$line"
end

complete -c trop -f
${globals.map((option) => optionLine("__trop_takes_options", option)).join("\n")}
${only.map((option) => optionLine('__trop_at ""', option)).join("\n")}
${commands.map(commandLines).join("\n")}
`;
}

function commandLines({ name, summary, options, operands, runsProgram }: GrammarCommand): string {
  const program = `complete -c trop -n '__trop_at ${name} program' -xa '(__trop_program)'`;
  return [
    `complete -c trop -n '__trop_at ""' -a ${name} -d ${quote(summary)}`,
    ...options.map((option) => optionLine(`__trop_at ${name}`, option)),
    ...operands.flatMap((operand, index) => operandLines(`__trop_at ${name} ${index}`, operand)),
    ...(runsProgram ? [program] : []),
  ].join("\n");
}

function optionLine(condition: string, { name, summary, argument }: GrammarOption): string {
  const value = argument === undefined ? "" : ` -r ${proposals(argument)}`;
  const option = `-l ${name.slice(2)}${value} -d ${quote(summary)}`;
  return `complete -c trop -n '${condition}' ${option}`;
}

function operandLines(condition: string, operand: Argument): string[] {
  return operand.offer.kind === "nothing"
    ? []
    : [`complete -c trop -n '${condition}' ${proposals(operand)}`];
}

function proposals({ offer }: Argument): string {
  switch (offer.kind) {
    case "nothing":
      return "-f";
    case "files":
      return "-F";
    case "directories":
      return "-fa '(__fish_complete_directories)'";
    case "words":
      return `-fa '${offer.words.join(" ")}'`;
    case "stored": {
      const directories = offer.what === "paths" ? "; __fish_complete_directories" : "";
      return `-fa '(__trop_stored ${offer.what}${directories})'`;
    }
  }
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
