/**
 * The systems that executables are made for, and what each may do there.
 *
 * @module
 */

/** What the executables may do on every system: `trop run` runs any program that it is given. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-run"];

/** Whether a port is free is seen by binding it and by connecting to it; nothing goes elsewhere. */
const LOCAL_NET = "--allow-net=127.0.0.1,0.0.0.0,[::1],[::]";

/**
 * Deno reads `/proc` for a program that has every permission there is. Linux tells there who holds
 * a port, and about all ports at once.
 */
const READ_PROC = ["--allow-net", "--allow-sys", "--allow-ffi", "--allow-import"];

/** To tell whose data directory it is. Windows has no numbers for users. */
const KNOW_THE_USER = "--allow-sys=uid";

/** An executable that is made. */
export interface Target {
  /** The name of the file in `dist/`. */
  readonly file: string;
  /** Deno's name for it. */
  readonly triple: string;
  readonly permissions: readonly string[];
}

/** The executables of a release, by the names of their systems. */
export const TARGETS: Readonly<Record<string, Target>> = {
  "linux-x64": {
    file: "trop-linux-x64",
    triple: "x86_64-unknown-linux-gnu",
    permissions: [...PERMISSIONS, ...READ_PROC],
  },
  "linux-arm64": {
    file: "trop-linux-arm64",
    triple: "aarch64-unknown-linux-gnu",
    permissions: [...PERMISSIONS, ...READ_PROC],
  },
  "macos-x64": {
    file: "trop-macos-x64",
    triple: "x86_64-apple-darwin",
    permissions: [...PERMISSIONS, LOCAL_NET, KNOW_THE_USER],
  },
  "macos-arm64": {
    file: "trop-macos-arm64",
    triple: "aarch64-apple-darwin",
    permissions: [...PERMISSIONS, LOCAL_NET, KNOW_THE_USER],
  },
  "windows-x64": {
    file: "trop-windows-x64.exe",
    triple: "x86_64-pc-windows-msvc",
    permissions: [...PERMISSIONS, LOCAL_NET],
  },
};
