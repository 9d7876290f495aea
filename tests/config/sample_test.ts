import assert from "node:assert/strict";
import { judgeFile } from "../../src/config/judge.ts";
import { defaults } from "../../src/config/layers.ts";
import { sampleConfig } from "../../src/config/sample.ts";
import { type Key, KEYS, settingOf } from "../../src/config/settings.ts";
import { decodeConfig, plain } from "./support.ts";

const FILE = { file: "config.yaml", layer: "user" } as const;

/** The sample with its settings switched on. */
const active = sampleConfig().replaceAll(/^# /gm, "");

Deno.test("the sample is an empty configuration", async () => {
  assert.deepEqual(await judgeFile(sampleConfig(), FILE), []);
  assert.deepEqual(decodeConfig(sampleConfig(), FILE).settings, {});
  assert.match(sampleConfig(), /^(#.*|)(\n#.*|\n)*\n$/);
});

Deno.test("the sample shows every setting of the file with what holds anyway (D37, defect 23)", async () => {
  assert.deepEqual(await judgeFile(active, FILE), []);
  const { excluded_ports: excluded, ...shown } = plain(
    decodeConfig(active, FILE).settings,
  ) as Record<string, unknown>;
  const real = plain(defaults()) as Record<Key, unknown>;
  const wanted = KEYS.filter((key) => settingOf(key).files.includes("user") && key in real)
    .map((key) => [key, real[key]]);
  assert.deepEqual(shown, Object.fromEntries(wanted));
  assert.deepEqual(excluded, [
    { form: "single", start: 5005, end: 5005 },
    { form: "range", start: 6000, end: 6010 },
  ]);
});

Deno.test("each setting of the sample can be switched on alone", async () => {
  const blocks = active.split("\n\n").filter((block) => /^[^#]/m.test(block));
  assert(blocks.length > 10);
  for (const block of blocks) assert.deepEqual(await judgeFile(block, FILE), [], block);
});
