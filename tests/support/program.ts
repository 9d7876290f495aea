/**
 * Runs the whole program from outside: arguments in; exit code, all of stdout and all of stderr
 * out. Whatever a test does not expect fails it, stray output included.
 *
 * By default the source is run. With `TROP_UNDER_TEST` set, a built program is: an executable, or a
 * `.js` file that Deno runs.
 *
 * @module
 */

import { AssertionError } from "node:assert";
import { fileURLToPath } from "node:url";
import { CONFIG_FLAGS } from "./flavour.ts";

/** A file's contents, a directory's entries, or one of the special cases. */
export type Entry = string | Uint8Array | Tree | Special;

/** The entries of a directory, by name; a name may hold several components. */
export interface Tree {
  readonly [name: string]: Entry;
}

/** What {@linkcode file}, {@linkcode directory} and {@linkcode symlink} describe. */
class Special {
  constructor(readonly create: (path: string) => Promise<void>) {}
}

/** A file with a mode of its own, such as `0o444`. */
export function file(contents: string | Uint8Array, mode: number): Entry {
  return new Special(async (path) => {
    await writeEntry(path, contents);
    await Deno.chmod(path, mode);
  });
}

/** A directory with a mode of its own, such as `0o555`. */
export function directory(entries: Tree, mode: number): Entry {
  return new Special(async (path) => {
    await writeEntry(path, entries);
    await Deno.chmod(path, mode);
  });
}

/** A symbolic link to `target`, which need not exist. */
export function symlink(target: string): Entry {
  return new Special((path) => Deno.symlink(target, path));
}

/** Under what circumstances the program runs. */
export interface Circumstances {
  /** The words that start the program, where a test brings its own. */
  readonly program?: readonly string[];
  /** The working directory, inside the home directory unless absolute. */
  readonly cwd?: string;
  /** Variables besides `HOME`, `PATH` and Deno's own; `undefined` takes one of those away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * What standard input holds; it is at its end otherwise. {@linkcode OPEN} leaves it to the
   * test to write there, as a `Conversation` does.
   */
  readonly stdin?: string | typeof OPEN;
  /**
   * A shell script that runs the program as `"$@"`, for redirections and pipes:
   * `'"$@" | head -c 0'`.
   */
  readonly script?: string;
  /**
   * Obeys the modes of files also when the test is root, whom no mode stops otherwise. Linux only,
   * through `setpriv`.
   */
  readonly unprivileged?: boolean;
}

/** A standard input that the test writes to while the program runs. */
export const OPEN = Symbol("open");

/** Variables for a run whose ports the servers of this machine must not decide about. */
export const BLIND = { TROP_SKIP_OCCUPANCY_CHECK: "true" } as const;

/** How a run has to end; what is left out has to be empty, and the status 0. */
export interface Expectation {
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  readonly status?: number;
}

/** How a run ended. */
export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code; 128 and the signal's number when a signal ended it. */
  readonly status: number;
}

/** A fresh home directory, in which the program may run any number of times. */
export class Home implements AsyncDisposable {
  /** Its real path: without symbolic links. */
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The absolute path of something inside. */
  path(relative: string): string {
    return relative.startsWith("/") ? relative : `${this.directory}/${relative}`;
  }

  /** Creates `tree` inside, with all missing directories. */
  async write(tree: Tree): Promise<void> {
    await writeEntry(this.directory, tree);
  }

  /** The text of a file inside. */
  read(relative: string): Promise<string> {
    return Deno.readTextFile(this.path(relative));
  }

