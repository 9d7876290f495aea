/**
 * Ports as variables of the environment, for shells and other programs.
 *
 * @module
 */

import { escapeControls, escapeJson } from "../../domain/text.ts";
import { detectShell, parseShell, type Shell } from "../shell.ts";

/** The formats there are. */
export const FORMATS = ["export", "json", "dotenv", "human"] as const;

/** A port and the variable that carries it. */
export interface Variable {
  /** `null` for the port of a directory as such. */
  readonly tag: string | null;
  /** Letters, digits and underscores only, so that no shell needs it quoted. */
  readonly name: string;
  readonly port: number;
}

/** Writes variables down, in their order. */
export type EnvironmentRenderer = (variables: readonly Variable[]) => string;

/**
 * What `--format` and `--shell` ask for. Without a shell the export format is for the one that most
 * likely started trop.
 *
 * @throws {TropError} `validation` of a `shell` that is unknown, if the format has a use for it.
 */
export function environmentRenderer(
  { format = "export", shell }: {
    readonly format?: typeof FORMATS[number] | undefined;
    readonly shell: string | undefined;
  },
  env: (name: string) => string | undefined,
): EnvironmentRenderer {
  switch (format) {
    case "export": {
      const assign = ASSIGNMENTS[shell === undefined ? detectShell(env) : parseShell(shell)];
      return (variables) => lines(variables.map(assign));
    }
    case "dotenv":
      return (variables) => lines(variables.map(({ name, port }) => `${name}=${port}`));
    case "json":
      return renderJsonByTag;
    case "human":
      return (variables) => lines(["Reserved ports:", ...variables.map(describe)]);
  }
}

const ASSIGNMENTS: Readonly<Record<Shell, (variable: Variable) => string>> = {
  posix: ({ name, port }) => `export ${name}=${port}`,
  fish: ({ name, port }) => `set -x ${name} ${port}`,
  powershell: ({ name, port }) => `$env:${name}="${port}"`,
  // Without the quotes a name such as _9 is a number.
  nushell: ({ name, port }) => `$env."${name}" = "${port}"`,
  elvish: ({ name, port }) => `set-env ${name} ${port}`,
};

/** By hand: an object would put tags that look like numbers first. */
function renderJsonByTag(variables: readonly Variable[]): string {
  if (variables.length === 0) return "{}\n";
  const members = variables.map(({ tag, port }) =>
    `  ${escapeJson(JSON.stringify(tag ?? ""))}: ${port}`
  );
  return `{\n${members.join(",\n")}\n}\n`;
}

function describe({ tag, port }: Variable): string {
  return `  ${tag === null ? "(no tag)" : escapeControls(tag)}: ${port}`;
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
