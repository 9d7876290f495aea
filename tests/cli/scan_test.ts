import assert from "node:assert/strict";

import { openRawSocket } from "../allocation/raw_socket.ts";
import { runTool } from "../../src/allocation/run_tool.ts";
import { trop } from "../support/program.ts";
import { hasStrace, injectAtSockets } from "../support/strace.ts";

const isLinux = Deno.build.os === "linux";
const HEADER = "port,status,reserved,protocol,address_family,scope,address,process_id," +
  "process_name,user,owner_status\n";
const HEADING =
  "Port   Status               Reserved  Protocol  Family  Scope      Address         " +
  "Process ID   Process          User             Owner Status\n" + "-".repeat(145) + "\n";
const FOUND = "\nFound 1 unreserved occupied port(s)\n";

/** As the system tells about this very process. */
const ME = isLinux
  ? {
    name: Deno.readTextFileSync("/proc/self/comm").trim(),
    user: runTool("id", ["-un"]).trim(),
  }
  : { name: "", user: "" };

function linuxTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `(Linux only) ${name}`, ignore: !isLinux, fn });
}

/** The options that look at one port. */
function only(port: number): string[] {
  return ["--min", `${port}`, "--max", `${port}`];
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

linuxTest("scan prints a port in use in every format", async () => {
  await using home = await trop.home();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const cells = ["occupied", "false", "tcp", "ipv4", "localhost", "127.0.0.1", `${Deno.pid}`];
  const owner = [ME.name, ME.user, "available"];
  const record = {
    port,
    status: "occupied",
    reserved: false,
    protocol: "tcp",
    address_family: "ipv4",
    scope: "localhost",
    address: "127.0.0.1",
    process_id: Deno.pid,
    process_name: ME.name,
    user: ME.user,
    owner_status: "available",
  };
  const widths = [20, 9, 9, 7, 10, 15, 12, 16, 16, 0];
  const padded = [...cells, ...owner].map((cell, index) => cell.padEnd(widths[index] ?? 0));
  const products = {
    table: `${HEADING}${`${port}`.padEnd(6)} ${padded.join(" ")}\n`,
    json: `${JSON.stringify([record], null, 2)}\n`,
    csv: `${HEADER}${[port, ...cells, ...owner].join(",")}\n`,
    tsv: `${HEADER.replaceAll(",", "\t")}${[port, ...cells, ...owner].join("\t")}\n`,
  };
  await home.run(["scan", ...only(port)], { stdout: products.table, stderr: FOUND });
  for (const [format, stdout] of Object.entries(products)) {
    await home.run(["scan", ...only(port), "--format", format], { stdout, stderr: FOUND });
    await home.run(["scan", ...only(port), "--format", format, "--quiet"], { stdout });
  }
});

Deno.test("scan prints headings or an empty list when nothing is in use", async () => {
  await using home = await trop.home();
  const range = only(freePort());
  await home.run(["scan", ...range], { stdout: HEADING });
  await home.run(["scan", ...range, "--format", "csv"], { stdout: HEADER });
  await home.run(["scan", ...range, "--format=tsv"], { stdout: HEADER.replaceAll(",", "\t") });
  await home.run(["scan", ...range, "--format", "json"], { stdout: "[]\n" });
});

Deno.test("scan keeps its own default format whatever the configuration says", async () => {
  await using home = await trop.home({ "trop.yaml": "output_format: json\n" });
  const env = { TROP_OUTPUT_FORMAT: "csv" };
  await home.run(["scan", ...only(freePort())], { env, stdout: HEADING });
});

Deno.test("scan tells a reserved port from one that nobody reserved", async () => {
  await using home = await trop.home();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const options = ["--skip-occupancy-check", "--min", `${port}`, "--max", `${port}`];
  await home.run(["reserve", ...options], { stdout: `${port}\n` });
  await home.run(["scan", ...only(port), "--format", "csv"], {
    stdout: new RegExp(
      `^${HEADER}${port},occupied \\(reserved\\),true,tcp,ipv4,localhost,[^\n]+\n$`,
    ),
  });
});

linuxTest(
  "scan prints a line for each probe, by port and then in the order of the probes",
  async () => {
    await using home = await trop.home();
    using tcp = openRawSocket({ protocol: "tcp", address: "::" });
    using _udp = openRawSocket({ protocol: "udp", address: "::", port: tcp.port });
    const lines = async (...args: string[]) => {
      const { stdout } = await home.run(
        ["scan", ...only(tcp.port), "--quiet", "--format", "json", ...args],
        { stdout: /^/ },
      );
      return (JSON.parse(stdout) as { protocol: string; address: string }[])
        .map(({ protocol, address }) => `${protocol} ${address}`);
    };
    const loopback = ["tcp 127.0.0.1", "udp 127.0.0.1", "tcp ::1", "udp ::1"];
    assert.deepEqual(await lines(), loopback);
    assert.deepEqual(await lines("--check-all-interfaces"), [
      "tcp 127.0.0.1",
      "udp 127.0.0.1",
      "tcp 0.0.0.0",
      "udp 0.0.0.0",
      "tcp ::1",
      "udp ::1",
      "tcp ::",
      "udp ::",
    ]);
    assert.deepEqual(await lines("--skip-udp", "--skip-ipv4"), ["tcp ::1"]);
    assert.deepEqual(await lines("--skip-tcp", "--skip-ipv6"), ["udp 127.0.0.1"]);
  },
);

const DROP_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] as const;
const canDropRights = works([...DROP_RIGHTS, "true"]);
Deno.test({
  name: "scan leaves open what it may not know about an owner" +
    (canDropRights ? "" : " (ignored: setpriv is not there or not allowed)"),
  ignore: !canDropRights,
  async fn() {
    await using home = await trop.home();
    // This process has more rights than the one that asks.
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const script = `exec ${DROP_RIGHTS.join(" ")} "$@"`;
    await home.run(["scan", ...only(port), "--format", "csv"], {
      script,
      stdout: `${HEADER}${port},occupied,false,tcp,ipv4,localhost,127.0.0.1,unavailable,` +
        `unavailable,${ME.user},partial\n`,
      stderr: FOUND,
    });
    const { stdout } = await home.run(["scan", ...only(port), "--format", "json", "--quiet"], {
      script,
      stdout: /^/,
    });
    const [{ process_id, process_name }] = JSON.parse(stdout);
    assert.deepEqual({ process_id, process_name }, { process_id: null, process_name: null });
  },
});

