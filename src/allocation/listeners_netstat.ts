/**
 * Who holds sockets, as `netstat` and `tasklist` tell on Windows.
 *
 * @module
 */

import { runTool } from "./run_tool.ts";
import { type HeldSocket, parseEndpoint, type Socket } from "./socket.ts";

/** The sockets on `ports`. */
export function listByNetstat(ports: ReadonlySet<number>): readonly HeldSocket[] {
  const sockets = parseNetstat(runTool("netstat", ["-ano"])).filter(({ port }) => ports.has(port));
  if (sockets.length === 0) return [];
  const tasks = parseTasklist(runTool("tasklist", ["/v", "/fo", "csv", "/nh"]));
  return sockets.map(({ processId, ...socket }) => {
    const { name = null, user = null } = tasks.get(processId) ?? {};
    return { ...socket, owner: { processId, processName: name, user, directory: null } };
  });
}

/**
 * Reads what `netstat -ano` prints. Its headings and the names of states are in the user's
 * language, so a listener is known by its peer, which has port 0.
 */
export function parseNetstat(text: string): (Socket & { readonly processId: number })[] {
  return text.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const [name, local = "", peer = ""] = words;
    const protocol = name?.toLowerCase();
    const processId = Number(words.at(-1));
    const endpoint = parseEndpoint(local, "ipv4");
    if (protocol !== "tcp" && protocol !== "udp" || !endpoint || isNaN(processId)) return [];
    const listening = protocol === "udp" || peer.endsWith(":0");
    return [{ protocol, ...endpoint, listening, processId }];
  });
}

/** A program that runs. */
interface Task {
  readonly name: string;
  readonly user: string | null;
}

/** Reads what `tasklist /v /fo csv /nh` prints, by the ids of the processes. */
export function parseTasklist(text: string): ReadonlyMap<number, Task> {
  const tasks = new Map<number, Task>();
  for (const line of text.split("\n")) {
    const [name, id, , , , , account] = Array.from(
      line.matchAll(/"([^"]*)"/g),
      ([, field]) => field,
    );
    if (name === undefined || id === undefined) continue;
    // Domain and account; of processes that may not be seen, a word for "not available".
    const user = account?.includes("\\") ? account.slice(account.lastIndexOf("\\") + 1) : null;
    tasks.set(Number(id), { name, user });
  }
  return tasks;
}
