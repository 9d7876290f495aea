/**
 * `args` with a lone surrogate for each U+FFFD of those arguments that are not valid UTF-8. Where
 * the system does not tell their bytes, they stay as they are.
 */
export function markInvalid(args: readonly string[]): readonly string[] {
  const valid = validity().slice(-args.length);
  return args.map((argument, index) => {
    return valid[index] === false ? argument.replaceAll("\ufffd", "\udcff") : argument;
  });
}

/** Whether each word of the command line, the program's own first, is valid UTF-8. */
function validity(): boolean[] {
  try {
    const bytes = Deno.readFileSync("/proc/self/cmdline");
    return split(bytes).map(isUtf8);
  } catch {
    return [];
  }
}

/** A zero byte ends each word. */
function split(bytes: Uint8Array): Uint8Array[] {
  const words: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const zero = bytes.indexOf(0, start);
    const end = zero === -1 ? bytes.length : zero;
    words.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return words;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