linuxTest("scan escapes the name of a process in its table, and quotes it elsewhere", async () => {
  await using home = await trop.home();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  try {
    Deno.writeTextFileSync("/proc/self/comm", 'a\u001b[2J\n"b');
    await home.run(["scan", ...only(port), "--quiet"], { stdout: / a\\u\{1b\}\[2J\\n"b {2}/ });
    const csv = ["scan", ...only(port), "--quiet", "--format", "csv"];
    await home.run(csv, { stdout: new RegExp(`,${Deno.pid},"a\u001b\\[2J\n""b",`) });
  } finally {
    Deno.writeTextFileSync("/proc/self/comm", ME.name);
  }
});

for (
  const { title, args, env, reason } of [
    {
      title: "the configuration",
      args: [],
      env: { TROP_SKIP_OCCUPANCY_CHECK: "true" },
      reason: "occupancy_check.skip is set by TROP_SKIP_OCCUPANCY_CHECK",
    },
    {
      title: "skipping both protocols",
      args: ["--skip-tcp", "--skip-udp"],
      env: {},
      reason: "occupancy_check.skip_tcp is set by --skip-tcp and " +
        "occupancy_check.skip_udp is set by --skip-udp",
    },
    {
      title: "skipping both families",
      args: ["--skip-ipv6"],
      env: { TROP_SKIP_IPV4: "1" },
      reason: "occupancy_check.skip_ip4 is set by TROP_SKIP_IPV4 and " +
        "occupancy_check.skip_ip6 is set by --skip-ipv6",
    },
  ]
) {
  Deno.test(`scan says that it looked at nothing because of ${title} (D21)`, async () => {
    await using home = await trop.home();
    const stderr = `Warning: nothing was looked at: no probe is enabled, because ${reason}\n`;
    await home.run(["scan", "--format", "json", ...args], { env, stdout: "[]\n", stderr });
    await home.run(["scan", "--format", "json", "--quiet", ...args], { env, stdout: "[]\n" });
  });
}

Deno.test("scan counts the end of its range from max_offset (D22, defect 18)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const yaml = (min: number, offset: number) => `ports:\n  min: ${min}\n  max_offset: ${offset}\n`;
  await using home = await trop.home({ "trop.yaml": yaml(port - 1, 1) });
  const args = ["scan", "--format", "csv", "--quiet"];
  await home.run(args, { stdout: new RegExp(`\n${port},occupied,false,tcp,`) });
  // A port that is out of a range that ends one port earlier.
  await home.write({ "trop.yaml": yaml(port - 2, 1) });
  const { stdout } = await home.run(args, { stdout: /^/ });
  assert.ok(!stdout.includes(`\n${port},`), stdout);
});

linuxTest("scan warns of a configured range that the system gives out too", async () => {
  await using home = await trop.home();
  const text = await Deno.readTextFile("/proc/sys/net/ipv4/ip_local_port_range");
  const first = parseInt(text);
  const env = { TROP_PORT_MIN: `${first}`, TROP_PORT_MAX: `${first + 1}`, TROP_SKIP_TCP: "1" };
  const quiet = ["scan", "--skip-udp", "--format", "json", "--quiet"];
  await home.run(["scan", "--skip-ipv4", "--format", "csv"], {
    env,
    stdout: /^/,
    stderr: new RegExp(
      `^Warning: the system gives the ports ${first}-${first + 1} of the configured`,
    ),
  });
  await home.run(quiet, { env, stdout: "[]\n" });
  // Whoever names the range on the command line just wants to look.
  const { stderr } = await home.run(["scan", ...only(first)], { stdout: /^/, stderr: /^/ });
  assert.doesNotMatch(stderr, /gives the ports/);
});

for (
  const { args, status, stderr } of [
    { args: ["--min", "0"], status: 7, stderr: /'ports\.min'/ },
    { args: ["--max", "0"], status: 7, stderr: /'ports\.max'/ },
    { args: ["--min", "6000", "--max", "5999"], status: 7, stderr: /'ports'/ },
    { args: ["--min", "7001"], status: 7, stderr: /'ports'/ },
    { args: ["--min", "65536"], status: 2, stderr: /^error: / },
    { args: ["--max", "x"], status: 2, stderr: /^error: / },
    { args: ["--format", "JSON"], status: 2, stderr: /^error: / },
    { args: ["--skip-occupancy-check"], status: 2, stderr: /^error: / },
  ]
) {
  Deno.test(`scan ${args.join(" ")} ends with ${status}`, async () => {
    await using home = await trop.home();
    await home.run(["scan", ...args], { status, stderr });
  });
}

function straceTest(name: string, fn: () => Promise<void>): void {
  const suffix = hasStrace ? "" : " (ignored: there is no strace)";
  Deno.test({ name: `${name}${suffix}`, ignore: !hasStrace, fn });
}

/** The first `count` sockets cannot be opened; four of them would vouch for the system's tables. */
function refusing(count: number): string {
  return injectAtSockets(`error=EACCES:when=1..${count}`);
}

straceTest("scan goes on past ports that it cannot tell about (D20, defect 8)", async () => {
  await using home = await trop.home();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  // One probe a port, and the one port before.
  const args = ["--skip-udp", "--skip-ipv6", "--format", "csv", "--autoexclude"];
  await home.run(["scan", "--min", `${port - 1}`, "--max", `${port}`, ...args], {
    script: refusing(5),
    stdout: new RegExp(`^${HEADER}${port},occupied,false,tcp,[^\n]+\n$`),
    stderr: new RegExp(
      `^Warning: cannot tell whether these ports are in use: ${port - 1} \\(TCP IPv4 localhost ` +
        "at 127\\.0\\.0\\.1: Permission denied \\(os error 13\\)\\)\n",
    ),
  });
  assert.equal(await home.read(".trop/config.yaml"), `excluded_ports:\n  - ${port}\n`);
});

straceTest("scan fails when it cannot tell about any port (D20)", async () => {
  await using home = await trop.home();
  await home.run(["scan", "--min", "6000", "--max", "6001", "--skip-udp", "--skip-ipv6"], {
    script: refusing(100),
    status: 6,
    stderr: /^Error: port 6000 is possibly occupied: .* at 127\.0\.0\.1:6000: Permission denied/,
  });
});

Deno.test("scan --autoexclude adds what nobody reserved, and leaves the rest of the file alone", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const before = "# ours\nproject: shop\nexcluded_ports: # taken\n  - 9000\n";
  await using home = await trop.home({ "trop.yaml": before });
  const scan = ["scan", ...only(port), "--autoexclude", "--format", "csv"];
  const csv = new RegExp(`^${HEADER}${port},occupied,[^\n]+\n$`);
  await home.run(scan, {
    stdout: csv,
    stderr: `Added 1 exclusions to ${home.path("trop.yaml")}\n${FOUND}`,
  });
  assert.equal(await home.read("trop.yaml"), `${before}  - ${port}\n`);
  // Nothing is new the second time (D32).
  await home.run(scan, { stdout: csv, stderr: FOUND });
  assert.equal(await home.read("trop.yaml"), `${before}  - ${port}\n`);
});

Deno.test("scan --autoexclude adds nothing that a range or another layer excludes (D32, defect 18)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const local = "output_format: csv\n";
  await using home = await trop.home({
    "trop.yaml": `excluded_ports: ["${port - 1}..${port + 1}"]\n`,
    "trop.local.yaml": local,
  });
  await home.run(["scan", ...only(port), "--autoexclude"], {
    stdout: new RegExp(`\n${port} `),
    stderr: FOUND,
  });
  assert.equal(await home.read("trop.local.yaml"), local);
});

