/**
 * The systems that executables are made for, and what they may do there.
 *
 * @module
 */

/**
 * What the executables may do: everything, spelled out. Not one may be missing, or the run time
 * neither reads `/proc` nor opens a database as immutable; docs/decisions has the details.
 */
export const PERMISSIONS: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-net",
  "--allow-sys",
  "--allow-ffi",
  "--allow-import",
];

/** An executable that is made. */
export interface Target {
  /** The name of the file in `dist/`. */
  readonly file: string;
  /** Deno's name for it. */
  readonly triple: string;
}

/** The executables of a release, by the names of their systems. */
export const TARGETS: Readonly<Record<string, Target>> = {
  "linux-x64": {
    file: "trop-linux-x64",
    triple: "x86_64-unknown-linux-gnu",
  },
  "linux-arm64": {
    file: "trop-linux-arm64",
    triple: "aarch64-unknown-linux-gnu",
  },
  "macos-x64": {
    file: "trop-macos-x64",
    triple: "x86_64-apple-darwin",
  },
  "macos-arm64": {
    file: "trop-macos-arm64",
    triple: "aarch64-apple-darwin",
  },
  "windows-x64": {
    file: "trop-windows-x64.exe",
    triple: "x86_64-pc-windows-msvc",
  },
};
