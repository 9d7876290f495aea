import { commandLine, systemHost } from "./src/cli/host.ts";

const isPlainReserve = Deno.args.length === 1 && Deno.args[0] === "reserve";
const exitCode = isPlainReserve && await takeFastPath() ? 0 : await runCommand();
// Deno stores V8's code cache, which spares the next run the parsing, only for a program that comes
// to its end by itself. Nothing is left to do there but to let the system clean up, which is faster.
addEventListener("unload", () => Deno.exit(exitCode));

// Both wait before they run anything. V8 looks for the place of an error, be it caught, in every
// function on the stack, and were this module on it, would parse the whole of trop.js for that: 7 ms.

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
