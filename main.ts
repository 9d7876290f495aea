import { run } from "./src/cli/app.ts";
import { commandLine, systemHost } from "./src/cli/host.ts";
import { standsInQueue } from "./src/database/queue.ts";

const exitCode = await run(await commandLine(), systemHost);
// Deno stores V8's code cache, which spares the next run the parsing, only for a program that comes
// to its end by itself. Nothing is left to do there but to let the system clean up, which is faster.
addEventListener("unload", () => Deno.exit(exitCode));
// A wait that was given up cannot be called back, and would keep the program.
if (standsInQueue()) Deno.exit(exitCode);
