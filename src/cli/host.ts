/**
 * The outside world as the command line meets it: environment, working directory, clock and the
 * two output streams. Everything above the layers below gets it as an argument, so a test can put
 * another world in its place.
 *
 * @module
 */

import { type Clock, systemClock } from "../domain/timestamp.ts";
import { TropError } from "../errors.ts";

/** What a command may ask of the machine it runs on. */
export interface Host {
  /**
   * An environment variable; `undefined` when it is unset or not valid Unicode.
   *
   * @throws {TropError} `permission-missing` when the run time may not read it, `invalid-path` when
   * it holds a path that is not valid Unicode.
   */
  env(name: string): string | undefined;
  /**
   * The working directory, asked for when it is needed: some commands do without, and it may be
   * gone.
   *
   * @throws {TropError} `io` when the system cannot tell, `invalid-path` when it is no Unicode.
   */
  cwd(): string;
  readonly now: Clock;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Where text goes. */
export interface OutputStream {
  /** Writes all of `text` before it returns. */
  write(text: string): void;
  isTerminal(): boolean;
  /** How many columns of characters the terminal shows; `undefined` where it does not tell. */
  columns(): number | undefined;
}

/** Whether letters on `stream` may be bold and dim. */
export function isStyled(host: Pick<Host, "env">, stream: OutputStream): boolean {
  if (!stream.isTerminal()) return false;
  return !envIfAllowed(host, "NO_COLOR") && envIfAllowed(host, "TERM") !== "dumb";
}

/** For what only changes how something is shown: a variable that cannot be read is unset. */
export function envIfAllowed({ env }: Pick<Host, "env">, name: string): string | undefined {
  try {
    return env(name);
  } catch (error) {
    if (error instanceof TropError) return undefined;
    throw error;
  }
}

/** Nobody reads standard output any more; the program ends, and it is no failure. */
export class ClosedOutput extends Error {
  override readonly name = "ClosedOutput";
}

/** The machine that trop runs on. */
export const systemHost: Host = {
  env: readVariable,
  cwd: workingDirectory,
  now: systemClock,
  stdout: {
    write: (text) => writeProduct(text),
    isTerminal: () => Deno.stdout.isTerminal(),
    columns: terminalColumns,
  },
  stderr: {
    write: (text) => writeDiagnostic(text),
    isTerminal: () => Deno.stderr.isTerminal(),
    columns: terminalColumns,
  },
};

/**
 * The arguments of the program. What is no valid Unicode in them, which the run time hands over as
 * U+FFFD, is lone surrogates here, so that nobody takes it for a name that somebody chose.
 */
export async function commandLine(): Promise<readonly string[]> {
  if (!Deno.args.some((argument) => argument.includes("\ufffd"))) return Deno.args;
  return (await import("./grammar/raw_arguments.ts")).markInvalid(Deno.args);
}

/** Their values are used as they are, so one that cannot be read must not pass for none. */
const PATH_VARIABLES = ["TROP_DATA_DIR", "TROP_PATH"];

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) {
      if (!PATH_VARIABLES.includes(name)) return undefined;
      const failure = { path: `in the variable ${name}`, reason: "it is not valid UTF-8" };
      throw new TropError({ code: "invalid-path", ...failure }, { cause: error });
    }
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    const failure = { permission: `--allow-env=${name}`, path: `the variable ${name}` };
    throw new TropError({ code: "permission-missing", ...failure }, { cause: error });
  }
}

function workingDirectory(): string {
  try {
    return Deno.cwd();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    if (cause instanceof Deno.errors.InvalidData) {
      const failure = { path: "of the current directory", reason: "it is not valid UTF-8" };
      throw new TropError({ code: "invalid-path", ...failure }, { cause });
    }
    const message = `cannot tell the current directory: ${reason(cause)}`;
    throw new TropError({ code: "io", message, layer: "command" }, { cause });
  }
}

function terminalColumns(): number | undefined {
  try {
    // A terminal whose size nobody set has 0.
    return Deno.consoleSize().columns || undefined;
  } catch {
    return undefined;
  }
}

function writeProduct(text: string): void {
  try {
    writeAll(Deno.stdout, text);
  } catch (cause) {
    if (cause instanceof Deno.errors.BrokenPipe) throw new ClosedOutput();
    const message = `cannot write to standard output: ${reason(cause)}`;
    throw new TropError({ code: "io", message, layer: "command" }, { cause });
  }
}

function writeDiagnostic(text: string): void {
  try {
    writeAll(Deno.stderr, text);
  } catch {
    // There is no place left to complain, and the command's work is worth finishing.
  }
}

/** Writes all of `text`, in as many pieces as `stream` takes it. */
export function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
