/**
 * Completion for PowerShell 5.1 and newer. Where the script offers nothing, PowerShell offers the
 * names of files.
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
export function powershellScript({ globals, only, commands }: Grammar): string {
  const runners = runnersOf(commands).map(quote);
  const offers = [...encodeOptions(globals), ...encodeCommands(commands)];
  return `Register-ArgumentCompleter -Native -CommandName 'trop' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commands = [ordered]@{
${commands.map(({ name, summary }) => `        ${quote(name)} = ${quote(summary)}`).join("\n")}
    }
    $globals = [ordered]@{
${globals.map(optionEntry).join("\n")}
    }
    # The options of each command.
    $options = @{
        '' = [ordered]@{
${only.map((option) => `    ${optionEntry(option)}`).join("\n")}
        }
${
    commands.map(({ name, options }) => {
      const entries = options.map((option) => `    ${optionEntry(option)}\n`).join("");
      return `        ${quote(name)} = [ordered]@{\n${entries}        }`;
    }).join("\n")
  }
    }
    # What to offer for values: of an option anywhere, of a command's own, of its operands.
    $offers = @{
${
    offers
      .map(([place, offer]) => `        ${quote(place)} = ${quote(offer)}`).join("\n")
  }
    }

    # The words before the one that is being typed.
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    $typed = $wordToComplete -replace '^[''"]', ''
    $prefix = ''
    $command = ''
    $operand = 0
    $expected = $null
    $ended = $false
    foreach ($word in @($words | Select-Object -Skip 1)) {
        if ($expected) {
            $expected = $null
        } elseif (-not $ended -and $word -eq '--') {
            if (@(${runners.join(", ")}) -contains $command) { return }
            $ended = $true
        } elseif (-not $ended -and $word.StartsWith('-')) {
            $expected = $offers["$command $word"]
            if (-not $expected) { $expected = $offers[$word] }
        } elseif ($command -eq '') {
            $command = $word
        } else {
            $operand++
        }
    }

    $found = [ordered]@{}
    if (-not $expected -and -not $ended -and $typed -match '^(--[a-z0-9-]+=)(.*)$') {
        $prefix = $Matches[1]
        $typed = $Matches[2]
        $name = $prefix.TrimEnd('=')
        $expected = $offers["$command $name"]
        if (-not $expected) { $expected = $offers[$name] }
    } elseif (-not $expected -and $command -ne '' -and -not $typed.StartsWith('-')) {
        $expected = $offers["$command $operand"]
    }
    if ($expected) {
        $kind, $rest = $expected -split ' ', 2
        if ($kind -eq 'words') {
            foreach ($value in $rest -split ' ') { $found[$value] = $value }
        } elseif ($kind -eq 'stored') {
            trop __complete $rest -- @words 2>$null | ForEach-Object {
                $value, $remark = $_ -split "\`t", 2
                $found[$value] = if ($remark) { $remark } else { $value }
            }
        }
    } elseif ($command -eq '' -and -not $typed.StartsWith('-')) {
        $found = $commands
    } elseif (-not $ended -and $options.ContainsKey($command)) {
        foreach ($part in $options[$command], $globals) {
            foreach ($name in $part.Keys) { $found[$name] = $part[$name] }
        }
    }

    foreach ($value in $found.Keys) {
        if (-not $value.StartsWith($typed, [System.StringComparison]::Ordinal)) { continue }
        $word = $prefix + $value
        if ($word -notmatch '^[A-Za-z0-9_./:=-]+$') { $word = "'" + $word.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($word, $value, 'ParameterValue', $found[$value])
    }
}
`;
}

function optionEntry({ name, summary }: GrammarOption): string {
  return `        ${quote(name)} = ${quote(summary)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
