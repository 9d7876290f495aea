import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { exclusionsFile, groupFile } from "../../src/config/effective.ts";
import { nativePaths } from "../../src/domain/path.ts";
import { TropError } from "../../src/errors.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { load, loadError } from "./support.ts";

const ERROR = "7 Error: Configuration error:";

Deno.test("without any layer the built-in values hold", async () => {
  const { settings: _settings, dataDirectory: _directory, ...config } = await load({});
  assert.deepEqual(config, {
    project: undefined,
    task: undefined,
    ports: { min: 5000, max: 7000 },
    excludedPorts: [],
    expireAfterDays: 30,
    occupancy: {
      skip: false,
      skipIpv4: false,
      skipIpv6: false,
      skipTcp: false,
      skipUdp: false,
      checkAllInterfaces: false,
    },
    group: undefined,
    autoinit: true,
    autoprune: true,
    autoexpire: true,
    allowUnrelatedPath: false,
    allowUnsafePorts: false,
    allowProjectChange: false,
    allowTaskChange: false,
    busyTimeoutMs: 5000,
    journal: "auto",
    allowSharedDataDir: false,
    outputFormat: "table",
    projectFiles: {},
    ignored: undefined,
  });
});

Deno.test("a mistake is shown where it stands", async () => {
  assert.equal(
    await loadError({ project: "# ours\nports:\n  mni: 5000\n" }),
    `${ERROR} validation error for 'trop.yaml': Invalid YAML: ports: unknown key 'mni' ` +
      "(did you mean 'min'?), want one of min, max, max_offset at line 3 column 3\n" +
      " 3 |   mni: 5000\n" +
      "   |   ^",
  );
});

Deno.test("what a line holds cannot drive the terminal, and a long line is cut", async () => {
  assert.equal(
    await loadError({ private: `x${"y".repeat(300)}: "\x1b[31m\t" # é` }),
    `${ERROR} validation error for 'trop.local.yaml': Invalid YAML: unknown key ` +
      `'x${"y".repeat(39)}…', want one of project, ports, excluded_ports, cleanup, ` +
      "occupancy_check, reservations, disable_autoinit, disable_autoprune, disable_autoexpire, " +
      "allow_unrelated_path, allow_change_project, allow_change_task, allow_change, " +
      "allow_unsafe_ports, maximum_lock_wait_seconds, output_format at line 1 column 1\n" +
      ` 1 | x${"y".repeat(59)}\n   | ^`,
  );
  assert.match(
    await loadError({ project: "output_format: '\x1b[31m\t'" }),
    /\n {1}1 \| output_format: '\\u\{1b\}\[31m\\t'\n {3}\| {16}\^$/,
  );
});

Deno.test("all files are parsed before one is judged, in the order of the layers", async () => {
  const bad = "ports: {min: 0}";
  const broken = "x: [";
  assert.match(await loadError({ user: bad, project: bad, private: broken }), /trop\.local\.yaml/);
  assert.match(await loadError({ user: bad, project: broken, private: broken }), /'trop\.yaml'/);
  assert.match(await loadError({ user: bad, project: bad, private: bad }), /home\/config\.yaml/);
  assert.match(await loadError({ project: bad, private: bad }), /\(trop\.yaml:1:14\)/);
});

for (
  const [name, text, expected] of [
    ["an empty TROP_TASK", { TROP_TASK: "" }, "'task' (TROP_TASK)"],
    ["a blank TROP_PROJECT", { TROP_PROJECT: " " }, "'project' (TROP_PROJECT)"],
  ] as const
) {
  Deno.test(`${name} fails only commands that would store it (D09)`, async () => {
    const words = `validation error for ${expected}: Cannot be empty or only whitespace`;
    assert.equal(await loadError({ env: text }), `${ERROR} ${words}`);
    assert.equal(await loadError({ env: text, storesNames: false }), "no error");
  });
}

Deno.test("commands that store no names ignore the two variables even when they are good", async () => {
  const env = { TROP_TASK: "t", TROP_PROJECT: "p" };
  const { project, task } = await load({ env, project: "project: shop", storesNames: false });
  assert.deepEqual([project, task], ["shop", undefined]);
});

Deno.test("names come out trimmed", async () => {
  const { project, task } = await load({
    project: "project: ' shop '",
    env: { TROP_TASK: "\u0085t" },
  });
  assert.deepEqual([project, task], ["shop", "t"]);
});