Deno.test("scan --autoexclude writes the private file where there is one, silently with --quiet (defect 18)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await using home = await trop.home({ "trop.yaml": "project: shop\n", "trop.local.yaml": "" });
  const args = ["scan", ...only(port), "--autoexclude", "--quiet"];
  await home.run(args, { stdout: new RegExp(`\n${port} `) });
  assert.equal(await home.read("trop.yaml"), "project: shop\n");
  assert.equal(await home.read("trop.local.yaml"), `excluded_ports:\n  - ${port}\n`);
});

Deno.test("scan --autoexclude says that the user's file holds for all projects (D26)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await using home = await trop.home();
  await home.run(["scan", ...only(port), "--autoexclude"], {
    stdout: new RegExp(`\n${port} `),
    stderr: `Added 1 exclusions to ${home.path(".trop/config.yaml")}\n` +
      `There is no file of a project, so this holds for all projects\n${FOUND}`,
  });
});

Deno.test("scan --autoexclude spares what is reserved, and creates no file for nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await using home = await trop.home();
  await home.run(["reserve", "--skip-occupancy-check", ...only(port)], { stdout: `${port}\n` });
  const args = ["--autoexclude", "--autocompact"];
  await home.run(["scan", ...only(port), ...args], { stdout: new RegExp(`\n${port} `) });
  await home.run(["scan", ...only(freePort()), ...args], { stdout: HEADING });
  assert.equal(await home.exists(".trop/config.yaml"), false);
});

