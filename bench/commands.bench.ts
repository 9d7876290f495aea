// What happens inside of commands that have much to do, without the start of a process: the whole
// command runs in this one, from its arguments to its output, database included.

import { consecutive, FIRST_PORT, Workplace } from "./workplace.ts";
import { makeRows } from "./rows.ts";

for (const count of [10, 1_000, 10_000, 60_000]) {
  const name = `${count} rows`;
  const stored = keep(new Workplace(makeRows(count)));
  stored.bench("list", name, ["list"]);
  stored.bench("list --format json", name, ["list", "--format", "json"]);

  const full = keep(new Workplace(consecutive(count)));
  const range = ["--min", `${FIRST_PORT}`, "--max", `${FIRST_PORT + count}`];
  const alone = ["--skip-occupancy-check", "--dry-run", "--quiet"];
  full.bench("reserve the last port of a range", name, ["reserve", ...range, ...alone]);

  // Every second port is taken: no twenty in a row are free before the end of the range.
  const crowded = keep(new Workplace(consecutive(count).filter((_, index) => index % 2 === 0)));
  crowded.write("trop.yaml", groupOf(20, { min: FIRST_PORT, max: FIRST_PORT + count + 20 }));
  crowded.bench("reserve twenty ports in a row", name, ["autoreserve", ...alone]);

  if (count > 10_000) continue;
  const moved = keep(new Workplace(makeRows(count)));
  const move = ["migrate", "--from", "/home/dev", "--to", "/srv/dev", "--recursive", "--quiet"];
  moved.benchChange("migrate all", name, move);

  const halfGone = keep(new Workplace());
  halfGone.store(halfGone.makeDirectories(count));
  halfGone.benchChange("prune, half of the directories gone", `${count} directories`, [
    "prune",
    "--quiet",
  ]);
}

for (const count of [10, 100, 1_000]) {
  const listed = keep(new Workplace());
  listed.write("trop.yaml", exclusions(count));
  listed.benchChange("exclude", `${count} exclusions`, ["exclude", "65000", "--quiet"]);
  listed.bench("reserve with exclusions", `${count} exclusions`, [
    "reserve",
    "--skip-occupancy-check",
    "--dry-run",
    "--quiet",
  ]);
}

function groupOf(size: number, { min, max }: { readonly min: number; readonly max: number }) {
  const services = Array.from(
    { length: size },
    (_, index) => `    s${index}: {offset: ${index}}\n`,
  );
  return `ports: {min: ${min}, max: ${max}}\nreservations:\n  services:\n${services.join("")}`;
}

/** Entries that cannot be joined, with a comment here and there. */
function exclusions(count: number): string {
  const entries = Array.from({ length: count }, (_, index) => {
    const port = 10_000 + 3 * index;
    return index % 5 === 0
      ? `  # the next one is the proxy\n  - ${port}..${port + 1}\n`
      : `  - ${port}\n`;
  });
  return `excluded_ports:\n${entries.join("")}`;
}

/** Removes a workplace when all benchmarks have run. */
function keep(workplace: Workplace): Workplace {
  addEventListener("unload", () => workplace[Symbol.dispose]());
  return workplace;
}
