/**
 * Who holds sockets, as Linux tells in `/proc`.
 *
 * @module
 */

import type { HeldSocket, Owner } from "./socket.ts";
import { readSocketTables, type TableSocket } from "./socket_tables.ts";

/** The sockets on `ports`; the user is known even of those whose process may not be seen. */
export function listByProc(ports: ReadonlySet<number>): readonly HeldSocket[] {
  const tables = readSocketTables();
  const sockets = [...ports].flatMap((port) => tables?.at(port) ?? []);
  const processes = findProcesses(new Set(sockets.map(({ inode }) => inode)));
  const users = parsePasswd(readOr("", () => Deno.readTextFileSync("/etc/passwd")));
  return sockets.map((socket) => ({ ...socket, owner: ownerOf(socket, processes, users) }));
}

function ownerOf(
  { inode, uid }: TableSocket,
  processes: ReadonlyMap<string, number>,
  users: ReadonlyMap<number, string>,
): Owner {
  const processId = processes.get(inode) ?? null;
  return {
    processId,
    processName: processId === null ? null : processName(processId),
    // A connection that no process holds any more says 0 here, which is not root.
    user: inode === NO_INODE ? null : users.get(uid) ?? null,
    directory: readOr(null, () => Deno.readLinkSync(`/proc/${processId}/cwd`)),
  };
}

const NO_INODE = "0";

/** The smallest id of the processes that hold each socket, by one pass over all of them. */
function findProcesses(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
  const wanted = new Set(inodes);
  wanted.delete(NO_INODE);
  const found = new Map<string, number>();
  for (const processId of processIds()) {
    if (wanted.size === 0) break;
    for (const inode of socketsOf(processId)) {
      if (wanted.delete(inode)) found.set(inode, processId);
    }
  }
  return found;
}

function processIds(): readonly number[] {
  return readOr([], () => [...Deno.readDirSync("/proc")])
    .flatMap(({ name }) => /^[0-9]+$/.test(name) ? [Number(name)] : [])
    .toSorted((a, b) => a - b);
}

/** The sockets of a process that may be looked at and has not ended yet. */
function socketsOf(processId: number): readonly string[] {
  const directory = `/proc/${processId}/fd`;
  return readOr([], () => [...Deno.readDirSync(directory)]).flatMap(({ name }) => {
    const target = readOr("", () => Deno.readLinkSync(`${directory}/${name}`));
    const inode = /^socket:\[([0-9]+)\]$/.exec(target)?.[1];
    return inode === undefined ? [] : [inode];
  });
}

function processName(processId: number): string | null {
  const name = readOr(null, () => Deno.readTextFileSync(`/proc/${processId}/comm`).trimEnd());
  // Node.js 22 and later call their main thread so, which hides the program's name.
  if (name !== "MainThread" && name !== "node-MainThread") return name;
  const program = readOr(name, () => Deno.readLinkSync(`/proc/${processId}/exe`));
  return program.slice(program.lastIndexOf("/") + 1);
}

/** The names of the accounts in a text like that of `/etc/passwd`, by their numbers. */
export function parsePasswd(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name, , uid] = line.split(":");
    if (name && uid && /^[0-9]+$/.test(uid) && !names.has(Number(uid))) {
      names.set(Number(uid), name);
    }
  }
  return names;
}

/** Processes come and go, and many may not be looked at. */
function readOr<T>(fallback: T, read: () => T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}
