/**
 * Completion for elvish 0.18 and newer.
 *
 * @module
 */

import {
  encodeCommands,
  encodeOptions,
  type Grammar,
  type GrammarOption,
  runnersOf,
} from "./grammar.ts";

/** The script. */
export function elvishScript({ globals, only, commands }: Grammar): string {
  const runners = runnersOf(commands);
  const offers = [...encodeOptions(globals), ...encodeCommands(commands)];
  return `use str

set edit:completion:arg-completer[trop] = {|@words|
  var commands = [
${commands.map(({ name, summary }) => `    [${name} ${quote(summary)}]`).join("\n")}
  ]
  var globals = [
${globals.map(optionEntry).join("\n")}
  ]
  # The options of each command.
  var options = [
    &''=[
${only.map(optionEntry).join("\n")}
    ]
${
    commands.map(({ name, options }) => {
      return `    &${name}=[\n${options.map(optionEntry).join("\n")}\n    ]`;
    }).join("\n")
  }
  ]
  # What to offer for values: of an option anywhere, of a command's own, of its operands.
  var offers = [
${offers.map(offerEntry).join("\n")}
  ]

  var propose = {|entries|
    for entry $entries {
      edit:complex-candidate $entry[0] &display=$entry[0]' -- '$entry[1]
    }
  }
  var offer-of = {|command name|
    if (has-key $offers $command' '$name) {
      put $offers[$command' '$name]
    } elif (has-key $offers $name) {
      put $offers[$name]
    } else {
      put ''
    }
  }
  # What is typed of the word before its value, as in --tag=api.
  var prefix = ''
  var offer = {|what|
    var kind @rest = (str:split ' ' $what)
    if (eq $kind words) {
      for value $rest { put $prefix$value }
    } elif (eq $kind stored) {
      try {
        e:trop __complete $rest[0] -- $@words 2>/dev/null | from-lines | each {|line|
          var value @remark = (str:split "\\t" $line)
          if (eq $remark []) {
            put $prefix$value
          } else {
            edit:complex-candidate $prefix$value &display=$value' -- '$remark[0]
          }
        }
      } catch e {
      }
      if (eq $rest[0] paths) { edit:complete-filename $@words }
    } elif (or (eq $kind files) (eq $kind directories)) {
      edit:complete-filename $@words
    }
  }

  var command = ''
  var operand = (num 0)
  var expected = ''
  var ended = $false
  var index = (num 0)
  var program = []
  for word $words[1..-1] {
    set index = (+ $index 1)
    if (not-eq $expected '') {
      set expected = ''
    } elif (and (not $ended) (eq $word --)) {
      set ended = $true
      if (has-value [${runners.join(" ")}] $command) {
        # As if this were the name of a command that runs another one.
        set program = $words[$index..]
        break
      }
    } elif (and (not $ended) (str:has-prefix $word -)) {
      if (not (str:contains $word =)) {
        set expected = ($offer-of $command $word)
      }
    } elif (eq $command '') {
      set command = $word
    } else {
      set operand = (+ $operand 1)
    }
  }
  if (not-eq $program []) {
    edit:complete-sudo $@program
  } elif (not-eq $expected '') {
    $offer $expected
  } elif (and (not $ended) (str:has-prefix $words[-1] --) (str:contains $words[-1] =)) {
    var name @_ = (str:split = $words[-1])
    set prefix = $name'='
    $offer ($offer-of $command $name)
  } elif (eq $command '') {
    if (str:has-prefix $words[-1] -) {
      $propose [(all $options['']) $@globals]
    } else {
      $propose $commands
    }
  } elif (has-key $options $command) {
    var value = ($offer-of $command (to-string $operand))
    if (and (not-eq $value '') (not (str:has-prefix $words[-1] -))) {
      $offer $value
    } elif (not $ended) {
      $propose [(all $options[$command]) $@globals]
    }
  }
}
`;
}

function optionEntry({ name, summary }: GrammarOption): string {
  return `      [${name} ${quote(summary)}]`;
}

function offerEntry([place, offer]: readonly [place: string, offer: string]): string {
  return `    &${quote(place)}=${quote(offer)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
