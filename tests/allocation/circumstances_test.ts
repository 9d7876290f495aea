/**
 * What is found where the system or the run time refuses something.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { openSocket } from "../../src/allocation/bind.ts";
import { runTool } from "../../src/allocation/run_tool.ts";

const PROGRAM = fileURLToPath(new URL("./occupancy_program.ts", import.meta.url));

/** Runs the program as the last words of `wrapper` and returns what it prints. */
async function ask(
  port: number,
  { wrapper = [], flags = ["--allow-all", "--unstable-net"], circumstance = "" }: {
    readonly wrapper?: readonly string[];
    readonly flags?: readonly string[];
    readonly circumstance?: string;
  },
) {
  const run = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-config", ...flags, PROGRAM];
  const [command = "", ...args] = [...wrapper, ...run, `${port}`, circumstance];
  const { stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  return { ...parse(decoder.decode(stdout)), stderr: decoder.decode(stderr) };
}

// deno-lint-ignore no-explicit-any -- the program's own output, looked at by deep comparison
function parse(text: string): any {
  return text === "" ? {} : JSON.parse(text);
}

/** Tests under a wrapper that a machine may lack, or may not let us use. */
function testUnder(
  wrapper: readonly string[],
  name: string,
  fn: (wrapper: readonly string[]) => Promise<void>,
): void {
  const ignore = !works(wrapper);
  const suffix = ignore ? ` (ignored: \`${wrapper.join(" ")} true\` fails here)` : "";
  Deno.test({ name: `${name}${suffix}`, ignore, fn: () => fn(wrapper) });
}

function works([command = "", ...args]: readonly string[]): boolean {
  try {
    return new Deno.Command(command, { args: [...args, "true"] }).outputSync().success;
  } catch {
    return false;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const ALL_FREE = { check: { kind: "free" }, inspect: { kind: "free" }, survey: [] };

function failure(port: number, reason: string) {
  const probe = { protocol: "tcp", family: "ipv4", scope: "localhost", address: "127.0.0.1" };
  return { code: "probe-failed", port, ...probe, reason };
}

testUnder(
  ["unshare", "--net"],
  "a port that is held in another network namespace is free",
  async (wrapper) => {
    using holder = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { answers } = await ask(holder.addr.port, { wrapper });
    assert.deepEqual(answers, ALL_FREE);
  },
);

/** A network namespace with a name, whose loopback interface is up. Leaving the scope removes it. */
class Namespace implements Disposable {
  readonly wrapper: readonly string[];
  readonly #name = `trop-test-${Deno.pid}`;

  constructor() {
    ip("netns", "add", this.#name);
    ip("-n", this.#name, "link", "set", "lo", "up");
    this.wrapper = ["ip", "netns", "exec", this.#name];
  }

  /** Starts a process that listens on `port` in here, and waits until it does. */
  async listen(port: number): Promise<Deno.ChildProcess> {
    const program = `Deno.listen({ hostname: "127.0.0.1", port: ${port} }); console.log();` +
      "await new Promise(() => setInterval(() => {}, 1e6));";
    const [command = "", ...args] = [...this.wrapper, Deno.execPath(), "eval", program];
    const process = new Deno.Command(command, { args, stdout: "piped" }).spawn();
    const reader = process.stdout.getReader();
    await reader.read();
    await reader.cancel();
    return process;
  }

  [Symbol.dispose](): void {
    ip("netns", "delete", this.#name);
  }
}

const hasNamespaces = canNameNamespaces();
Deno.test({
  name: "a named network namespace knows its own sockets, and no other does" +
    (hasNamespaces ? "" : " (ignored: `ip netns add` fails here)"),
  ignore: !hasNamespaces,
  async fn() {
    using namespace = new Namespace();
    const port = freePort();
    await using holder = await namespace.listen(port);
    const inside = await ask(port, { wrapper: namespace.wrapper });
    const hit = { protocol: "tcp", family: "ipv4", scope: "localhost", address: "127.0.0.1" };
    const occupied = { kind: "occupied", hits: [hit] };
    assert.deepEqual(inside.answers, {
      check: { kind: "occupied" },
      inspect: occupied,
      survey: [[port, occupied]],
    });
    assert.equal(inside.owners[0].processId, holder.pid);
    const outside = await ask(port, {});
    assert.deepEqual(outside.answers, ALL_FREE);
    assert.equal(outside.owners[0].processId, null);
  },
});

testUnder(
  ["unshare", "--net", "sh", "-c", 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; "$@"', "sh"],
  "IPv6 that is switched off does not keep a port from being free (D20)",
  async (wrapper) => {
    const { answers } = await ask(5000, { wrapper });
    assert.deepEqual(answers, ALL_FREE);
  },
);

testUnder(
  ["strace", "-fqqo/dev/null", "-einject=socket:error=EAFNOSUPPORT:when=3+"],
  "a kernel without IPv6 does not keep a port from being free (D20)",
  async (wrapper) => {
    const { answers } = await ask(freePort(), { wrapper });
    assert.deepEqual(answers.check, { kind: "free" });
  },
);

testUnder(
  ["unshare", "--net", "setpriv", "--bounding-set=-all", "--inh-caps=-all"],
  "a port that needs a privilege is uncertain, and known to be in no table (D20)",
  async (wrapper) => {
    const { answers } = await ask(80, { wrapper });
    const denied = failure(80, "Permission denied (os error 13)");
    assert.deepEqual(answers.check, { kind: "uncertain", failure: denied });
    assert.equal(answers.inspect.kind, "uncertain");
    assert.deepEqual(answers.inspect.failures[0], denied);
    assert.deepEqual(answers.survey, []);
  },
);

testUnder(
  ["sh", "-c", 'ulimit -n 128 && "$@"', "sh"],
  "without a descriptor left a port is uncertain (D20)",
  async (wrapper) => {
    const { answers } = await ask(5000, { wrapper, circumstance: "without-descriptors" });
    const exhausted = failure(5000, "Too many open files (os error 24)");
    assert.deepEqual(answers.check, { kind: "uncertain", failure: exhausted });
    assert.equal(answers.survey[0][1].kind, "uncertain");
  },
);

testUnder(
  ["setpriv", "--bounding-set=-all", "--inh-caps=-all"],
  "of a process that may not be looked at the user is known",
  async (wrapper) => {
    // This process has more rights than the one that asks, if only because it is root.
    using holder = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { owners } = await ask(holder.addr.port, { wrapper });
    const [{ user, ...unknown }] = owners;
    assert.equal(user, runTool("id", ["-un"]).trim());
    assert.deepEqual(unknown, {
      processId: null,
      processName: null,
      directory: null,
      status: "partial",
    });
  },
);

Deno.test("without the right to read the system's tables, binds answer", async () => {
  using holder = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = holder.addr;
  const { answers, owners } = await ask(port, { flags: ["--allow-net", "--unstable-net"] });
  const hit = { protocol: "tcp", family: "ipv4", scope: "localhost", address: "127.0.0.1" };
  const occupied = { kind: "occupied", hits: [hit] };
  assert.deepEqual(answers, {
    check: { kind: "occupied" },
    inspect: occupied,
    survey: [[port, occupied]],
  });
  assert.deepEqual(owners, [
    { processId: null, processName: null, user: null, directory: null, status: "unavailable" },
  ]);
});

Deno.test("where the run time has no sockets for UDP, only those for TCP are looked at", async () => {
  using holder = openSocket("udp", "127.0.0.1", 0);
  const { answers } = await ask(holder.port, { flags: ["--allow-all"] });
  assert.deepEqual(answers, { check: { kind: "free" }, inspect: { kind: "free" }, survey: [] });
});

for (
  const { flags, missing } of [
    { flags: ["--unstable-net"], missing: "--allow-net=127.0.0.1" },
    { flags: ["--allow-net=127.0.0.1", "--unstable-net"], missing: "--allow-net=[::1]" },
  ]
) {
  Deno.test(`with ${flags.join(" ")} alone the failure names ${missing}`, async () => {
    const { answers, stderr } = await ask(freePort(), { flags });
    assert.equal(answers, undefined);
    assert.ok(stderr.includes(`"code":"permission-missing","permission":"${missing}"`), stderr);
  });
}

function canNameNamespaces(): boolean {
  try {
    new Namespace()[Symbol.dispose]();
    return true;
  } catch (error) {
    const { NotFound, NotSupported } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotSupported) return false;
    throw error;
  }
}

function ip(...args: string[]): void {
  const { success, stderr } = new Deno.Command("ip", { args }).outputSync();
  if (!success) throw new Deno.errors.NotSupported(new TextDecoder().decode(stderr));
}
