import { loadAllCommands } from "../commands.ts";
import { bashScript } from "../completions/bash.ts";
import { elvishScript } from "../completions/elvish.ts";
import { fishScript } from "../completions/fish.ts";
import { type Grammar, grammarOf } from "../completions/grammar.ts";
import { powershellScript } from "../completions/powershell.ts";
import { zshScript } from "../completions/zsh.ts";
import { choice, defineCommand } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";

const SHELLS = ["bash", "elvish", "fish", "powershell", "zsh"] as const;

/** `trop completions`: prints what a shell needs to complete trop's command lines. */
export const completions = defineCommand({
  ...titleOf("completions"),
  description: [
    "With it the Tab key completes commands, options and values, among them the tags of the " +
    "directory, the projects and the ports that are reserved. How to install it is said on " +
    "standard error, unless --quiet.",
  ],
  positionals: {
    shell: choice({
      summary: "Shell that is to read the script",
      valueName: "SHELL",
      values: SHELLS,
      required: true,
    }),
  },
  examples: [
    {
      command: "source <(trop completions bash --quiet)",
      effect: "Switch it on in this bash",
    },
    {
      command: "trop completions fish >~/.config/fish/completions/trop.fish",
      effect: "Install it for fish",
    },
  ],
  async run({ positionals: { shell }, output }) {
    const { write, title, advice } = COMPLETIONS[shell];
    for (const line of [`Completion of trop for ${title}.`, ...advice]) output.status(`# ${line}`);
    output.status("");
    output.product(write(grammarOf(await loadAllCommands())));
  },
});

/** What there is for a shell. */
interface Completion {
  /** The shell's name. */
  readonly title: string;
  /** How to use the script, in lines. */
  readonly advice: readonly string[];
  write(grammar: Grammar): string;
}

const COMPLETIONS: Readonly<Record<typeof SHELLS[number], Completion>> = {
  bash: {
    title: "bash",
    advice: [
      "For this session: source <(trop completions bash --quiet)",
      "For those to come, put that line into ~/.bashrc",
      'With bash 3.2, as on macOS: eval "$(trop completions bash --quiet)"',
    ],
    write: bashScript,
  },
  elvish: {
    title: "elvish",
    advice: [
      "For this session: eval (trop completions elvish --quiet | slurp)",
      "For those to come, put that line into ~/.config/elvish/rc.elv",
    ],
    write: elvishScript,
  },
  fish: {
    title: "fish",
    advice: [
      "For this session: trop completions fish | source",
      "For those to come: trop completions fish >~/.config/fish/completions/trop.fish",
    ],
    write: fishScript,
  },
  powershell: {
    title: "PowerShell",
    advice: [
      "For this session: trop completions powershell --quiet | Out-String | Invoke-Expression",
      "For those to come, put that line into the file that $PROFILE names",
    ],
    write: powershellScript,
  },
  zsh: {
    title: "zsh",
    advice: [
      "For this session: source <(trop completions zsh --quiet)",
      "For those to come, put that line into ~/.zshrc behind compinit, or write the script into a",
      "directory of $fpath: trop completions zsh >~/.zfunc/_trop",
    ],
    write: zshScript,
  },
};
