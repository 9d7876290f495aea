import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { changeExclusions, previewExclusions } from "../../src/config/writer.ts";
import {
  addExclusion,
  compactExclusions,
  type Exclusion,
  formatExclusion,
  parseExclusion,
} from "../../src/domain/exclusion.ts";
import { TropError } from "../../src/errors.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { decodeConfig } from "./support.ts";

const add = (text: string) => (list: readonly Exclusion[]) => {
  return addExclusion(list, parseExclusion(text));
};

/** Adds `text` to the file of a project. */
const exclude = (file: string, text: string) => {
  return changeExclusions({ file, layer: "project" }, add(text));
};

function names(directory: string): readonly string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).toSorted();
}

Deno.test("an edit tells what was and what is", async () => {
  using directory = temporaryDirectory();
  const file = `${directory.path}/trop.yaml`;
  Deno.writeTextFileSync(file, "project: x\n");
  const one = parseExclusion("1");
  assert.deepEqual(await exclude(file, "1"), { before: undefined, after: [one] });
  assert.deepEqual(await exclude(file, "1"), { before: [one], after: [one] });
  assert.equal(Deno.readTextFileSync(file), "project: x\nexcluded_ports:\n  - 1\n");
  assert.deepEqual(names(directory.path), ["trop.yaml"]);
});

Deno.test("an edit that changes nothing leaves the very file", async () => {
  using directory = temporaryDirectory();
  const file = `${directory.path}/trop.yaml`;
  Deno.writeTextFileSync(file, "excluded_ports: [5..9]\n");
  Deno.utimeSync(file, 1, 1);
  const { ino } = Deno.statSync(file);
  await exclude(file, "7");
  assert.deepEqual([Deno.statSync(file).ino, Deno.statSync(file).mtime], [ino, new Date(1000)]);
});

Deno.test("trop.local.yaml gets no key that it had not: no group is cleared (D31)", async () => {
  using directory = temporaryDirectory();
  const file = `${directory.path}/trop.local.yaml`;
  Deno.writeTextFileSync(file, "allow_change: true\n");
  await changeExclusions({ file, layer: "private" }, add("5000..5010"));
  assert.equal(
    Deno.readTextFileSync(file),
    "allow_change: true\nexcluded_ports:\n  - start: 5000\n    end: 5010\n",
  );
});

Deno.test("a byte order mark, the mode and a symbolic link survive", async () => {
  using directory = temporaryDirectory();
  Deno.mkdirSync(`${directory.path}/real`);
  const real = `${directory.path}/real/shared.yaml`;
  Deno.writeTextFileSync(real, "\ufeffproject: x\r\n", { mode: 0o640 });
  Deno.chmodSync(real, 0o640);
  const link = `${directory.path}/trop.yaml`;
  Deno.symlinkSync("real/shared.yaml", link);
  await exclude(link, "1");
  assert.equal(Deno.readLinkSync(link), "real/shared.yaml");
  assert.equal((Deno.statSync(real).mode ?? 0) & 0o7777, 0o640);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Deno.readFileSync(real));
  assert.equal(text, "\ufeffproject: x\r\nexcluded_ports:\r\n  - 1\r\n");
  assert.deepEqual(names(`${directory.path}/real`), ["shared.yaml"]);
});

Deno.test("a missing file is made where that is asked for, for its owner alone", async () => {
  using directory = temporaryDirectory();
  const file = `${directory.path}/config.yaml`;
  await assert.rejects(exclude(file, "1"), isIoError);
  assert.deepEqual(names(directory.path), []);
  await changeExclusions({ file, layer: "user" }, add("1"), { create: true });
  assert.equal(Deno.readTextFileSync(file), "excluded_ports:\n  - 1\n");
  assert.equal((Deno.statSync(file).mode ?? 0) & 0o7777, 0o600);
});

Deno.test("a file that was made for an edit goes when the edit fails", async () => {
  using directory = temporaryDirectory();
  const failing = () => {
    throw new Error("no");
  };
  const file = `${directory.path}/config.yaml`;
  const edit = changeExclusions({ file, layer: "user" }, failing, { create: true });
  await assert.rejects(edit, new Error("no"));
  assert.deepEqual(names(directory.path), []);
});

