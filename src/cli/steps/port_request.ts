/**
 * What the configuration in force says about a request for ports, and the world it is planned in.
 *
 * @module
 */

import { Occupancy } from "../../allocation/occupancy.ts";
import { unsafeReason } from "../../allocation/unsafe_ports.ts";
import type { EffectiveConfig } from "../../config/effective.ts";
import { fromTime } from "../../database/codec.ts";
import { exclusionTest } from "../../domain/exclusion.ts";
import type { Port } from "../../domain/port.ts";
import { inferMetadata } from "../../git/infer_metadata.ts";
import { SECONDS_PER_DAY } from "../../operations/cleanup.ts";
import { directoryInspector } from "../../operations/inspect_directory.ts";
import type { FieldRequest, PortRequest, World } from "../../operations/request.ts";
import { LACKS_UDP } from "./occupancy_words.ts";
import { absoluteDataDirectory, type Session } from "./session.ts";

/** A request as the configuration has it; `force` gives every permission. */
export function portRequest(
  config: EffectiveConfig,
  { force }: { readonly force: boolean },
): PortRequest {
  const { min, max } = config.ports;
  return {
    project: fieldRequest(config.project),
    task: fieldRequest(config.task),
    allowProjectChange: force || config.allowProjectChange,
    allowTaskChange: force || config.allowTaskChange,
    allowUnrelatedPath: force || config.allowUnrelatedPath,
    range: config.ports,
    isExcluded: exclusionTest(config.excludedPorts),
    // A range of one port asks for that port.
    isUnsafe: (port) => min !== max && unsafeReasonFor(config, port) !== undefined,
    cleanup: {
      prune: config.autoprune,
      expire: config.autoexpire,
      maxAge: config.expireAfterDays * SECONDS_PER_DAY,
    },
  };
}

/** Why nobody should get `port` without asking for it; `undefined` where nobody minds. */
export function unsafeReasonFor(config: EffectiveConfig, port: Port): string | undefined {
  return config.allowUnsafePorts ? undefined : unsafeReason(port);
}

/** What the configuration asks for; `undefined` in it is no wish, and `null` wants none. */
function fieldRequest(value: string | null | undefined): FieldRequest {
  if (value === undefined) return { kind: "keep" };
  return value === null ? { kind: "clear" } : { kind: "set", value };
}

/** The machine at this moment, as far as a plan depends on it. */
export function currentWorld({ config, directory, host, output }: Session): World {
  const occupancy = new Occupancy(config.occupancy);
  let warning = occupancy.lacksUdp ? LACKS_UDP : undefined;
  return {
    // A dry run is to fail as well where the time cannot be stored.
    now: fromTime(host.now()),
    directory: directory.reported,
    check: (port) => {
      // Once, and only if any port is looked at.
      if (warning !== undefined) output.warn(warning);
      warning = undefined;
      return occupancy.check(port);
    },
    inspect: directoryInspector(absoluteDataDirectory(host, config.dataDirectory)),
    infer: inferMetadata,
  };
}
