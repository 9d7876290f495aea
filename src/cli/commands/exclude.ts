import { userFile } from "../../config/discovery.ts";
import { exclusionsFile } from "../../config/effective.ts";
import type { FileIdentity } from "../../config/source.ts";
import { getByPort, reservedPorts } from "../../database/operations.ts";
import { withRead } from "../../database/transaction.ts";
import { type Exclusion, parseExclusion } from "../../domain/exclusion.ts";
import { formatKey, type Reservation } from "../../domain/reservation.ts";
import { escapeControls } from "../../domain/text.ts";
import { TropError } from "../../errors.ts";
import { excludePorts } from "../../operations/exclusions.ts";
import { defineCommand, flag, text } from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { tellWhomItConcerns } from "../steps/exclusion_words.ts";
import { openSessionDatabase, type Session, startSession } from "../steps/session.ts";

/** `trop exclude`: ports that are never to be given out. */
export const exclude = defineCommand({
  ...titleOf("exclude"),
  description: [
    "Adds it to excluded_ports in the project's trop.local.yaml, else in its trop.yaml, else in " +
    "the user's config.yaml. Comments and all the rest of the file stay as they are.",
    "Reservations that there are keep their ports; one of the range fails without --force.",
  ],
  positionals: {
    ports: text({
      summary: "Port, or first and last port of a range: 6000..6010",
      valueName: "PORT_OR_RANGE",
      required: true,
    }),
  },
  options: {
    global: flag({ summary: "Add it to the user's config.yaml, for all projects" }),
    force: flag({ summary: "Exclude ports though they are reserved" }),
  },
  examples: [
    { command: "trop exclude 5432", effect: "Leave a port to another program, in this project" },
    { command: "trop exclude 6000..6010 --global", effect: "Leave a range alone everywhere" },
  ],
  exitCodes: [
    ["4", "It is no port or range, or one of the ports is reserved"],
  ],
  async run(invocation) {
    const { options: { global, force }, positionals, output } = invocation;
    const session = await startSession(invocation);
    const { config } = session;
    const added = parseExclusion(positionals.ports);
    const holder = findHolder(session, added);
    if (holder !== undefined && !force) {
      const message = `port ${holder.port} is reserved for ${formatKey(holder)}; release it, or ` +
        "pass --force to exclude it all the same";
      throw new TropError({ code: "invalid-arguments", message });
    }
    const target: FileIdentity = global
      ? { file: userFile(config.dataDirectory), layer: "user" }
      : exclusionsFile(config);
    const isNew = await excludePorts(target, added);
    if (output.verbosity !== "quiet") {
      const what = isNew ? "Added exclusion to" : "Exclusion already exists in";
      output.product(`${what} ${escapeControls(target.file)}\n`);
    }
    if (!global) tellWhomItConcerns(output, target);
  },
});

/** The reservation of the first of the ports that has one. */
function findHolder(session: Session, { start, end }: Exclusion): Reservation | undefined {
  using database = openSessionDatabase(session, "read");
  return withRead(database, "executing the exclude command", (transaction) => {
    const [port] = reservedPorts(transaction, { min: start, max: end });
    return port && getByPort(transaction, port);
  });
}
