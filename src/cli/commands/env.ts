import { toUpperAscii } from "../../config/group.ts";
import { formatKey } from "../../domain/reservation.ts";
import { TropError, validationError } from "../../errors.ts";
import type { ReservedPort } from "../../operations/reserved_ports.ts";
import { defineCommand } from "../grammar/command.ts";
import { ENVIRONMENT_OPTIONS } from "../grammar/environment_options.ts";
import { targetOption } from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import type { Output } from "../output.ts";
import { environmentRenderer, type Variable } from "../render/environment.ts";
import { findReservedPorts, type Found } from "../steps/reserved_ports.ts";
import { startSession } from "../steps/session.ts";

/** `trop env`: the ports that are there already, as variables. */
export const env = defineCommand({
  ...titleOf("env"),
  description: [
    "Prints what is reserved for the directory, and for the group that is in force there; ends " +
    "with 1 when nothing is. It reserves nothing and changes nothing, and looking does not count " +
    "as a use.",
    "A port without a tag is PORT. One with a tag goes by the variable that the group in force " +
    "has for it, else by the tag in capitals with _ in place of -.",
  ],
  options: {
    path: targetOption("Directory to look at, without the group above it"),
    ...ENVIRONMENT_OPTIONS,
  },
  examples: [
    { command: 'eval "$(trop env)"', effect: "Set the variables in this shell" },
    { command: "trop env --format dotenv >.env.ports", effect: "Write them to a file" },
  ],
  exitCodes: [
    ["1", "Nothing is reserved here"],
  ],
  async run(invocation) {
    const { options: { path: named, ...rendering }, host, output } = invocation;
    const session = await startSession(invocation);
    const render = environmentRenderer(rendering, host.env);
    const found = findReservedPorts(session, { command: "env", named });
    const { path, ports } = found;
    if (ports.length === 0) {
      throw new TropError({ code: "not-reserved", key: { path, tag: null }, tags: [] });
    }
    output.product(render(toVariables(ports)));
    warnOfMissing(output, found);
  },
});

/** @throws {TropError} `validation` unless each port has a variable of its own. */
function toVariables(ports: readonly ReservedPort[]): Variable[] {
  const holders = new Map<string, string>();
  return ports.map(({ reservation, variable: name }) => {
    const { tag, port } = reservation;
    const key = formatKey(reservation);
    if (name === undefined) {
      throw validationError("tag", `${key} makes no name of a variable; ${ADVICE}`);
    }
    const holder = holders.get(toUpperAscii(name));
    if (holder !== undefined) {
      const advice = `${ADVICE}, or look at one directory alone with --path`;
      throw validationError("tag", `${holder} and ${key} would both be ${name}; ${advice}`);
    }
    holders.set(toUpperAscii(name), key);
    return { tag, name, port };
  });
}

const ADVICE = "give a tag an env among the services of trop.yaml, release what is not needed";

/** Half a group is none: whoever added a service to the file has not reserved it yet. */
function warnOfMissing(output: Output, { ports, located }: Found): void {
  if (located === undefined) return;
  const { path, group: { services } } = located;
  const reserved = new Set(
    ports.filter(({ reservation }) => reservation.path === path)
      .map(({ reservation }) => reservation.tag),
  );
  const missing = services.filter(({ tag }) => !reserved.has(tag));
  if (missing.length === services.length) return;
  for (const { tag } of missing) {
    output.warn(`no port is reserved for ${formatKey({ path, tag })}; see 'trop autoreserve'`);
  }
}
