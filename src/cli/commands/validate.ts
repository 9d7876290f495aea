import { identifyFile } from "../../config/discovery.ts";
import { readNamedFile } from "../../config/file.ts";
import { judgeFile } from "../../config/judge.ts";
import { type Problem, problemFailure } from "../../config/problem.ts";
import { escapeControls } from "../../domain/text.ts";
import { TropError } from "../../errors.ts";
import { defineCommand, path } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { onNamedFile } from "../steps/named_file.ts";

/** `trop validate`: says all that is wrong with a configuration file. */
export const validate = defineCommand({
  ...titleOf("validate"),
  description: [
    "A file called config.yaml is judged as the file of a user, any other one as the file of a " +
    "project. Neither other files nor the environment play a part; 'trop config' shows what they " +
    "come to together.",
  ],
  positionals: {
    config: path({ summary: "File to check", valueName: "CONFIG_PATH", required: true }),
  },
  examples: [
    { command: "trop validate trop.yaml", effect: "Say what is wrong with the file, if anything" },
    { command: "trop validate ~/.trop/config.yaml", effect: "Judge it as the user's own file" },
  ],
  exitCodes: [
    ["1", "Something is wrong with the file"],
    ["4", "There is no such file"],
  ],
  async run({ positionals: { config: file }, host, output }) {
    const { text } = await onNamedFile(file, () => readNamedFile(file));
    const problems = await judgeFile(text, identifyFile(file));
    if (problems.length === 0) return output.product("Configuration is valid\n");
    const lines = text.split("\n");
    // These are the errors that the command is there for, so --quiet does not silence them.
    for (const problem of problems) host.stderr.write(describe(problem, file, lines));
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    throw new TropError({ code: "assertion-failed", message: `${file} has ${count}` });
  },
});

function describe(problem: Problem, file: string, lines: readonly string[]): string {
  const { field, message, source = file, excerpt } = problemFailure(problem, () => lines);
  const headline = problem.kind === "parse"
    ? `Parse error in ${file}: ${message}`
    : `Validation error: '${field}' (${source}): ${message}`;
  return [escapeControls(headline), ...excerpt].map((line) => `${line}\n`).join("");
}
