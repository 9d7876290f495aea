/**
 * What can be wrong with a configuration, and how it is told.
 *
 * @module
 */

import { escapeControls } from "../domain/text.ts";
import { TropError } from "../errors.ts";
import { type FileSource, formatSource, isInFile, type Source } from "./source.ts";

/** One thing that is wrong. */
export interface Problem {
  /** `parse`: not YAML, or of the wrong shape; `rule`: a value that makes no sense. */
  readonly kind: "parse" | "rule";
  /** The key it is about, dots between the levels; empty when the file is no YAML at all. */
  readonly field: string;
  /** What is wanted, then what was found: a phrase without a full stop. */
  readonly message: string;
  readonly source: Source;
  /** Whether the line would repeat a service's name, which may be anything, and is not shown. */
  readonly isLineHidden?: boolean;
}

/** The lines of a file that was read; `undefined` when there is none to show. */
export type LinesOf = (file: string) => readonly string[] | undefined;

/** What `problem` is as a failure: the place on its one line, the line it means below. */
export function problemFailure(problem: Problem, linesOf: LinesOf) {
  const { kind, field, message, source } = problem;
  const excerpt = excerptOf(problem, linesOf);
  if (kind === "parse" && isInFile(source)) {
    const path = field === "" ? "" : `${field}: `;
    const place = `at line ${source.line} column ${source.column}`;
    const text = `Invalid YAML: ${path}${message} ${place}`;
    return { code: "validation", field: source.file, message: text, excerpt } as const;
  }
  const place = formatSource(source);
  const origin = place === field ? {} : { source: place };
  return { code: "validation", field, message, excerpt, ...origin } as const;
}

/** The error that ends a command which needs a sound configuration. */
export function problemError(problem: Problem, linesOf: LinesOf): TropError {
  return new TropError({ code: "configuration", failure: problemFailure(problem, linesOf) });
}

/** Compares two problems of one file by their place. */
export function compareByPlace(a: Problem, b: Problem): number {
  if (!isInFile(a.source) || !isInFile(b.source)) return 0;
  return a.source.line - b.source.line || a.source.column - b.source.column;
}

function excerptOf(
  { field, source, isLineHidden }: Problem,
  linesOf: LinesOf,
): readonly string[] {
  // What stands in the place of a variable's name is not repeated, whatever it is.
  const isName = /^reservations\..*\.env$/.test(field);
  if (isLineHidden || isName || !isInFile(source)) return [];
  const line = linesOf(source.file)?.[source.line - 1];
  if (line === undefined) return [];
  // In braces, the line may hold the names of other services than the one it is about.
  if (field.startsWith("reservations") && SHELL_SYNTAX.test(line)) return [];
  return excerpt(line, source);
}

/** What makes a shell do more than read words. */
const SHELL_SYNTAX = /[$`\\;|<>()&!]/;

/** How much of a line is shown on either side of the mistake, in UTF-16 units. */
const REACH = 60;

function excerpt(text: string, { line, column }: FileSource): readonly string[] {
  const start = Math.max(0, column - 1 - REACH);
  const before = escapeControls(text.slice(start, column - 1));
  const after = escapeControls(text.slice(column - 1, column - 1 + REACH));
  const gutter = " ".repeat(String(line).length);
  return [` ${line} | ${before}${after}`, ` ${gutter} | ${" ".repeat(before.length)}^`];
}