Deno.test("scan --autocompact shortens the list that --autoexclude adds to", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const before = `excluded_ports:\n  - ${port - 2}\n  - ${port - 1}\n`;
  await using home = await trop.home({ "trop.yaml": before });
  await home.run(["scan", ...only(port), "--autocompact"], {
    stdout: new RegExp(`\n${port} `),
    stderr: FOUND,
  });
  assert.equal(await home.read("trop.yaml"), before);
  await home.run(["scan", ...only(port), "--autoexclude", "--autocompact"], {
    stdout: new RegExp(`\n${port} `),
    stderr: `Added 1 exclusions to ${
      home.path("trop.yaml")
    }\nCompacted 3 exclusions to 1\n${FOUND}`,
  });
  assert.equal(
    await home.read("trop.yaml"),
    `excluded_ports:\n  - start: ${port - 2}\n    end: ${port}\n`,
  );
});

Deno.test("scan --autoexclude fails with 5 and changes nothing when the file cannot be written", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await using home = await trop.home({ shop: { "trop.yaml": "project: shop\n" } });
  await Deno.chmod(home.path("shop"), 0o555);
  await home.run(["scan", ...only(port), "--autoexclude"], {
    cwd: "shop",
    unprivileged: true,
    status: 5,
    stderr: /^Error: I\/O error: .*trop\.yaml/,
  });
  assert.equal(await home.read("shop/trop.yaml"), "project: shop\n");
});

function works([command = "", ...args]: readonly string[]): boolean {
  try {
    return new Deno.Command(command, { args: [...args], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
