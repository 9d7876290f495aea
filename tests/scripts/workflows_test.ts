/**
 * The workflows that no machine of ours runs: their form, and what they say twice.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parse } from "yaml";
import { TARGETS } from "../../scripts/targets.ts";

const ROOT = new URL("../../", import.meta.url);

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix?: { readonly include?: readonly { file: string }[] } };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

async function readWorkflow(name: string): Promise<Workflow> {
  return parse(await Deno.readTextFile(new URL(`.github/workflows/${name}.yml`, ROOT)));
}

/** What each job may do besides reading the repository. */
const WRITES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  ci: { test: [], executable: [] },
  release: {
    build: [],
    try: [],
    publish: ["attestations", "contents", "id-token"],
    jsr: ["id-token"],
    feature: ["packages"],
  },
};

for (const [name, writesOfJobs] of Object.entries(WRITES)) {
  Deno.test(`no job of the workflow ${name} may do more than it has to`, async () => {
    const { permissions, jobs } = await readWorkflow(name);
    assert.deepEqual(permissions, {}, "unless a job asks for more");
    assert.deepEqual(Object.keys(jobs), Object.keys(writesOfJobs));
    for (const [id, { permissions = { all: "write" } }] of Object.entries(jobs)) {
      const writes = Object.keys(permissions).filter((scope) => permissions[scope] === "write");
      assert.deepEqual(writes.sort(), writesOfJobs[id], id);
    }
  });

  Deno.test(`the workflow ${name} uses one version of everything`, async () => {
    const steps = Object.values((await readWorkflow(name)).jobs).flatMap(({ steps }) => steps);
    const pinned = /npx -y deno@([0-9.]+) task/.exec(
      await Deno.readTextFile(new URL("README.md", ROOT)),
    );
    for (const { uses = "a/b@v1.2.3", with: { "deno-version": deno } = {} } of steps) {
      assert.match(uses, /^[\w-]+\/[\w-]+@v[0-9]+\.[0-9]+\.[0-9]+$/);
      if (uses.startsWith("denoland/setup-deno@")) assert.equal(deno, pinned?.[1]);
    }
  });

  Deno.test(`the workflow ${name} runs tasks that there are`, async () => {
    const config = await Deno.readTextFile(new URL("deno.json", ROOT));
    const text = await Deno.readTextFile(new URL(`.github/workflows/${name}.yml`, ROOT));
    const tasks = Array.from(text.matchAll(/deno task ([a-z]+)/g), ([, task]) => task);
    assert(tasks.length > 0);
    for (const task of tasks) assert(config.includes(`\n    "${task}": {`), task);
  });
}

Deno.test("a release tries every executable", async () => {
  const { jobs } = await readWorkflow("release");
  const tried = jobs["try"]?.strategy?.matrix?.include?.map(({ file }) => file) ?? [];
  assert.deepEqual(tried, Object.values(TARGETS).map(({ file }) => file));
});