for (
  const [name, text, pattern] of [
    ["is no YAML", "a: [", /Invalid YAML/],
    ["has an unknown key", "projekt: x", /unknown key/],
    ["breaks a rule", "ports: {min: 0}", /must be at least 1/],
    ["excludes a reversed range (D30)", "excluded_ports: [9..8]", /ends before it starts/],
    ["has its list where it cannot be edited", "? excluded_ports\n: - 1\n", /change it by hand/],
  ] as const
) {
  Deno.test(`a file that ${name} is refused and stays as it was`, async () => {
    using directory = temporaryDirectory();
    const file = `${directory.path}/trop.yaml`;
    Deno.writeTextFileSync(file, text);
    await assert.rejects(exclude(file, "5"), (error) => {
      return error instanceof TropError && error.code === "configuration" &&
        pattern.test(error.message);
    });
    assert.equal(Deno.readTextFileSync(file), text);
    assert.deepEqual(names(directory.path), ["trop.yaml"]);
  });
}

for (
  const [name, make] of [
    ["a directory", (path: string) => Deno.mkdirSync(path)],
    ["a dangling link", (path: string) => Deno.symlinkSync("nowhere", path)],
    ["no UTF-8", (path: string) => Deno.writeFileSync(path, Uint8Array.of(0xff))],
  ] as const
) {
  Deno.test(`${name} cannot be edited`, async () => {
    using directory = temporaryDirectory();
    const file = `${directory.path}/config.yaml`;
    make(file);
    const edit = changeExclusions({ file, layer: "user" }, add("1"), { create: true });
    await assert.rejects(edit, isIoError);
    await assert.rejects(previewExclusions({ file, layer: "user" }, add("1")), isIoError);
  });
}

Deno.test("a preview changes nothing, and needs no right to write", async () => {
  using directory = temporaryDirectory();
  const file = `${directory.path}/trop.yaml`;
  Deno.writeTextFileSync(file, "excluded_ports: [1, 2]\n", { mode: 0o444 });
  const edit = await previewExclusions({ file, layer: "project" }, compactExclusions);
  assert.deepEqual(edit.before?.map(formatExclusion), ["1", "2"]);
  assert.deepEqual(edit.after?.map(formatExclusion), ["1..2"]);
  assert.equal(Deno.readTextFileSync(file), "excluded_ports: [1, 2]\n");
});

Deno.test("what an editor saves in the middle of an edit is not lost", async () => {
  using directory = temporaryDirectory();
  const file = `${directory.path}/trop.yaml`;
  Deno.writeTextFileSync(file, "project: old\n");
  let calls = 0;
  await changeExclusions({ file, layer: "project" }, (list) => {
    if (calls++ === 0) Deno.writeTextFileSync(file, "project: saved\n");
    return addExclusion(list, parseExclusion("1"));
  });
  assert.equal(calls, 2);
  assert.equal(Deno.readTextFileSync(file), "project: saved\nexcluded_ports:\n  - 1\n");
});

Deno.test("concurrent edits by four processes lose nothing", async () => {
  using directory = temporaryDirectory();
  const file = `${directory.path}/config.yaml`;
  const runs = [1000, 2000, 3000, 4000].map((first) => start(file, first, 12).output());
  for (const { success, stderr } of await Promise.all(runs)) {
    assert.ok(success, new TextDecoder().decode(stderr));
  }
  const expected = [1000, 2000, 3000, 4000].flatMap((first) => {
    return Array.from({ length: 12 }, (_, index) => first + index);
  });
  assert.deepEqual(singlesIn(file).toSorted((a, b) => a - b), expected);
  assert.deepEqual(names(directory.path), ["config.yaml"]);
});

Deno.test("a process that is killed while it edits leaves a whole file", async () => {
  using directory = temporaryDirectory();
  const file = `${directory.path}/config.yaml`;
  const head = "# a comment\nallow_change: true\n";
  for (let round = 0; round < 12; round++) {
    Deno.writeTextFileSync(file, head);
    const process = start(file, 1000, 5000);
    const reader = process.stdout.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 40 + 25 * round));
    process.kill("SIGKILL");
    await reader.cancel();
    await process.stderr.cancel();
    await process.status;
    assert.ok(Deno.readTextFileSync(file).startsWith(head));
    const singles = singlesIn(file);
    assert.deepEqual(singles, singles.map((_, index) => 1000 + index));
  }
});

function start(file: string, first: number, count: number): Deno.ChildProcess {
  const program = fileURLToPath(new URL("./exclude_program.ts", import.meta.url));
  const args = ["run", "--quiet", "--allow-all", program, file, String(first), String(count)];
  return new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
}

function singlesIn(file: string): readonly number[] {
  const text = Deno.readTextFileSync(file);
  const { settings, problems } = decodeConfig(text, { file, layer: "user" });
  assert.deepEqual(problems, []);
  return (settings.excluded_ports?.value ?? []).map(({ value }) => value.start);
}

function isIoError(error: unknown): boolean {
  return error instanceof TropError && error.failure.code === "io" &&
    error.failure.layer === "command";
}
