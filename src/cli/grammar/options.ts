/**
 * Options that several commands share.
 *
 * @module
 */

import { flag, path, text } from "./command.ts";

/** How to look whether a port is in use; each switches one thing on and leaves the rest alone. */
export const PROBE_OPTIONS = {
  skipTcp: flag({ summary: "Do not look at TCP", configEnv: "TROP_SKIP_TCP" }),
  skipUdp: flag({ summary: "Do not look at UDP", configEnv: "TROP_SKIP_UDP" }),
  skipIpv4: flag({ summary: "Do not look at IPv4", configEnv: "TROP_SKIP_IPV4" }),
  skipIpv6: flag({ summary: "Do not look at IPv6", configEnv: "TROP_SKIP_IPV6" }),
  checkAllInterfaces: flag({
    summary: "Look at all interfaces, not only at the loopback one",
    configEnv: "TROP_CHECK_ALL_INTERFACES",
  }),
};

/** {@linkcode PROBE_OPTIONS} and the one that makes them pointless. */
export const OCCUPANCY_OPTIONS = {
  skipOccupancyCheck: flag({
    summary: "Do not look whether ports are in use at all",
    configEnv: "TROP_SKIP_OCCUPANCY_CHECK",
  }),
  ...PROBE_OPTIONS,
};

/** What is allowed besides using a reservation, or making one as a matter of course. */
export const PERMISSION_OPTIONS = {
  allowUnrelatedPath: flag({
    summary: "Take a path that is neither above nor below the current directory",
    configEnv: "TROP_ALLOW_UNRELATED_PATH",
  }),
  allowProjectChange: flag({
    summary: "Store another project than before",
    configEnv: "TROP_ALLOW_PROJECT_CHANGE",
  }),
  allowTaskChange: flag({
    summary: "Store another task than before",
    configEnv: "TROP_ALLOW_TASK_CHANGE",
  }),
  allowChange: flag({
    summary: "Store another project or task than before",
    configEnv: "TROP_ALLOW_CHANGE",
  }),
  allowUnsafePorts: flag({
    summary: "Give out ports that browsers refuse or the system itself uses",
    configEnv: "TROP_ALLOW_UNSAFE_PORTS",
  }),
};

/** Of the commands that assert something. */
export const NOT_OPTION = {
  not: flag({ summary: "Succeed where the command would fail, and the reverse" }),
};

/** The directory that a reservation is for. */
export function targetOption(summary: string) {
  return path({
    summary,
    valueName: "PATH",
    env: "TROP_PATH",
    default: "the current directory",
    offer: "directories",
  });
}

/**
 * One of several reservations of a directory.
 *
 * @param offer What completions offer.
 */
export function tagOption(summary: string, offer: "tags" | "services" = "tags") {
  return text({ summary, valueName: "TAG", offer });
}
