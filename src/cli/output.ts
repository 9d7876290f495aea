/**
 * What a command says: its product on standard output, everything else on standard error as far as
 * the user wants to hear it.
 *
 * @module
 */

import { escapeControls } from "../domain/text.ts";
import { envIfAllowed, type Host } from "./host.ts";

/** How much a command says besides its product. */
export type Verbosity = "quiet" | "normal" | "verbose";

/**
 * The verbosity that the flags ask for, `quiet` above `verbose`; without them `TROP_LOG_MODE`
 * decides, if it is one of the three words.
 */
export function chooseVerbosity(
  flags: { readonly quiet: boolean; readonly verbose: boolean },
  logMode = "",
): Verbosity {
  if (flags.quiet) return "quiet";
  if (flags.verbose) return "verbose";
  const mode = logMode.toLowerCase();
  return mode === "quiet" || mode === "verbose" ? mode : "normal";
}

/** The two streams of one run. */
export class Output {
  constructor(
    readonly host: Pick<Host, "env" | "stdout" | "stderr">,
    readonly verbosity: Verbosity,
  ) {}

  /** Writes the command's product as it is; it ends in a line feed. */
  product(text: string): void {
    this.host.stdout.write(text);
  }

  /** Says one line on standard error, unless `--quiet`. */
  status(line: string): void {
    if (this.verbosity !== "quiet") this.#say(line);
  }

  /** Warns in one line on standard error, unless `--quiet`. */
  warn(line: string): void {
    this.status(`Warning: ${line}`);
  }

  /** Says one line on standard error with `--verbose` only. */
  detail(line: string): void {
    if (this.verbosity === "verbose") this.#say(line);
  }

  /** Whether somebody looks at a terminal who would like to know how it goes. */
  get isWatched(): boolean {
    const { host, verbosity } = this;
    if (verbosity === "quiet" || !host.stderr.isTerminal()) return false;
    return envIfAllowed(host, "TERM") !== "dumb";
  }

  /**
   * Shows a terminal one line in place of the one that was shown so before; it is gone when what
   * this returns is disposed of.
   *
   * @param line Short enough for any screen.
   */
  passing(line: string): Disposable {
    const { stderr } = this.host;
    stderr.write(`\r${line}${ERASE_REST}`);
    return { [Symbol.dispose]: () => stderr.write(`\r${ERASE_REST}`) };
  }

  #say(line: string): void {
    this.host.stderr.write(`${escapeControls(line)}\n`);
  }
}

const ERASE_REST = "\x1b[K";
