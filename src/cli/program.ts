/**
 * Runs another program as env(1) does: in the same terminal, with the same standard streams, found
 * by PATH, and with no shell in between.
 *
 * A process cannot be replaced by another one here, so trop stays until the program ends and hands
 * on the signals that it gets.
 *
 * @module
 */

import { TropError } from "../errors.ts";

/** What the program's environment has that is not trop's own. */
export interface EnvironmentChange {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

/**
 * Runs a program to its end.
 *
 * @param words The program and its arguments.
 * @returns Its exit code; 128 and the signal's number when a signal ended it.
 * @throws {TropError} `program-not-found` or `program-not-executable`.
 */
export async function runProgram(
  words: readonly string[],
  { set, unset }: EnvironmentChange,
): Promise<number> {
  const [program = "", ...args] = words;
  for (const name of unset) Deno.env.delete(name);
  for (const [name, value] of Object.entries(set)) Deno.env.set(name, value);
  using signals = new SignalForwarding();
  const child = spawn(program, args);
  signals.begin(child);
  return (await child.status).code;
}

/**
 * Takes back what Deno does to the environment where there is no Node: the first directory of its
 * `PATH` then has a `node` that is Deno. What another Deno handed down stays, as far as the system
 * tells.
 */
export function removeNodeShim(): void {
  const marker = "DENO_NODE_SHIM_ACTIVE";
  if (Deno.env.get(marker) === undefined) return;
  const original = readProc("environ").split("\0");
  if (original.some((entry) => entry.startsWith(`${marker}=`))) return;
  Deno.env.delete(marker);
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const [first = "", ...others] = Deno.env.get("PATH")?.split(separator) ?? [];
  if (!/[/\\]node_compat_bin$/.test(first)) return;
  // An empty PATH means the current directory, and none the system's directories.
  if (others.length === 0 && !original.includes("PATH=")) Deno.env.delete("PATH");
  else Deno.env.set("PATH", others.join(separator));
}

function spawn(program: string, args: readonly string[]): Deno.ChildProcess {
  try {
    // Without a PATH, or with an empty one, Deno looks nowhere.
    return spawnFile(Deno.env.get("PATH") ? program : findProgram(program), args);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable || cause instanceof TropError) throw cause;
    if (isNoFormat(cause)) return spawnFile("/bin/sh", [findProgram(program), ...args]);
    if (!(cause instanceof Deno.errors.NotFound)) throw notExecutable(program, cause);
    findProgram(program);
    const reason = Deno.build.os === "windows"
      ? NOT_FOUND
      : "the interpreter that it names does not exist";
    throw new TropError({ code: "program-not-found", program, reason }, { cause });
  }
}

function spawnFile(file: string, args: readonly string[]): Deno.ChildProcess {
  const streams = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  return new Deno.Command(file, { args: [...args], ...streams }).spawn();
}

/**
 * Whether the system takes a file for a script that names no interpreter: ENOEXEC. Then the shell
 * reads it, as execvp(3) has it; not every version of Deno does so by itself.
 */
function isNoFormat(error: unknown): boolean {
  return Deno.build.os !== "windows" && error instanceof Error &&
    error.message.endsWith("(os error 8)");
}

const NOT_FOUND = "command not found";

function notExecutable(program: string, cause: unknown): TropError {
  const reason = cause instanceof Deno.errors.PermissionDenied || !(cause instanceof Error)
    ? "permission denied"
    : cause.message;
  return new TropError({ code: "program-not-executable", program, reason }, { cause });
}

/** Where programs are looked for without a `PATH`. */
const DEFAULT_PATH = "/bin:/usr/bin";

/**
 * The file that running `program` runs, as far as files tell.
 *
 * @throws {TropError} `program-not-found`, or `program-not-executable` where there are only files
 * of that name that may not be executed.
 */
