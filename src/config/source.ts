/**
 * Where a value of the configuration came from.
 *
 * @module
 */

/** The layers of the configuration; a later one wins. */
export const LAYERS = [
  "built-in",
  "user",
  "project",
  "private",
  "environment",
  "command line",
] as const;

/** The layers that are files: `config.yaml`, `trop.yaml` and `trop.local.yaml`. */
export type FileLayer = "user" | "project" | "private";

/** A file, and what it is in the configuration. */
export interface FileIdentity {
  readonly file: string;
  readonly layer: FileLayer;
}

/** What files are judged as: `config.yaml` in the data directory, or a project's file. */
export type FileKind = "user" | "project";

/** What the file of a layer is judged as. */
export function kindOf(layer: FileLayer): FileKind {
  return layer === "user" ? "user" : "project";
}

/** A place in a file; lines and columns count from 1, columns in UTF-16 units as editors do. */
export interface FileSource {
  readonly layer: FileLayer;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where a value came from. */
export type Source =
  | { readonly layer: "built-in" }
  | FileSource
  | { readonly layer: "environment"; readonly variable: string }
  | { readonly layer: "command line"; readonly flag: string };

/** A value, and where it came from. */
export interface Located<T> {
  readonly value: T;
  readonly source: Source;
}

/** The place of the built-in defaults. */
export const BUILT_IN: Source = { layer: "built-in" };

/** Whether the value stands in a file. */
export function isInFile(source: Source): source is FileSource {
  return "file" in source;
}

/** The one of two values that the more specific layer gave; the second if it was one layer. */
export function moreSpecific<A extends Located<unknown>, B extends Located<unknown>>(
  a: A,
  b: B,
): A | B {
  return LAYERS.indexOf(a.source.layer) > LAYERS.indexOf(b.source.layer) ? a : b;
}

/** A place as messages name it: `/w/trop.yaml:3:8`, `TROP_PORT_MIN`, `<command line>`. */
export function formatSource(source: Source): string {
  if (isInFile(source)) return `${source.file}:${source.line}:${source.column}`;
  switch (source.layer) {
    case "built-in":
      return "<built-in defaults>";
    case "environment":
      return source.variable;
    case "command line":
      return "<command line>";
  }
}
