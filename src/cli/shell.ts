/**
 * The shells that trop writes assignments for.
 *
 * @module
 */

import { validationError } from "../errors.ts";

/** A shell, or several that read the same. */
export type Shell = "posix" | "fish" | "powershell" | "nushell" | "elvish";

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: "posix",
  sh: "posix",
  zsh: "posix",
  fish: "fish",
  powershell: "powershell",
  pwsh: "powershell",
  ps: "powershell",
  nushell: "nushell",
  nu: "nushell",
  elvish: "elvish",
};

/** All names that a shell has. */
export const SHELL_NAMES: readonly string[] = Object.keys(SHELLS);

/**
 * Reads `--shell`, in capitals or not.
 *
 * @throws {TropError} `validation` of `shell`, which names those there are.
 */
export function parseShell(text: string): Shell {
  const name = text.toLowerCase();
  if (Object.hasOwn(SHELLS, name)) return SHELLS[name] as Shell;
  throw validationError("shell", `unknown shell '${text}', want one of ${SHELL_NAMES.join(", ")}`);
}

/**
 * The shell that most likely started trop. Only the last part of `SHELL` counts: a home directory
 * may be called anything.
 */
export function detectShell(
  env: (name: string) => string | undefined,
  os: string = Deno.build.os,
): Shell {
  if (env("ZSH_VERSION") !== undefined) return "posix";
  if (env("FISH_VERSION") !== undefined) return "fish";
  const shell = env("SHELL");
  // Windows sets the other variable for everyone, and a bash started there inherits it.
  const isPowershell = env("PSModulePath") !== undefined;
  if (isPowershell && (os !== "windows" || shell === undefined)) return "powershell";
  const name = shell?.split(/[/\\]/).at(-1) ?? "";
  if (/^nu(?:\.exe)?$/.test(name)) return "nushell";
  const found = (["zsh", "fish", "pwsh", "powershell", "elvish"] as const)
    .find((part) => name.includes(part));
  return found === undefined ? "posix" : SHELLS[found] as Shell;
}