for (
  const [what, make, reason] of [
    ["a directory", (path: string) => Deno.mkdirSync(path), "it is not a regular file"],
    [
      "too large",
      (path: string) => write(path, "#".repeat(262145)),
      "it is larger than 262144 bytes",
    ],
    ["no UTF-8", (path: string) => write(path, Uint8Array.of(0x61, 0xff)), "it is not valid UTF-8"],
    ["a pipe", (path: string) => run("mkfifo", path), "it is not a regular file"],
  ] as const
) {
  Deno.test(`a file that is ${what} cannot be loaded`, async () => {
    using directory = temporaryDirectory();
    const path = `${directory.path}/trop.yaml`;
    make(path);
    await assert.rejects(
      loadConfig({
        files: { kind: "discovered", from: directory.path },
        dataDirectory: "/nowhere",
        env: () => undefined,
      }),
      new TropError({ code: "configuration", failure: { code: "invalid-path", path, reason } }),
    );
  });
}

Deno.test("a byte order mark is no part of the text", async () => {
  assert.equal((await load({ project: "\ufeffproject: shop" })).project, "shop");
  assert.match(
    await loadError({ project: "\ufeffprojekt: shop" }),
    /at line 1 column 1\n 1 \| projekt/,
  );
});

Deno.test("no file takes part in the configuration of init", async () => {
  using directory = temporaryDirectory();
  write(`${directory.path}/config.yaml`, "broken: [");
  const config = await loadConfig({
    files: { kind: "none" },
    dataDirectory: directory.path,
    env: (name) => name === "TROP_PORT_MIN" ? "6000" : undefined,
  });
  assert.deepEqual(config.ports, { min: 6000, max: 7000 });
});

Deno.test("the user's file decides how far discovery goes, and the environment above it", async () => {
  using directory = temporaryDirectory();
  const app = nativePaths.join(directory.path, "app");
  Deno.mkdirSync(`${directory.path}/home`);
  Deno.mkdirSync(app);
  write(`${directory.path}/trop.yaml`, "project: outer");
  run("git", "init", "--quiet", app);
  const discover = (variable?: string) =>
    loadConfig({
      files: { kind: "discovered", from: app },
      dataDirectory: `${directory.path}/home`,
      env: (name) => name === "TROP_DISCOVERY" ? variable : undefined,
    });

  const file = `${directory.path}/trop.yaml`;
  assert.deepEqual((await discover()).ignored, { file, checkout: app });
  assert.equal((await discover("filesystem")).project, "outer");
  write(`${directory.path}/home/config.yaml`, "discovery: filesystem");
  assert.deepEqual((await discover()).projectFiles, { project: file });
  assert.equal((await discover("checkout")).project, undefined);
});

Deno.test("the file of a group is the one with an opinion, else the most specific", async () => {
  const name = async (layers: Parameters<typeof load>[0]) => {
    return groupFile(await load(layers))?.split("/").at(-1);
  };
  const group = "reservations: {services: {a}}";
  assert.equal(await name({}), undefined);
  assert.equal(await name({ user: "allow_change: true" }), undefined);
  assert.equal(await name({ project: "" }), "trop.yaml");
  assert.equal(await name({ project: "", private: "" }), "trop.local.yaml");
  assert.equal(await name({ project: group, private: "" }), "trop.yaml");
  assert.equal(await name({ project: group, private: "reservations:" }), "trop.local.yaml");
});

Deno.test("exclusions go to the most specific file there is, else to the user's (D26)", async () => {
  const target = async (layers: Parameters<typeof load>[0]) => {
    const { file, layer } = exclusionsFile(await load(layers));
    return [file.split("/").at(-1), layer];
  };
  assert.deepEqual(await target({ project: "", private: "" }), ["trop.local.yaml", "private"]);
  assert.deepEqual(await target({ project: "" }), ["trop.yaml", "project"]);
  assert.deepEqual(await target({}), ["config.yaml", "user"]);
});

for (const module of ["src/config/load.ts", "src/cli/commands/reserve.ts"]) {
  Deno.test(`${module} loads no YAML code unless a file is there, and no node: module at once`, () => {
    const { stdout } = new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", new URL(`../../${module}`, import.meta.url).href],
    }).outputSync();
    const modules = reachable(JSON.parse(new TextDecoder().decode(stdout)));
    assert.ok(modules.some((specifier) => specifier.endsWith("/src/config/rules.ts")));
    assert.deepEqual(modules.filter((specifier) => !specifier.startsWith("file:")), []);
    assert.ok(!modules.some((specifier) => /\/(decode|yaml_document)\.ts$/.test(specifier)));
  });
}

/** The part of what `deno info --json` prints that the test looks at. */
interface ModuleGraph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** The modules that are loaded at once, in no order. */
function reachable({ roots, modules }: ModuleGraph): string[] {
  const seen = new Set(roots);
  for (const specifier of seen) {
    const module = modules.find((module) => module.specifier === specifier);
    for (const { code, isDynamic } of module?.dependencies ?? []) {
      if (code && !isDynamic) seen.add(code.specifier);
    }
  }
  return [...seen];
}

function write(path: string, content: string | Uint8Array): void {
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
}

function run(command: string, ...args: readonly string[]): void {
  assert.ok(new Deno.Command(command, { args: [...args] }).outputSync().success);
}
