/**
 * The part of `docs/benchmarks.md` on the ways to run trop: how large they are and how soon they
 * are done. Run by itself it writes that part anew, from what is in `dist/`.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT, run } from "./run.ts";
import { TARGETS } from "./targets.ts";

const PAGE = join(ROOT, "docs/benchmarks.md");
const HEADING = "## Ways in";

/** How often each command is run. */
const ROUNDS = 40;

/** One way to run trop. */
interface WayIn {
  readonly name: string;
  readonly words: readonly string[];
  /** The file that it is, if it is one. */
  readonly file?: string;
}

/**
 * The section, with its heading.
 *
 * @throws {Deno.errors.NotFound} before `deno task build`, or `compile` for the executable too.
 */
export async function waysInSection(): Promise<string> {
  await Deno.stat(join(ROOT, "dist/trop.js"));
  const directory = await Deno.makeTempDir();
  const empty = join(directory, "empty.js");
  await Deno.writeTextFile(empty, "");
  const flags = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-all", "--unstable-net"];
  const bundle = join(ROOT, "dist/trop.js");
  await using server = serve(bundle);
  const url = `http://127.0.0.1:${server.addr.port}/trop.js`;
  const ways: WayIn[] = [
    { name: "nothing: an empty script", words: [...flags, empty] },
    { name: "the checkout", words: [...flags, join(ROOT, "main.ts")] },
    { name: "\`trop.js\`", words: [...flags, bundle], file: bundle },
    { name: "\`trop.js\` from a URL, fetched before", words: [...flags, url], file: bundle },
    ...await executable(),
  ];
  const times = await measure(ways, directory);
  await Deno.remove(directory, { recursive: true });
  const rows = ways.map(({ name, file }, index) => {
    const size = file === undefined ? "" : formatSize(Deno.statSync(file).size);
    return `| ${[name, size, ...times[index] ?? []].join(" | ")} |`;
  });
  return `${HEADING}

Sizes, and medians in milliseconds from the start of the process to its end; \`reserve\` finds the
reservation of its directory. The ways took turns for ${ROUNDS} rounds.

| What is run | Size | \`--version\` | \`reserve\` |
| --- | ---: | ---: | ---: |
${rows.join("\n")}
`;
}

/** That of this machine, with the run time inside of it, if it has been compiled. */
async function executable(): Promise<readonly WayIn[]> {
  const target = Object.values(TARGETS).find(({ triple }) => triple === Deno.build.target);
  const file = join(ROOT, "dist", target?.file ?? "trop");
  try {
    const details = await run(file, ["--version", "--verbose"]);
    const runtime = /^runtime: (.*)$/m.exec(details)?.[1];
    return [{ name: `the executable, on ${runtime}`, words: [file], file }];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The medians of each way. In turns, so that what else the machine does meets all alike. */
async function measure(
  ways: readonly WayIn[],
  directory: string,
): Promise<readonly (readonly string[])[]> {
  const env = { DENO_DIR: join(directory, "cache"), DENO_NO_UPDATE_CHECK: "1" };
  const commands = [["--version"], ["reserve", "--data-dir", join(directory, "data")]];
  const times = ways.map(() => commands.map((): number[] => []));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, { words }] of ways.entries()) {
      for (const [column, args] of commands.entries()) {
        const [program = "", ...rest] = [...words, ...args];
        const command = new Deno.Command(program, { args: rest, cwd: directory, env });
        const start = performance.now();
        const { success, stderr } = await command.output();
        const time = performance.now() - start;
        if (!success) throw new Error(new TextDecoder().decode(stderr));
        // The first round fills the caches.
        if (round >= 0) times[index]?.[column]?.push(time);
      }
    }
  }
  return times.map((columns) => columns.map((column) => median(column).toFixed(0)));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}

function formatSize(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.round(bytes / 1024)} KiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}

function serve(file: string): Deno.HttpServer<Deno.NetAddr> {
  const headers = { "content-type": "text/javascript" };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    return new Response(await Deno.readFile(file), { headers });
  });
}

if (import.meta.main) {
  const [before] = (await Deno.readTextFile(PAGE)).split(`\n${HEADING}\n`);
  await Deno.writeTextFile(PAGE, `${before?.trimEnd()}\n\n${await waysInSection()}`);
  await run(Deno.execPath(), ["fmt", "--quiet", PAGE]);
}
