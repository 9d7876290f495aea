import type { AbsolutePath } from "../../domain/path.ts";
import { formatKey, type Reservation } from "../../domain/reservation.ts";
import { TropError } from "../../errors.ts";
import { physicalPathOfMissing } from "../../operations/paths.ts";
import { defineCommand, flag } from "../grammar/command.ts";
import { tagOption, targetOption } from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import { findReservedPorts, type Found } from "../steps/reserved_ports.ts";
import { readTag, startSession } from "../steps/session.ts";
import { worktreeHost } from "../worktree_host.ts";

/** `trop url`: where the server on a port is to be found. */
export const url = defineCommand({
  ...titleOf("url"),
  description: [
    "Reads the port and ends with 1 when none is reserved; it reserves nothing, and does not look " +
    "whether a server is there.",
    "With --host-per-worktree the URL is http://<name>-<hash>.localhost:<port>, so that a browser " +
    "keeps the cookies of two checkouts apart. The name is that of the git checkout's directory, " +
    "or of the directory itself outside of one: in lower case, a hyphen in place of all that is " +
    "no ASCII letter or digit, cut to what a host name has room for. The hash is made from its " +
    "path: 6 hexadecimal digits that stay the same until it is moved. Current browsers know " +
    "such names; other programs may not.",
  ],
  options: {
    path: targetOption("Directory to look for, without the group above it"),
    tag: tagOption("Which port: a service of the group, or one of the directory's", "services"),
    hostPerWorktree: flag({ summary: "Give each checkout a host of its own" }),
  },
  examples: [
    { command: 'xdg-open "$(trop url)"', effect: "Open the server in a browser" },
    { command: "trop url --tag api", effect: "Print where the service api is" },
  ],
  exitCodes: [
    ["1", "Nothing is reserved here, or not with this tag"],
  ],
  async run(invocation) {
    const { options: { path: named, tag, hostPerWorktree }, output } = invocation;
    const session = await startSession(invocation);
    const wanted = readTag(tag) ?? null;
    const { path, port } = chosen(findReservedPorts(session, { command: "url", named }), wanted);
    const host = hostPerWorktree ? await hostOf(path) : "localhost";
    output.product(`http://${host}:${port}\n`);
  },
});

/**
 * The reservation with the tag.
 *
 * @throws {TropError} `not-reserved` without one, `invalid-arguments` when the directory and its
 * group have one each.
 */
function chosen({ path, ports }: Found, tag: string | null): Reservation {
  const all = ports.map(({ reservation }) => reservation);
  const [found, other] = all.filter((reservation) => reservation.tag === tag);
  if (found === undefined) {
    const tags = new Set(all.flatMap(({ tag }) => tag ?? []));
    throw new TropError({ code: "not-reserved", key: { path, tag }, tags: [...tags] });
  }
  if (other === undefined) return found;
  const message = `${formatKey(found)} and ${formatKey(other)} both have a port, so choose a ` +
    "directory with --path";
  throw new TropError({ code: "invalid-arguments", message });
}

/** Links lead to the same checkout, and one that is gone has a host still. */
function hostOf(path: AbsolutePath): Promise<string> {
  return worktreeHost(physicalPathOfMissing(path));
}
