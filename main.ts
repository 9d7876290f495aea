import { repeatReserve } from "./src/cli/fast_path.ts";
import { commandLine, systemHost } from "./src/cli/host.ts";

const exitCode = await repeatReserve(Deno.args, systemHost) ? 0 : await runCommand();
// Deno stores V8's code cache, which spares the next run the parsing, only for a program that comes
// to its end by itself. Nothing is left to do there but to let the system clean up, which is faster.
addEventListener("unload", () => Deno.exit(exitCode));

async function runCommand(): Promise<number> {
  const { run } = await import("./src/cli/app.ts");
  const { standsInQueue } = await import("./src/database/queue.ts");
  const exitCode = await run(await commandLine(), systemHost);
  // A wait that was given up cannot be called back, and would keep the program.
  if (standsInQueue()) Deno.exit(exitCode);
  return exitCode;
}
