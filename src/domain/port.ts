/**
 * Port numbers and ranges of them.
 *
 * @module
 */

import { TropError, validationError } from "../errors.ts";

declare const brand: unique symbol;

/** A port number known to lie in 1 to 65535. */
export type Port = number & { readonly [brand]: "Port" };

/** The largest port number: TCP and UDP give it 16 bits. */
export const MAX_PORT = 65535;

/** Whether `value` is a whole number from 1 to 65535. */
export function isPort(value: number): value is Port {
  return Number.isInteger(value) && value >= 1 && value <= MAX_PORT;
}

/**
 * Takes `value` as a port.
 *
 * @throws {TropError} `validation` of `field` unless it lies in 1 to 65535.
 */
export function toPort(value: number, field = "port"): Port {
  if (isPort(value)) return value;
  throw validationError(field, `want a whole number from 1 to ${MAX_PORT}`);
}

/**
 * Reads a port as a person types it: ASCII digits with an optional leading `+`.
 *
 * @throws {TropError} `invalid-arguments` that quotes the text and says which of the three reasons
 * holds: not a number, zero, or too large.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(parsePort("+08080"), 8080);
 * ```
 */
export function parsePort(text: string, name = "port"): Port {
  const reason = portProblem(text);
  if (reason === undefined) return Number(text) as Port;
  throw new TropError({
    code: "invalid-arguments",
    message: `Cannot read ${name} ${JSON.stringify(text)}: ${reason}`,
  });
}

function portProblem(text: string): string | undefined {
  if (!/^\+?[0-9]+$/.test(text)) return `it is not a number, want 1 to ${MAX_PORT}`;
  const value = Number(text);
  if (value === 0) return `port 0 is not a port that can be reserved, want 1 to ${MAX_PORT}`;
  if (value > MAX_PORT) return `it is too large, want 1 to ${MAX_PORT}`;
  return undefined;
}

/** Ports from `min` to `max`, both included. */
export interface PortRange {
  readonly min: Port;
  readonly max: Port;
}

/** The built-in range, 5000 to 7000. */
export const DEFAULT_RANGE: PortRange = { min: 5000 as Port, max: 7000 as Port };
