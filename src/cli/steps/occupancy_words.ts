/**
 * What commands that look at ports in use say in common.
 *
 * @module
 */

import { ephemeralPart } from "../../allocation/ephemeral_range.ts";
import type { Occupancy } from "../../allocation/occupancy.ts";
import type { Probe } from "../../allocation/probes.ts";
import { type EffectiveConfig, sourceOf } from "../../config/effective.ts";
import type { Key } from "../../config/settings.ts";
import { formatSource, type Source } from "../../config/source.ts";

/** A probe as people read it: `TCP IPv4 localhost at 127.0.0.1`. */
export function describeProbe({ protocol, family, scope, address }: Probe): string {
  const familyName = family === "ipv4" ? "IPv4" : "IPv6";
  return `${protocol.toUpperCase()} ${familyName} ${scope} at ${address}`;
}

/** Which settings leave no probe, and who set them. */
export function whyUnchecked(config: EffectiveConfig, { lacksUdp }: Occupancy): string {
  if (lacksUdp) return LACKS_UDP;
  const { skip, skipTcp, skipUdp } = config.occupancy;
  const keys: readonly Key[] = skip
    ? ["occupancy_check.skip"]
    : skipTcp && skipUdp
    ? ["occupancy_check.skip_tcp", "occupancy_check.skip_udp"]
    : ["occupancy_check.skip_ip4", "occupancy_check.skip_ip6"];
  const words = keys.map((key) => `${key} is set by ${nameOf(sourceOf(config, key))}`);
  return `no probe is enabled, because ${words.join(" and ")}`;
}

/** What a look misses where the run time cannot open sockets for UDP. */
export const LACKS_UDP =
  "UDP sockets are not looked at, because Deno needs --unstable-net for them";

function nameOf(source: Source | undefined): string {
  if (source === undefined) return "nobody";
  return source.layer === "command line" ? source.flag : formatSource(source);
}

/** What is the matter with a range that is not the built-in one: the system gives ports of it out. */
export function ephemeralWarning(config: EffectiveConfig): string | undefined {
  if (rangeLayers(config).every((layer) => layer === "built-in")) return undefined;
  const part = ephemeralPart(config.ports);
  return part &&
    `the system gives the ports ${part.min}-${part.max} of the configured range to outgoing ` +
      "connections, so any of them can be in use at any moment; a range that it leaves alone " +
      "is safer";
}

/** The layers that say which ports are given out. */
export function rangeLayers(config: EffectiveConfig): Source["layer"][] {
  const keys = ["ports.min", "ports.max", "ports.max_offset"] as const;
  return keys.flatMap((key) => sourceOf(config, key)?.layer ?? []);
}
