/** Standard input, line by line. The thread stands still while there is none. */
export function* inputLines(): Generator<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(65536);
  let text = "";
  for (;;) {
    const length = Deno.stdin.readSync(chunk);
    if (length === null) return;
    const lines = (text + decoder.decode(chunk.subarray(0, length), { stream: true })).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}
