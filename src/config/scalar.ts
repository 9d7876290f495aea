/**
 * What a scalar of a configuration file stands for. The dialect is strict: what other readers of
 * YAML take for a boolean or a number, such as `yes` or `007`, is text here.
 *
 * @module
 */

import { boundsOf, INTEGER_BITS, type IntegerType, type Setting } from "./settings.ts";

/** A scalar as it is written. */
export interface ScalarText {
  /** With escapes and line folds resolved. */
  readonly text: string;
  /** Without quotes, and not a block. */
  readonly isPlain: boolean;
}

const NULLS = ["", "null", "Null", "NULL", "~"];
const BOOLEANS = new Map([
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["false", false],
  ["False", false],
  ["FALSE", false],
]);
const INTEGER = /^\+?(?:0|[1-9][0-9]*|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+)$/;

/** Whether it stands for no value, as nothing at all does. */
export function isNull({ text, isPlain }: ScalarText): boolean {
  return isPlain && NULLS.includes(text);
}

/** The value of a scalar that is to be `true` or `false`. */
export function readBoolean({ text, isPlain }: ScalarText): boolean | undefined {
  return isPlain ? BOOLEANS.get(text) : undefined;
}

/** The value of a scalar that is to be a whole number which its type can hold. */
export function readInteger({ text, isPlain }: ScalarText, type: IntegerType): number | undefined {
  if (!isPlain || !INTEGER.test(text)) return undefined;
  const value = BigInt(text.replace("+", ""));
  return value >> BigInt(INTEGER_BITS[type]) === 0n ? Number(value) : undefined;
}

/** What an integer setting may be, in words. */
export function integerWords(setting: Setting): string {
  const { minimum, maximum } = boundsOf(setting);
  return `want a whole number from ${minimum} to ${maximum}`;
}
