import { isPortReserved } from "../../database/operations.ts";
import { withRead } from "../../database/transaction.ts";
import { MAX_PORT, parsePort } from "../../domain/port.ts";
import { TropError } from "../../errors.ts";
import { defineCommand, integer } from "../grammar/command.ts";
import { NOT_OPTION } from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import { openSessionDatabase, startSession } from "../steps/session.ts";

/** `trop assert-port`: succeeds when a port is reserved. */
export const assertPort = defineCommand({
  ...titleOf("assert-port"),
  description: [
    "Prints nothing, and ends with 0 or 1. Whether anything listens on the port does not matter.",
  ],
  positionals: {
    port: integer({
      summary: "Port to look for",
      valueName: "PORT",
      offer: "ports",
      max: MAX_PORT,
      required: true,
    }),
  },
  options: NOT_OPTION,
  examples: [
    { command: "trop assert-port 5001", effect: "Succeed if the port is reserved" },
    { command: "trop assert-port 5001 --not", effect: "Succeed if it is not" },
  ],
  exitCodes: [
    ["1", "The port is not reserved; with --not, it is"],
  ],
  async run(invocation) {
    const { options, positionals } = invocation;
    const session = await startSession(invocation);
    // The parser takes 0, which is no port.
    const port = parsePort(String(positionals.port));
    using database = openSessionDatabase(session, "read");
    const isReserved = withRead(database, "executing the assert-port command", (transaction) => {
      return isPortReserved(transaction, port);
    });
    if (isReserved === options.not) {
      const message = `Assertion failed: port ${port} is ${isReserved ? "" : "not "}reserved`;
      throw new TropError({ code: "assertion-failed", message });
    }
  },
});
