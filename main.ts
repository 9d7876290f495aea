import { run } from "./src/cli/app.ts";
import { systemHost } from "./src/cli/host.ts";

// Both streams are written synchronously, so nothing is lost by leaving at once.
Deno.exit(await run(Deno.args, systemHost));
