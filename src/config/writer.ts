/**
 * Changes the exclusions of a configuration file on the disk.
 *
 * @module
 */

import { type Exclusion, isSameExclusion } from "../domain/exclusion.ts";
import { TropError } from "../errors.ts";
import { readNamedFile, readOpenFile } from "./file.ts";
import { type Problem, problemError } from "./problem.ts";
import { replaceFile, type ReplaceOptions } from "./replace_file.ts";
import { checkFile } from "./rules.ts";
import type { Settings } from "./settings.ts";
import { type FileIdentity, kindOf } from "./source.ts";

/** What a file's list was, and what it is now. */
export interface ExclusionsEdit {
  /** `undefined` when the file has no list. */
  readonly before: readonly Exclusion[] | undefined;
  /** The same as `before` if nothing was to change. */
  readonly after: readonly Exclusion[] | undefined;
}

/** From the present list, which is empty where there is none, to the wanted one. */
export type ExclusionsChange = (current: readonly Exclusion[]) => readonly Exclusion[];

/**
 * Changes the exclusions of a file, which is parsed and judged before and after; nothing else in it
 * changes. Concurrent changes wait for each other.
 *
 * @param change May be called more than once, each time with what the file holds by then.
 * @throws {TropError} `configuration` when the file is not sound or cannot be edited, `io` of the
 * command layer when it cannot be read or replaced. The file stays as it was.
 */
export async function changeExclusions(
  identity: FileIdentity,
  change: ExclusionsChange,
  options: ReplaceOptions = {},
): Promise<ExclusionsEdit> {
  const edit = await loadEditor(identity);
  let done: ExclusionsEdit = { before: undefined, after: undefined };
  replaceFile(identity.file, (file) => {
    const { mark, text } = readOpenFile(identity.file, file);
    const { edited, ...lists } = edit(text, change);
    done = lists;
    return edited === undefined ? undefined : mark + edited;
  }, options);
  return done;
}

/** What {@linkcode changeExclusions} would do; nothing is changed and nothing locked. */
export async function previewExclusions(
  identity: FileIdentity,
  change: ExclusionsChange,
): Promise<ExclusionsEdit> {
  const edit = await loadEditor(identity);
  const { before, after } = edit(readNamedFile(identity.file).text, change);
  return { before, after };
}

/** What became of a text; `edited` is missing when nothing was to change. */
interface EditedText extends ExclusionsEdit {
  readonly edited?: string;
}

async function loadEditor(identity: FileIdentity) {
  const { decodeDocument } = await import("./decode.ts");
  const { parseYaml } = await import("./yaml_document.ts");
  const { editExclusions } = await import("./edit_exclusions.ts");
  const judge = (text: string): { settings: Settings; problem: Problem | undefined } => {
    const { settings, problems } = decodeDocument(parseYaml(text), identity);
    const [problem] = [...problems, ...checkFile(settings, kindOf(identity.layer))];
    return { settings, problem };
  };
  return (text: string, change: ExclusionsChange): EditedText => {
    const { settings, problem } = judge(text);
    if (problem) throw problemError(problem, () => text.split("\n"));
    const before = exclusionsOf(settings);
    const current = before ?? [];
    const after = change(current);
    if (isSameList(current, after)) return { before, after: before };
    const edited = editExclusions(text, current, after);
    if (edited === undefined) throw cannotEdit(identity);
    // What was written is read again: no edit of a text is trusted to mean what it should.
    const result = judge(edited);
    if (result.problem || !isMeant(settings, result.settings, after)) throw cannotEdit(identity);
    return { before, after, edited };
  };
}

/** The file's own list; the rules have made sure of its entries. */
function exclusionsOf({ excluded_ports: list }: Settings): readonly Exclusion[] | undefined {
  return list?.value.map(({ value }) => value as Exclusion);
}

function isMeant(before: Settings, after: Settings, wanted: readonly Exclusion[]): boolean {
  return isSameList(exclusionsOf(after) ?? [], wanted) && valuesOf(before) === valuesOf(after);
}

function isSameList(a: readonly Exclusion[], b: readonly Exclusion[]): boolean {
  return a.length === b.length &&
    a.every((entry, index) => isSameExclusion(entry, b[index] ?? entry));
}

/** All values but the exclusions, without their places, which may have moved. */
function valuesOf({ excluded_ports: _list, ...others }: Settings): string {
  return JSON.stringify(others, (name, value) => name === "source" ? undefined : value);
}

function cannotEdit({ file }: FileIdentity): TropError {
  return new TropError({
    code: "configuration",
    failure: {
      code: "validation",
      field: "excluded_ports",
      source: file,
      message: "this list is written in a way that trop cannot edit; change it by hand",
    },
  });
}
