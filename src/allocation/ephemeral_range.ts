/**
 * The ports that the system itself gives out, to connections that leave this machine. One of them
 * can be taken at any moment, by anything that connects.
 *
 * @module
 */

/** Two ports and all between them. */
interface Range {
  readonly min: number;
  readonly max: number;
}

/** The ports of `range` that the system gives out too; `undefined` if none or nobody can tell. */
export function ephemeralPart(
  range: Range,
  readFile: (path: string) => string = Deno.readTextFileSync,
): Range | undefined {
  const ephemeral = readEphemeralRange(readFile);
  if (ephemeral === undefined) return undefined;
  const min = Math.max(range.min, ephemeral.min);
  const max = Math.min(range.max, ephemeral.max);
  return min <= max ? { min, max } : undefined;
}

/** Linux alone has a file that says so; the range goes for IPv6 too. */
function readEphemeralRange(readFile: (path: string) => string): Range | undefined {
  try {
    const text = readFile("/proc/sys/net/ipv4/ip_local_port_range");
    const [, min, max] = /^([0-9]+)\s+([0-9]+)\s*$/.exec(text) ?? [];
    return max === undefined ? undefined : { min: Number(min), max: Number(max) };
  } catch {
    return undefined;
  }
}
