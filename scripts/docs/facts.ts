/**
 * What the manual and docs/cli.md both say, taken from the declarations.
 *
 * @module
 */

import { type Command, type Option, optionName } from "../../src/cli/grammar/command.ts";
import { VARIABLES } from "../../src/cli/grammar/reference.ts";
import { GROUPS } from "../../src/cli/grammar/titles.ts";
import { KEYS, settingOf } from "../../src/config/settings.ts";

/** Commands under the heading of their task. */
export function byTask(
  commands: readonly Command[],
): (readonly [task: string, members: readonly Command[]])[] {
  return GROUPS.map((group) => [
    group.charAt(0).toUpperCase() + group.slice(1),
    commands.filter((command) => command.group === group),
  ]);
}

/** Every variable that trop reads, and what for. */
export function allVariables(): readonly (readonly [name: string, meaning: string])[] {
  const ofSettings = KEYS.flatMap((key): [string, string][] => {
    const { variables: [name, alias] = [], summary } = settingOf(key);
    if (name === undefined) return [];
    return [[name, alias === undefined ? summary : `${summary}; ${alias} is the same`]];
  });
  return [...VARIABLES, ...ofSettings];
}

/** What is to be known about an option besides its summary, a sentence each. */
export function remarksOn(option: Option): string[] {
  const { requires, conflictsWith = [], default: fallback } = option;
  const value = option.kind === "flag" ? undefined : option;
  const variable = value?.env ?? option.configEnv;
  return [
    ...(value?.values === undefined ? [] : [`One of ${value.values.join(", ")}.`]),
    ...(value?.required ? ["It cannot be left out."] : []),
    ...(requires === undefined ? [] : [`Only together with ${optionName(requires)}.`]),
    ...conflictsWith.map((key) => `Not together with ${optionName(key)}.`),
    ...(fallback === undefined ? [] : [`Default: ${fallback}.`]),
    ...(variable === undefined ? [] : [`Variable: ${variable}.`]),
  ];
}
