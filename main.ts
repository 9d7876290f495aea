import { commandLine, systemHost } from "./src/cli/host.ts";

const isPlainReserve = Deno.args.length === 1 && Deno.args[0] === "reserve";
const exitCode = isPlainReserve && await takeFastPath() ? 0 : await runCommand();
// Deno stores V8's code cache, which spares the next run the parsing, only for a program that comes
// to its end by itself. Nothing is left to do there but to let the system clean up, which is faster.
addEventListener("unload", () => Deno.exit(exitCode));

// Each of these waits before it runs anything, and that takes this module off the stack. For every
// error, even one that is caught, V8 looks up where in the functions on the stack it came from; to
// find the place in this module it would parse the whole of trop.js once more, which takes 7 ms.

async function takeFastPath(): Promise<boolean> {
  const { repeatReserve } = await import("./src/cli/fast_path.ts");
  return await repeatReserve(systemHost);
}

async function runCommand(): Promise<number> {
  const { run } = await import("./src/cli/app.ts");
  const { standsInQueue } = await import("./src/database/queue.ts");
  const exitCode = await run(await commandLine(), systemHost);
  // A wait that was given up cannot be called back, and would keep the program.
  if (standsInQueue()) Deno.exit(exitCode);
  return exitCode;
}