export function findProgram(program: string): string {
  // Windows has more ways of finding a program than can be retold here.
  if (Deno.build.os === "windows") return program;
  const directories = (Deno.env.get("PATH") ?? DEFAULT_PATH).split(":");
  const candidates = program.includes("/")
    ? [program]
    : directories.map((directory) => `${directory || "."}/${program}`);
  const found = candidates.flatMap((file) => {
    const info = program === "" ? undefined : statIfAny(file);
    return info === undefined ? [] : [{ file, ...info }];
  });
  const executable = found.find(({ isFile, mode }) => isFile && ((mode ?? 0) & 0o111) !== 0);
  if (executable !== undefined) return executable.file;
  if (found.length > 0) throw notExecutable(program, undefined);
  throw new TropError({ code: "program-not-found", program, reason: NOT_FOUND });
}

function statIfAny(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

/** The signals that are handed on, with their numbers on Linux. */
const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCONT: 18,
  SIGTSTP: 20,
  SIGWINCH: 28,
} as const;

type ForwardedSignal = keyof typeof SIGNALS;

/** Those that a terminal sends to every process in its foreground, the program included. */
const FROM_TERMINAL: ReadonlySet<ForwardedSignal> = new Set([
  "SIGINT",
  "SIGQUIT",
  "SIGTSTP",
  "SIGWINCH",
]);

/** Hands on all signals that are not ignored, until it is disposed of. */
class SignalForwarding implements Disposable {
  readonly #listeners = new Map<Deno.Signal, () => void>();
  readonly #ignored = ignoredSignals();
  #receiver: Deno.ChildProcess | undefined;

  /**
   * None gets lost from here on, unless some are ignored. To listen for a signal is to ignore it no
   * longer, and the program is to go on ignoring it, as nohup(1) wants: then listening has to wait
   * until the program has started.
   */
  constructor() {
    if (this.#ignored.size === 0) this.#listen();
  }

  /** Those that came meanwhile are handed on as well: they wait for the event loop. */
  begin(receiver: Deno.ChildProcess): void {
    this.#receiver = receiver;
    if (this.#ignored.size > 0) this.#listen();
  }

  #listen(): void {
    for (const signal of signalsHere()) {
      // One listener makes the run time act on some signals that have none.
      const listener = this.#ignored.has(signal) ? () => {} : () => this.#forward(signal);
      Deno.addSignalListener(signal, listener);
      this.#listeners.set(signal, listener);
    }
  }

  #forward(signal: ForwardedSignal): void {
    if (!FROM_TERMINAL.has(signal) || !isInForeground()) this.#send(signal);
    // With a listener for it this one no longer stops trop by itself.
    if (signal === "SIGTSTP") Deno.kill(Deno.pid, "SIGSTOP");
  }

  #send(signal: ForwardedSignal): void {
    try {
      this.#receiver?.kill(signal);
    } catch {
      // It has ended this moment, and so does trop.
    }
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }
}

/** Windows has no others, and its console sends this one to the program as well. */
function signalsHere(): readonly ForwardedSignal[] {
  if (Deno.build.os === "windows") return ["SIGINT"];
  return Object.keys(SIGNALS) as ForwardedSignal[];
}

/** The signals that trop was told to ignore, where the system tells. */
function ignoredSignals(): ReadonlySet<ForwardedSignal> {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readProc("status"))?.[1] ?? "0";
  const ignored = BigInt(`0x${mask}`);
  return new Set(
    signalsHere().filter((signal) => (ignored >> BigInt(SIGNALS[signal] - 1) & 1n) === 1n),
  );
}

/**
 * Whether the terminal's keys reach trop, and so the program too: it must not get the same signal
 * twice. Where the system does not tell, a terminal at one of the streams is taken for a yes.
 */
function isInForeground(): boolean {
  if (Deno.build.os === "windows") return true;
  // Behind the name in parentheses: state, parent, process group, session, terminal, its group.
  const fields = readProc("stat").replace(/^.*\) /s, "").split(" ");
  const [, , group, , , foreground] = fields;
  if (foreground !== undefined) return group === foreground;
  return [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}

/** What the system tells about trop itself; empty where it does not. */
function readProc(name: string): string {
  try {
    return Deno.readTextFileSync(`/proc/self/${name}`);
  } catch {
    return "";
  }
}
