import type { Host } from "../../src/cli/host.ts";

/** A world that a test makes up, and what was written in it. */
export class FakeHost implements Host {
  /** All that went to standard output, and to standard error. */
  readonly written = { stdout: "", stderr: "" };
  readonly stdout = this.#stream("stdout");
  readonly stderr = this.#stream("stderr");

  constructor(
    readonly world: {
      readonly env?: Readonly<Record<string, string>>;
      readonly cwd?: string;
      /** In seconds, as the clock tells it. */
      readonly now?: number;
      /** Whether both streams are terminals. */
      readonly terminal?: boolean;
      /** How many columns of characters the terminal has. */
      readonly columns?: number;
    } = {},
  ) {}

  readonly env = (name: string): string | undefined => this.world.env?.[name];

  readonly cwd = (): string => this.world.cwd ?? "/";

  readonly now = (): number => this.world.now ?? 0;

  #stream(name: "stdout" | "stderr"): Host["stdout"] {
    return {
      write: (text) => {
        this.written[name] += text;
      },
      isTerminal: () => this.world.terminal ?? false,
      columns: () => this.world.columns,
    };
  }
}
