/**
 * The whole program: arguments in, exit code out.
 *
 * @module
 */

import { VERSION } from "../version.ts";
import { COMMAND_NAMES, loadCommand } from "./commands.ts";
import { commandUsage, ROOT_USAGE } from "./grammar/command.ts";
import type { HelpOptions } from "./grammar/help.ts";
import { missingCommand, parseCommand, parseRoot, unknownCommand } from "./grammar/parser.ts";
import { allTitles } from "./grammar/titles.ts";
import { ClosedOutput, envIfAllowed, type Host, isStyled, type OutputStream } from "./host.ts";
import { chooseVerbosity, Output } from "./output.ts";
import { EXIT, report } from "./report.ts";

/** Runs the command line `argv`, which does not hold the program's own name. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  // The most precise line known when something goes wrong, and the lowest exit code for it.
  let usage = () => ROOT_USAGE;
  let failureExitCode = 0;
  try {
    if (argv.length === 0) {
      host.stderr.write(await rootHelpText(host, host.stderr));
      return EXIT.usage;
    }
    const root = parseRoot(argv);
    switch (root.kind) {
      case "help":
        host.stdout.write(await rootHelpText(host, host.stdout));
        return 0;
      case "version":
        host.stdout.write(await versionText(root.verbose));
        return 0;
      case "no-command":
        throw missingCommand(COMMAND_NAMES);
    }
    const command = await loadCommand(root.name);
    if (command === undefined) throw unknownCommand(root.name, [...COMMAND_NAMES, "help"]);
    usage = () => commandUsage(command);
    failureExitCode = command.failureExitCode ?? 0;
    const parsed = parseCommand(command, root, host.env);
    if (parsed.kind === "help") {
      const { commandHelp } = await import("./grammar/help.ts");
      host.stdout.write(commandHelp(command, helpOptions(host, host.stdout)));
      return 0;
    }
    const verbosity = chooseVerbosity(parsed.globals, host.env("TROP_LOG_MODE"));
    return await command.run({ ...parsed, host, output: new Output(host, verbosity) }) ?? 0;
  } catch (error) {
    // Whoever read the output has seen enough, as in `trop list | head -1`.
    if (error instanceof ClosedOutput) return 0;
    const { text, exitCode } = report(error, {
      usage: usage(),
      debug: Boolean(envIfAllowed(host, "TROP_DEBUG")),
    });
    host.stderr.write(text);
    return Math.max(exitCode, failureExitCode);
  }
}

/** The words of the help are loaded by those who want to read them. */
async function rootHelpText(host: Host, stream: OutputStream): Promise<string> {
  const { rootHelp } = await import("./grammar/help.ts");
  return rootHelp(allTitles(), helpOptions(host, stream));
}

async function versionText(verbose: boolean): Promise<string> {
  if (!verbose) return `trop ${VERSION}\n`;
  return (await import("./version_details.ts")).versionDetails();
}

function helpOptions(host: Host, stream: OutputStream): HelpOptions {
  const env = (name: string) => envIfAllowed(host, name);
  return { env, styled: isStyled(host, stream) };
}
