/**
 * System calls of the program under test: `strace` lists them, makes one of them fail, or lets the
 * program die at it. Linux only.
 *
 * @module
 */

/** Whether there is an strace that may watch other processes. */
export const hasStrace: boolean = (() => {
  try {
    const args = ["-fqqo/dev/null", "--seccomp-bpf", "-etrace=openat", "true"];
    return new Deno.Command("strace", { args, stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
})();

/** Calls that change files and directories, lock them, or wait for the disk. */
export const CHANGING_CALLS: readonly string[] = [
  "openat,write,pwrite64,ftruncate,fsync,fdatasync,fcntl,flock,close",
  "?mkdir,mkdirat,?unlink,unlinkat,?rename,?renameat,renameat2",
  "?chmod,fchmod,fchmodat,?chown,fchown,fchownat",
].join(",").split(",");

/** Besides those, calls that read. */
export const FILE_CALLS: readonly string[] = [
  ...CHANGING_CALLS,
  ..."read,pread64,?stat,?lstat,fstat,statx,mmap,?readlink,readlinkat,getdents64".split(","),
];

/** A system call that a program made. */
export interface SystemCall {
  readonly name: string;
  /** The first call of this name has the number 1. */
  readonly number: number;
  /** As strace writes it, with its arguments. */
  readonly text: string;
}

/** A script for `Home.start` that writes the program's calls of these names to `file`. */
export function recordCalls(file: string, names: readonly string[], options = "-y"): string {
  return `exec strace -fqq ${options} --seccomp-bpf -o '${file}' -e trace=${names.join()} "$@"`;
}

/** Reads what {@linkcode recordCalls} wrote: the calls of the program's first thread. */
export async function readCalls(file: string): Promise<SystemCall[]> {
  const calls: SystemCall[] = [];
  const counts = new Map<string, number>();
  let first: string | undefined;
  let begun = "";
  for (const line of (await Deno.readTextFile(file)).split("\n")) {
    const [, thread, rest = ""] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    if (thread !== (first ??= thread)) continue;
    // A call during which another thread calls is written in two parts.
    if (rest.endsWith(UNFINISHED)) begun = rest.slice(0, -UNFINISHED.length);
    const text = rest.replace(/^<\.\.\. \w+ resumed>/, () => begun);
    const name = /^(\w+)\(/.exec(text)?.[1];
    if (name === undefined || rest.endsWith(UNFINISHED)) continue;
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    calls.push({ name, number, text });
  }
  return calls;
}

const UNFINISHED = " <unfinished ...>";

/** A call, or all of its name from one on: `1+`. */
type Calls = Pick<SystemCall, "name"> & { readonly number: number | `${number}+` };

/**
 * A script for `Home.start` in which the program's n-th call of a name, or all from it on, fails
 * with `error`.
 *
 * @param path Counts only the calls that are about this file.
 * @param log Where the calls are listed.
 */
export function failAt(
  call: Calls,
  error: string,
  path?: string,
  log = "/dev/null",
): string {
  const only = path === undefined ? "--seccomp-bpf" : `-P '${path}'`;
  return `exec strace -fqq ${only} -o '${log}' ${injection(call, `error=${error}`)} "$@"`;
}

/** A script for `Home.start` in which the program dies at its n-th call of a name. */
export function dieAt(call: SystemCall): string {
  // The filter that makes tracing cheap would make strace forget the signal.
  return `exec strace -fqq -o /dev/null ${injection(call, "signal=KILL")} "$@"`;
}

function injection({ name, number }: Calls, what: string): string {
  return `-e trace=${name} -e inject=${name}:${what}:when=${number}`;
}

/** A script for `Home.start` in which opening sockets ends in `what`: `error=EACCES:when=1..5`. */
export function injectAtSockets(what: string): string {
  return `exec strace -fqqo/dev/null -einject=socket:${what} "$@"`;
}
