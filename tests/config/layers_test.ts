import assert from "node:assert/strict";
import type { ConfigFlags } from "../../src/config/flags.ts";
import { type Key, KEYS, settingOf } from "../../src/config/settings.ts";
import { LAYERS, type Source } from "../../src/config/source.ts";
import { load, loadError, plain } from "./support.ts";

type Layer = typeof LAYERS[number];

/** What a layer says, as it is written there, and the value that comes of it. */
type Sample = readonly [text: string | number | boolean, value: unknown];

/** What can be said about a key, layer by layer; a text alone must not be said there. */
type Row = Partial<Record<Layer, Sample | string>>;

const single = (port: number) => [{ form: "single", start: port, end: port }];
const number = (value: number): Sample => [value, value];
const group = (name: string) => ({ services: [{ tag: name }] });

const SWITCH: Row = {
  "built-in": [false, false],
  user: ["true", true],
  project: ["false", false],
  private: ["True", true],
  environment: ["No", false],
  "command line": [true, true],
};

const ROWS: Record<Key, Row> = {
  "project": {
    user: "shop",
    project: ["shop", "shop"],
    private: ["' mine '", "mine"],
    environment: ["environment", "environment"],
    "command line": ["flag", "flag"],
  },
  "task": {
    user: "x",
    project: "x",
    private: "x",
    environment: ["environment", "environment"],
    "command line": ["flag", "flag"],
  },
  "ports.min": {
    "built-in": number(5000),
    user: number(5001),
    project: number(5002),
    private: ["0x138B", 5003],
    environment: ["+5004", 5004],
    "command line": number(5005),
  },
  "ports.max": {
    "built-in": number(7000),
    user: number(7001),
    project: number(7002),
    private: number(7003),
    environment: ["7004", 7004],
    "command line": number(7005),
  },
  "ports.max_offset": {
    user: number(1),
    project: number(2),
    private: number(3),
    environment: ["4", 4],
  },
  "excluded_ports": {
    user: ["[1]", single(1)],
    project: ["[2]", single(2)],
    private: ["[3..4]", [{ form: "range", start: 3, end: 4 }]],
    environment: [" 5, ,6..7,", [...single(5), { form: "range", start: 6, end: 7 }]],
  },
  "cleanup.expire_after_days": {
    "built-in": number(30),
    user: number(31),
    project: number(32),
    private: number(33),
    environment: ["34", 34],
    "command line": number(35),
  },
  "occupancy_check.skip": SWITCH,
  "occupancy_check.skip_ip4": SWITCH,
  "occupancy_check.skip_ip6": SWITCH,
  "occupancy_check.skip_tcp": SWITCH,
  "occupancy_check.skip_udp": SWITCH,
  "occupancy_check.check_all_interfaces": SWITCH,
  "reservations": {
    user: "{services: {a}}",
    project: ["{services: {shared}}", group("shared")],
    private: ["{services: {mine}}", group("mine")],
  },
  "disable_autoinit": SWITCH,
  "disable_autoprune": SWITCH,
  "disable_autoexpire": SWITCH,
  "allow_unrelated_path": SWITCH,
  "allow_change_project": SWITCH,
  "allow_change_task": SWITCH,
  "allow_change": SWITCH,
  "allow_unsafe_ports": SWITCH,
  "maximum_lock_wait_seconds": {
    "built-in": number(5),
    user: number(6),
    project: number(7),
    private: number(8),
    environment: ["0", 0],
    "command line": number(10),
  },
  "output_format": {
    "built-in": ["table", "table"],
    user: ["json", "json"],
    project: ["csv", "csv"],
    private: ["tsv", "tsv"],
    environment: ["CSV", "csv"],
    "command line": ["json", "json"],
  },
  "sqlite_journal": {
    "built-in": ["auto", "auto"],
    user: ["rollback", "rollback"],
    project: "wal",
    private: "wal",
    environment: ["WAL", "wal"],
  },
  "allow_shared_data_dir": {
    "built-in": [false, false],
    user: "true",
    project: "true",
    private: "true",
    environment: ["1", true],
  },
  "discovery": {
    "built-in": ["checkout", "checkout"],
    user: ["filesystem", "filesystem"],
    project: "checkout",
    private: "checkout",
    environment: ["FileSystem", "filesystem"],
  },
};

