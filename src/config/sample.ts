/**
 * The `config.yaml` that `trop init` offers: every setting of the user's file as a comment.
 *
 * @module
 */

import { type Key, keysBelow, SECTIONS, settingOf } from "./settings.ts";

const HEADING = `\
## The configuration of trop for all projects of this user.
##
## A line with one # is a setting, with the value that holds without it. To change it, take "# "
## away from the line, and from the one that names its section.
##
## A project's own settings, such as project and reservations, belong in its trop.yaml, which goes
## above this file. 'trop config' shows what is in force where; 'trop validate' checks a file.
##
## Editors complete and check the file when its first line names the schema that comes with trop:
## # yaml-language-server: $schema=/path/to/trop/schema/trop.user.schema.json
`;

/** The text of the file. It holds nothing but comments, so it changes nothing as it is. */
export function sampleConfig(): string {
  const sections = keysBelow("").map((name) => [...describe("", name)]);
  return [HEADING, ...sections.filter(({ length }) => length > 0).map((lines) => lines.join(""))]
    .join("\n");
}

/** The lines about `name` and, if it is a section, about all that is in it. */
function* describe(prefix: string, name: string): Generator<string> {
  const summary = SECTIONS[prefix + name];
  if (summary === undefined) return yield* describeSetting(prefix, name);
  yield `## ${summary}\n`;
  yield `# ${name}:\n`;
  for (const key of keysBelow(`${name}.`)) yield* describe(`${name}.`, key);
}

function* describeSetting(prefix: string, name: string): Generator<string> {
  const indent = prefix === "" ? "" : "  ";
  const { type, files, summary, default: value } = settingOf(`${prefix}${name}` as Key);
  if (!files.includes("user")) return;
  if (type === "exclusions") {
    yield `## ${summary}; for example:\n`;
    yield `# ${name}:\n#   - 5005\n#   - 6000..6010\n`;
  } else if (value !== undefined) {
    yield `## ${indent}${summary}\n`;
    yield `# ${indent}${name}: ${value}\n`;
  }
}
