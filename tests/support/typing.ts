/**
 * A shell at a terminal of its own, into which a test types as a person would.
 *
 * @module
 */

import { Conversation } from "./conversation.ts";
import { type Home, OPEN } from "./program.ts";

/** A shell that reads keys. */
export interface TypingShell {
  /** What starts it, without anybody's own settings. */
  readonly command: string;
  /** The lines that make it ready, typed one by one. */
  readonly setUp: readonly string[];
}

/** Shows its arguments so that the line that defines it does not look like what it prints. */
const SHOW_WORDS = `words() { printf '{'; printf '<%s>' "$@"; printf '}\\n'; }`;

/** Shells by their names. */
export const TYPING_SHELLS: Readonly<Record<"bash" | "zsh", TypingShell>> = {
  bash: {
    command: "bash --noprofile --norc -i",
    setUp: [SHOW_WORDS, "source <(trop completions bash --quiet)"],
  },
  zsh: {
    command: "zsh -f -i",
    setUp: [
      SHOW_WORDS,
      "autoload -U compinit",
      "compinit -u -D",
      "source <(trop completions zsh --quiet)",
    ],
  },
};

const TAB = "\t";
const ENTER = "\r";
const TO_LINE_START = "\x01";
const ERASE_LINE = "\x01\x0b";

/** A shell that is running. Leaving the scope ends it. */
export class Typist implements AsyncDisposable {
  readonly #talk: Conversation;

  private constructor(talk: Conversation) {
    this.#talk = talk;
  }

  /** Starts `shell` in `home`, where the program under test is `trop`. */
  static async start(home: Home, { command, setUp }: TypingShell): Promise<Typist> {
    const PATH = await home.install();
    const run = home.start([], {
      stdin: OPEN,
      // A session of its own: nothing that the shell does reaches the terminal of the test.
      script: `exec setsid -w script -qfec '${command}' /dev/null`,
      env: { PATH, TERM: "dumb", HISTFILE: "", INPUTRC: "/dev/null", LC_ALL: "C.UTF-8" },
    });
    const typist = new Typist(new Conversation(run));
    for (const line of setUp) await typist.#talk.say(`${line}${ENTER}`);
    return typist;
  }

  /** Types `line` and the Tab key. @returns The words that the line then has. */
  async complete(line: string): Promise<string[]> {
    await this.#talk.say(`${line}${TAB}${TO_LINE_START}words ${ENTER}`);
    const [_, words = ""] = await this.#talk.hear(/\{((?:<[^>]*>)+)\}/);
    return words.slice(1, -1).split("><");
  }

  /** Types `line` and Tab twice. @returns Once `pattern` is on the screen. */
  async list(line: string, pattern: RegExp): Promise<void> {
    await this.#talk.say(`${line}${TAB}${TAB}`);
    await this.#talk.hear(pattern);
    await this.#talk.say(ERASE_LINE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#talk.say(`exit${ENTER}`);
    await this.#talk.end();
    await this.#talk[Symbol.asyncDispose]();
  }
}

/** Whether the system has a program of this name. */
export function hasProgram(name: string): boolean {
  return new Deno.Command("sh", { args: ["-c", `command -v ${name}`] }).outputSync().success;
}