  /** Whether there is something, if only a dangling link, at `relative`. */
  async exists(relative: string): Promise<boolean> {
    try {
      await Deno.lstat(this.path(relative));
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /**
   * Runs the program to its end.
   *
   * @throws {AssertionError} when the run did not end as expected; the message shows all of it.
   */
  run(args: readonly string[], options: Circumstances & Expectation = {}): Promise<Result> {
    return this.start(args, options).end(options);
  }

  /**
   * Puts the program under test into `bin` as `trop`, for what calls it by its name.
   *
   * @returns A `PATH` that has it first.
   */
  async install(): Promise<string> {
    const words = programUnderTest().map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    await this.write({ bin: { trop: file(`#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, 0o755) } });
    return `${this.path("bin")}:${Deno.env.get("PATH")}`;
  }

  /** Starts the program and does not wait, for tests of concurrency and sudden death. */
  start(args: readonly string[], circumstances: Circumstances = {}): Run {
    const { script, unprivileged, stdin, cwd = ".", env } = circumstances;
    let words = [...(circumstances.program ?? programUnderTest()), ...args];
    if (script !== undefined) words = ["sh", "-c", script, "sh", ...words];
    if (unprivileged && Deno.uid() === 0) words = [...DROP_OVERRIDE, ...words];
    const [command, ...rest] = words as [string, ...string[]];
    const process = new Deno.Command(command, {
      args: rest,
      cwd: this.path(cwd),
      clearEnv: true,
      env: this.#environment(env),
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new Run(`trop ${args.join(" ")}`, process, stdin);
  }

  #environment(extra: Circumstances["env"]): Record<string, string> {
    const all = {
      HOME: this.directory,
      PATH: Deno.env.get("PATH"),
      DENO_DIR: denoDirectory(),
      ...extra,
    };
    const set = Object.entries(all).filter((entry): entry is [string, string] => {
      return entry[1] !== undefined;
    });
    return Object.fromEntries(set);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.directory);
  }
}

/** A run that was started. */
export class Run {
  readonly #input: Promise<void>;

  constructor(
    /** The command as failures show it. */
    readonly command: string,
    /** For its id and its signals. */
    readonly process: Deno.ChildProcess,
    stdin: Circumstances["stdin"],
  ) {
    this.#input = typeof stdin === "string" ? feed(process, stdin) : Promise.resolve();
  }

  /** Ends it at once, as a loss of power would. */
  kill(): void {
    this.process.kill("SIGKILL");
  }

  /** {@linkcode kill} unless it has ended, though nobody may have heard of that yet. */
  killIfRunning(): void {
    try {
      this.kill();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Waits for the end, whatever it is. */
  async result(): Promise<Result> {
    const [{ code, stdout, stderr }] = await Promise.all([this.process.output(), this.#input]);
    const decoder = new TextDecoder();
    return {
      status: code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr).replace(OLD_SQLITE, ""),
    };
  }

  /**
   * Waits for the end.
   *
   * @throws {AssertionError} when it is not the expected one.
   */
  async end(expectation: Expectation = {}): Promise<Result> {
    const result = await this.result();
    const wrong = differences(result, expectation);
    if (wrong.length === 0) return result;
    throw new AssertionError({
      message: [
        `$ ${this.command.slice(0, SHOWN)}`,
        ...wrong,
        `status: ${result.status}`,
        `stdout: ${show(result.stdout)}`,
        `stderr: ${show(result.stderr)}`,
      ].join("\n"),
    });
  }
}

/** The way in: `await using home = await trop.home({ "shop/trop.yaml": "project: shop\n" })`. */
export const trop = {
  /** A fresh home directory that holds `tree`; it is removed when the scope ends. */
  async home(tree: Tree = {}): Promise<Home> {
    const home = new Home(await Deno.realPath(await Deno.makeTempDir({ prefix: "trop-test-" })));
    try {
      await home.write(tree);
    } catch (error) {
      await home[Symbol.asyncDispose]();
      throw error;
    }
    return home;
  },
};

// Root without these two is stopped by modes as anyone is.
const OVERRIDE = "-dac_override,-dac_read_search,-fowner";
const DROP_OVERRIDE = ["setpriv", `--bounding-set=${OVERRIDE}`, `--inh-caps=${OVERRIDE}`];

/** The words that start the program. */
function programUnderTest(): readonly string[] {
  const built = Deno.env.get("TROP_UNDER_TEST");
  if (built !== undefined && !built.endsWith(".js")) return [built];
  const script = built ?? fileURLToPath(new URL("../../main.ts", import.meta.url));
  const flags = ["--quiet", "--no-prompt", "--allow-all", "--unstable-net"];
  return [Deno.execPath(), "run", ...CONFIG_FLAGS, ...flags, script];
}

let knownDenoDirectory: string | undefined;

/** Deno's real cache: below a fresh home directory it would compile the source every time. */
function denoDirectory(): string {
  return knownDenoDirectory ??= askDenoDirectory();
}

function askDenoDirectory(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** A built program may have an older run time than this one, and says so; no test is about that. */
export const OLD_SQLITE = /^(Warning: )?SQLite 3\.[0-9.]+ can, rarely, damage a file .*\n/m;

function differences(result: Result, expectation: Expectation): string[] {
  const { stdout = "", stderr = "", status = 0 } = expectation;
  const wrong: string[] = [];
  if (result.status !== status) wrong.push(`wanted status ${status}`);
  if (!matches(result.stdout, stdout)) wrong.push(`wanted stdout ${show(stdout)}`);
  if (!matches(result.stderr, stderr)) wrong.push(`wanted stderr ${show(stderr)}`);
  return wrong;
}

function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? text === wanted : wanted.test(text);
}

/** How many characters of a text a message shows. */
const SHOWN = 4000;

function show(text: string | RegExp): string {
  return typeof text === "string" ? JSON.stringify(text.slice(0, SHOWN)) : String(text);
}

async function feed(process: Deno.ChildProcess, text: string): Promise<void> {
  const writer = process.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // It may end without reading its input.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function writeEntry(path: string, entry: Entry): Promise<void> {
  if (entry instanceof Special) return await entry.create(path);
  if (typeof entry === "string") return await Deno.writeTextFile(path, entry);
  if (entry instanceof Uint8Array) return await Deno.writeFile(path, entry);
  await Deno.mkdir(path, { recursive: true });
  for (const [name, child] of Object.entries(entry)) {
    const target = `${path}/${name}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await writeEntry(target, child);
  }
}

async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    // A test took the owner's right to write from a directory.
    await new Deno.Command("chmod", { args: ["-R", "u+rwx", path] }).output();
    await Deno.remove(path, { recursive: true });
  }
}
