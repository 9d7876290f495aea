/**
 * What is asked about a port before it counts as free: one probe for each protocol, address family
 * and scope.
 *
 * @module
 */

import type { OccupancyPolicy } from "../config/effective.ts";

export type Protocol = "tcp" | "udp";
export type Family = "ipv4" | "ipv6";
export type Scope = "localhost" | "wildcard";

/** The loopback address of each family. */
export const LOOPBACK: Readonly<Record<Family, string>> = { ipv4: "127.0.0.1", ipv6: "::1" };

/** The address of each family that stands for all of them. */
export const WILDCARD: Readonly<Record<Family, string>> = { ipv4: "0.0.0.0", ipv6: "::" };

/** One question: can this address be bound? */
export interface Probe {
  readonly protocol: Protocol;
  readonly family: Family;
  readonly scope: Scope;
  readonly address: string;
}

/** Everything on loopback, nothing else. */
export const DEFAULT_POLICY: OccupancyPolicy = {
  skip: false,
  skipTcp: false,
  skipUdp: false,
  skipIpv4: false,
  skipIpv6: false,
  checkAllInterfaces: false,
};

/** All probes, in the order in which they are made and reported. */
const MATRIX: readonly Probe[] = (["ipv4", "ipv6"] as const).flatMap((family) =>
  (["localhost", "wildcard"] as const).flatMap((scope) =>
    (["tcp", "udp"] as const).map((protocol) => {
      const address = (scope === "localhost" ? LOOPBACK : WILDCARD)[family];
      return { protocol, family, scope, address };
    })
  )
);

/** The probes that `policy` leaves; with none left, every port counts as free. */
export function enabledProbes(policy: OccupancyPolicy): readonly Probe[] {
  if (policy.skip) return [];
  const skipped = new Set<string>();
  if (policy.skipTcp) skipped.add("tcp");
  if (policy.skipUdp) skipped.add("udp");
  if (policy.skipIpv4) skipped.add("ipv4");
  if (policy.skipIpv6) skipped.add("ipv6");
  if (!policy.checkAllInterfaces) skipped.add("wildcard");
  return MATRIX.filter(({ protocol, family, scope }) =>
    !skipped.has(protocol) && !skipped.has(family) && !skipped.has(scope)
  );
}
