/**
 * Who holds sockets, as `lsof` tells on macOS and the BSD systems.
 *
 * @module
 */

import { runTool } from "./run_tool.ts";
import { type HeldSocket, parseEndpoint, type Socket } from "./socket.ts";

/** The sockets on `ports`, of the processes that this user may see. */
export function listByLsof(ports: ReadonlySet<number>): readonly HeldSocket[] {
  // No warnings, numbers for hosts and ports; internet sockets as well as working directories; a
  // line for each field, of these kinds.
  const text = runTool("lsof", ["-w", "-nP", "-i", "-d", "cwd", "-F", "pcLftPnT"]);
  return parseLsof(text).filter(({ port }) => ports.has(port));
}

/**
 * Reads what `lsof -F` prints: lines that begin with the letter of a field. `p` begins a process,
 * and `f` one of its files.
 */
export function parseLsof(text: string): HeldSocket[] {
  return text.split(/^(?=p)/m).flatMap((process) => {
    const [head, ...files] = process.split(/^(?=f)/m).map(parseFields);
    const owner = {
      processId: Number(head?.get("p")),
      processName: head?.get("c") ?? null,
      user: head?.get("L") ?? null,
      directory: files.find((file) => file.get("f") === "cwd")?.get("n") ?? null,
    };
    return files.flatMap((file) => {
      const socket = toSocket(file);
      return socket === undefined ? [] : [{ ...socket, owner }];
    });
  });
}

/** The state of a connection is one of several fields of the letter `T`: `TST=LISTEN`. */
function parseFields(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\n").map((line) => {
      const key = line.startsWith("TST=") ? "TST=" : line.slice(0, 1);
      return [key, line.slice(key.length)];
    }),
  );
}

function toSocket(file: ReadonlyMap<string, string>): Socket | undefined {
  const protocol = file.get("P")?.toLowerCase();
  if (protocol !== "tcp" && protocol !== "udp") return undefined;
  const [local = ""] = file.get("n")?.split("->") ?? [];
  const endpoint = parseEndpoint(local, file.get("t") === "IPv6" ? "ipv6" : "ipv4");
  const listening = protocol === "udp" || file.get("TST=") === "LISTEN";
  return endpoint && { protocol, ...endpoint, listening };
}