const FILES = { user: "home/config.yaml", project: "trop.yaml", private: "trop.local.yaml" };

for (const key of KEYS) {
  const row = ROWS[key];
  for (const layer of LAYERS) {
    const sample = row[layer];
    if (typeof sample === "string") {
      Deno.test(`${key} cannot be set by the ${layer} layer`, async () => {
        const error = await loadError(layersUpTo({ [layer]: [sample, sample] }, key, layer));
        assert.match(error, /must not be set in this file|unknown key/);
      });
    } else if (sample !== undefined) {
      Deno.test(`${key} is set by the ${layer} layer over all those below`, async () => {
        const config = await load(layersUpTo(row, key, layer));
        const located = config.settings[key];
        assert.deepEqual(plain(located?.value), expectedValue(key, row, layer));
        assert.deepEqual(withoutDirectory(located?.source), expectedSource(key, layer));
      });
    }
  }
}

/** The layers of a row up to `top`, each written as its layer writes things. */
function layersUpTo(row: Row, key: Key, top: Layer) {
  const texts = Object.entries(FILES).map(([layer]) => {
    const sample = isUpTo(layer as Layer, top) ? row[layer as Layer] : undefined;
    return typeof sample === "object" ? [layer, yamlOf(key, sample[0])] : [layer, undefined];
  });
  const { variables: [variable] = [], flag } = settingOf(key) as {
    variables?: readonly string[];
    flag?: string;
  };
  const env = isUpTo("environment", top) ? row.environment : undefined;
  const given = isUpTo("command line", top) ? row["command line"] : undefined;
  return {
    ...Object.fromEntries(texts),
    env: env && variable ? { [variable]: String(env[0]) } : {},
    flags: (given && flag ? { [flag]: given[0] } : {}) as ConfigFlags,
  };
}

function yamlOf(key: Key, text: unknown): string {
  const [section, name] = key.split(".");
  return name === undefined
    ? `# a comment\n${key}: ${text}\n`
    : `${section}:\n  ${name}: ${text}\n`;
}

function isUpTo(layer: Layer, top: Layer): boolean {
  return LAYERS.indexOf(layer) <= LAYERS.indexOf(top);
}

function expectedValue(key: Key, row: Row, top: Layer): unknown {
  if (key !== "excluded_ports") return row[top]?.[1];
  return LAYERS.filter((layer) => isUpTo(layer, top)).flatMap((layer) => row[layer]?.[1] ?? []);
}

function expectedSource(key: Key, layer: Layer): unknown {
  const [section, name] = key.split(".");
  switch (layer) {
    case "built-in":
      return { layer };
    case "environment":
      return { layer, variable: settingOf(key).variables?.[0] };
    case "command line": {
      const flag = settingOf(key).flag?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      return { layer, flag: `--${flag}` };
    }
    default: {
      const column = name === undefined ? `${section}: `.length + 1 : `  ${name}: `.length + 1;
      return { layer, file: FILES[layer], line: 2, column };
    }
  }
}

function withoutDirectory(source: Source | undefined): unknown {
  if (source === undefined || !("file" in source)) return source;
  return {
    ...source,
    file: source.file.split("/").slice(source.layer === "user" ? -2 : -1).join("/"),
  };
}

Deno.test("null in a higher layer inherits", async () => {
  const { settings } = await load({
    user: "output_format: csv\nports: {min: 5001}\nexcluded_ports: [1]",
    project: "output_format: ~\nports: {min: ~}\nexcluded_ports: ~\ncleanup: ~\n",
  });
  assert.equal(settings.output_format?.value, "csv");
  assert.equal(settings["ports.min"]?.value, 5001);
  assert.equal(settings.excluded_ports?.value.length, 1);
});

