/**
 * Completion for zsh, through its own `_arguments`.
 *
 * @module
 */

import type { Argument, Grammar, GrammarCommand, GrammarOption } from "./grammar.ts";

/** The script: a file for a directory in `fpath`, and also one to source. */
export function zshScript({ globals, only, commands }: Grammar): string {
  return `#compdef trop

_trop() {
  local curcontext=$curcontext context state state_descr line
  local -A opt_args
  local -a trop_words=("\${(@Q)words}") trop_globals=(
${globals.map(optionSpec).join("\n")}
  )
  _arguments -S -C $trop_globals \\
${only.map(optionSpec).join("\n")} \\
    '(-)1:command:_trop_commands' \\
    '*:: :->arguments' && return 0
  [[ $state == arguments ]] || return 1
  case $words[1] in
${commands.map(commandCase).join("\n")}
  esac
}

_trop_commands() {
  local -a trop_commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join("\n")}
  )
  _describe -t commands command trop_commands
}

# Offers what is stored: $1 is what.
_trop_stored() {
  local value remark
  local -a values displays expl
  while IFS=$'\\t' read -r value remark; do
    values+=("$value")
    displays+=("$value\${remark:+  -- $remark}")
  done < <(trop __complete $1 -- "\${trop_words[@]}" 2>/dev/null)
  _wanted $1 expl $1 compadd -l -d displays -a values
}

# Completes another program's command line, if it has begun.
_trop_program() {
  local -i end=\${words[(i)--]}
  ((end < CURRENT)) || return 1
  shift $end words
  ((CURRENT -= end))
  _normal
  return 0
}

_trop_paths() {
  _alternative 'reserved:reserved path: _trop_stored paths' 'directories:directory:_files -/'
}

if [[ $funcstack[1] == _trop ]]; then
  _trop "$@"
else
  compdef _trop trop
fi
`;
}

function commandCase({ name, options, operands, runsProgram }: GrammarCommand): string {
  const operandSpecs = operands.map((operand, index) => {
    return `        ${quote(`${index + 1}:${label(operand)}:${action(operand)}`)}`;
  });
  const specs = [
    ...options.map((option) => `    ${optionSpec(option)}`),
    ...operandSpecs,
  ];
  return [
    `    ${name})`,
    ...(runsProgram ? ["      _trop_program && return 0"] : []),
    ["      _arguments -S $trop_globals", ...specs].join(" \\\n"),
    "      ;;",
  ].join("\n");
}

/** An option as `_arguments` wants it: `(excluded)--name=[summary]:VALUE:action`. */
function optionSpec({ name, summary, excludes, argument }: GrammarOption): string {
  const others = excludes.length === 0 ? "" : `(${excludes.join(" ")})`;
  const text = `[${summary.replace(/[\][\\]/g, "\\$&")}]`;
  const spec = argument === undefined
    ? `${name}${text}`
    : `${name}=${text}:${label(argument)}:${action(argument)}`;
  return `    ${quote(others + spec)}`;
}

function label({ label }: Argument): string {
  return label.replaceAll(":", "\\:");
}

function action({ offer }: Argument): string {
  switch (offer.kind) {
    case "nothing":
      return " ";
    case "directories":
      return "_files -/";
    case "files":
      return "_files";
    case "words":
      return `(${offer.words.join(" ")})`;
    case "stored":
      // The blank keeps `_arguments` from adding arguments of its own.
      return offer.what === "paths" ? "_trop_paths" : ` _trop_stored ${offer.what}`;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
