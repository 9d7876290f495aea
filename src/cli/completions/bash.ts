/**
 * Completion for bash: 3.2, which macOS has, and newer.
 *
 * @module
 */

import { encodeCommands, encodeOptions, type Grammar, runnersOf } from "./grammar.ts";

/** The script. */
export function bashScript(grammar: Grammar): string {
  const { globals, only, commands } = grammar;
  const offers = [
    ...encodeOptions(globals).map(([name, offer]) => [`*' ${name}'`, offer] as const),
    ...encodeCommands(commands).map(([place, offer]) => [`'${place}'`, offer] as const),
  ];
  const places = Map.groupBy(offers, ([_, offer]) => offer);
  return `${HEAD}
_trop_commands='${names(commands)}'
# Those behind which another program's command line follows.
_trop_runners=' ${runnersOf(commands).join(" ")} '

# Sets what options the command $1 has.
_trop_options() {
  case $1 in
    '') options='${names(only)}' ;;
${commands.map(({ name, options }) => `    ${name}) options='${names(options)}' ;;`).join("\n")}
    *) options= ;;
  esac
  options+=' ${names(globals)}'
}

# Sets what to offer for $2, an option or the number of an operand, of the command $1; nothing for
# what takes no value.
_trop_offer() {
  case "$1 $2" in
${[...places].map(([offer, places]) => offerCase(offer, places)).join("\n")}
    *) offer= ;;
  esac
}

complete -F _trop trop
# Where the function cannot ask for the names of files, they are offered when nothing else is.
type compopt >/dev/null 2>&1 || complete -o default -F _trop trop
`;
}

function names(named: readonly { readonly name: string }[]): string {
  return named.map(({ name }) => name).join(" ");
}

function offerCase(offer: string, places: readonly (readonly [place: string, offer: string])[]) {
  return `    ${places.map(([place]) => place).join(" | ")}) offer='${offer}' ;;`;
}

const HEAD = `# shellcheck shell=bash

_trop() {
  local IFS=$' \\t\\n' words=() quote='' prefix='' typed word i last
  local command='' operand=0 ended='' used=' ' options='' offer=''
  COMPREPLY=()
  _trop_split
  last=$((\${#words[@]} - 1))
  typed=\${words[last]}
  for ((i = 1; i < last; i++)); do
    word=\${words[i]}
    if [[ -n $offer ]]; then
      offer= # It was the value of the option before it.
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
      [[ $_trop_runners == *" $command "* ]] && { _trop_program "$((i + 1))"; return; }
    elif [[ -z $ended && $word == -* ]]; then
      used+="\${word%%=*} "
      [[ $word == *=* ]] || _trop_offer "$command" "$word"
    elif [[ -z $command ]]; then
      command=$word
    else
      operand=$((operand + 1))
    fi
  done
  _trop_options "$command"
  if [[ -n $offer ]]; then
    _trop_propose
  elif [[ -z $ended && $typed == --*=* ]]; then
    _trop_offer "$command" "\${typed%%=*}"
    prefix="\${typed%%=*}=" typed=\${typed#*=}
    _trop_propose
  elif [[ -z $ended && $typed == -* ]]; then
    offer="words $options" && _trop_propose
  elif [[ -z $command ]]; then
    offer="words $_trop_commands" && _trop_propose
  else
    _trop_offer "$command" "$operand"
    [[ -n $offer || -n $ended ]] || offer="words $options"
    _trop_propose
  fi
}

# Splits what is typed up to the cursor into words without their quotes. The last one is the one
# that is typed; $quote is the quote that is open there.
_trop_split() {
  local line=\${COMP_LINE:0:COMP_POINT} character escaped='' blank=1 i n=-1
  for ((i = 0; i < \${#line}; i++)); do
    character=\${line:i:1}
    if [[ -z $escaped$quote && $character == [[:blank:]] ]]; then
      blank=1
      continue
    fi
    [[ -n $blank ]] && { n=$((n + 1)) words[n]='' blank=''; }
    if [[ -n $escaped ]]; then
      words[n]+=$character escaped=''
    elif [[ $character == \\\\ && $quote != "'" ]]; then
      escaped=1
    elif [[ -n $quote && $character == "$quote" ]]; then
      quote=''
    elif [[ -z $quote && $character == ["\\"'"] ]]; then
      quote=$character
    else
      words[n]+=$character
    fi
  done
  [[ -n $blank ]] && words[n + 1]=''
  return 0
}

# Proposes what $offer says.
_trop_propose() {
  local value
  case $offer in
    'words '*)
      for value in \${offer#words }; do
        [[ $value == -* && $used == *" $value "* ]] || _trop_add "$value"
      done
      ;;
    'stored '*)
      while IFS=$'\\t' read -r value _; do
        _trop_add "$value"
      done < <(trop __complete "\${offer#stored }" -- "\${words[@]}" 2>/dev/null)
      [[ $offer == 'stored paths' ]] && compopt -o plusdirs 2>/dev/null
      ;;
    directories) compopt -o dirnames 2>/dev/null ;;
    files) compopt -o default 2>/dev/null ;;
  esac
  return 0
}

# Adds $1 as readline wants it, if it begins with what is typed.
_trop_add() {
  local word=$prefix$1 typed_word=$prefix$typed i
  [[ $1 == "$typed"* && -n $1 ]] || return 0
  if [[ $quote == "'" ]]; then
    [[ $1 == *"'"* ]] || COMPREPLY+=("$1")
    return
  elif [[ -n $quote ]]; then
    [[ $1 == *["\\"\\\\\\$\\\`"]* ]] || COMPREPLY+=("$1")
    return
  fi
  # What readline replaces begins behind the last of its breaks.
  for ((i = \${#typed_word}; i > 0; i--)); do
    [[ \${typed_word:i-1:1} == [=:@] && $COMP_WORDBREAKS == *"\${typed_word:i-1:1}"* ]] && break
  done
  [[ -n \${word:i} ]] && printf -v word '%q' "\${word:i}" && COMPREPLY+=("$word")
}

# Completes the command line of another program, whose name is the word $1.
_trop_program() {
  local i
  if declare -F _command_offset >/dev/null; then
    for ((i = 0; i < COMP_CWORD; i++)); do
      [[ \${COMP_WORDS[i]} == -- ]] && { _command_offset "$((i + 1))"; return; }
    done
  elif (($1 == last)); then
    while read -r word; do _trop_add "$word"; done < <(compgen -c -- "$typed")
  else
    compopt -o default 2>/dev/null
  fi
}
`;