for (
  const [layers, min, max, why] of [
    [{ project: "ports: {min: 6000}" }, 6000, 7000, "the other end is inherited"],
    [{ project: "ports: {max_offset: 10}" }, 5000, 5010, "an offset replaces the maximum below"],
    [
      { user: "ports: {max_offset: 10}", project: "ports: {max: 6000}" },
      5000,
      6000,
      "a maximum replaces the offset below",
    ],
    [
      { user: "ports: {max_offset: 10}", project: "ports: {min: 6000}" },
      6000,
      6010,
      "an inherited offset moves with the minimum",
    ],
    [
      { user: "ports: {max_offset: 10}", flags: { min: 6000 } },
      6000,
      6010,
      "so it does under --min",
    ],
    [
      { env: { TROP_PORT_MAX_OFFSET: "10" }, flags: { max: 6000 } },
      5000,
      6000,
      "--max drops an offset",
    ],
    [
      { env: { TROP_PORT_MAX: "6000", TROP_PORT_MAX_OFFSET: "10" } },
      5000,
      5010,
      "of the two variables the offset wins",
    ],
    [{ flags: { min: 6000, max: 6000 } }, 6000, 6000, "a range of one port"],
  ] as const
) {
  Deno.test(`ports: ${why}`, async () => {
    assert.deepEqual((await load(layers)).ports, { min, max });
  });
}

for (
  const [project, local, services] of [
    ["reservations: {services: {a}}", undefined, ["a"]],
    ["reservations: {services: {a}}", "allow_change: true", ["a"]],
    ["reservations: {base: 6000, services: {a}}", "reservations: {services: {b}}", ["b"]],
    ["reservations: {services: {a}}", "reservations: ~", undefined],
    ["reservations: {services: {a}}", "reservations:", undefined],
    ["reservations: ~", "reservations: {services: {}}", []],
  ] as const
) {
  Deno.test(`the group of "${project}" under "${local}"`, async () => {
    const { group } = await load({ project, ...(local && { private: local }) });
    assert.deepEqual(group?.services.map(({ tag }) => tag), services);
    if (local?.includes("{b}")) assert.equal(group?.base, undefined);
  });
}

Deno.test("reservations: null in the user's file clears nothing", async () => {
  const { settings } = await load({ user: "reservations: ~" });
  assert.equal(settings.reservations, undefined);
});

Deno.test("a group comes out trimmed, named and in the byte order of its tags", async () => {
  const { group } = await load({
    project: `reservations:
  base: 6000
  services:
    " web-1 ": {offset: 2, preferred: 8080}
    Api: {env: api_port}
`,
  });
  assert.deepEqual(group, {
    base: 6000,
    services: [
      { tag: "Api", offset: 0, preferred: undefined, variable: "api_port" },
      { tag: "web-1", offset: 2, preferred: 8080, variable: "WEB_1" },
    ],
  });
});

for (
  const [layers, project, task] of [
    [{}, false, false],
    [{ user: "allow_change: true", project: "allow_change_project: false" }, true, true],
    [{ user: "allow_change: true", project: "allow_change: false" }, false, false],
    [{ env: { TROP_ALLOW_CHANGE_TASK: "1" } }, false, true],
    [{ env: { TROP_ALLOW_CHANGE_TASK: "1", TROP_ALLOW_TASK_CHANGE: "0" } }, false, false],
    [{ flags: { allowProjectChange: true } }, true, false],
  ] as const
) {
  Deno.test(`changes allowed by ${JSON.stringify(layers)}: ${project}, ${task}`, async () => {
    const config = await load(layers);
    assert.deepEqual([config.allowProjectChange, config.allowTaskChange], [project, task]);
  });
}

Deno.test("flags that were not given say nothing; false is no value of a flag", async () => {
  const { settings, autoinit } = await load({
    user: "disable_autoinit: true",
    flags: { disableAutoinit: false, busyTimeout: undefined },
  });
  assert.equal(autoinit, false);
  assert.equal(settings.maximum_lock_wait_seconds?.source.layer, "built-in");
});

Deno.test("--clear-project and --clear-task beat every layer", async () => {
  const { project, task } = await load({
    project: "project: shop",
    env: { TROP_TASK: "x" },
    flags: { clearProject: true, clearTask: true },
  });
  assert.deepEqual([project, task], [null, null]);
});

Deno.test("--disable-autoclean is both switches", async () => {
  const { autoprune, autoexpire, settings } = await load({ flags: { disableAutoclean: true } });
  assert.deepEqual([autoprune, autoexpire], [false, false]);
  assert.deepEqual(settings.disable_autoprune?.source, {
    layer: "command line",
    flag: "--disable-autoclean",
  });
});
