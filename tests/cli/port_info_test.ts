import { openRawSocket } from "../allocation/raw_socket.ts";
import { type Home, trop } from "../support/program.ts";
import { hasStrace, injectAtSockets } from "../support/strace.ts";

const isLinux = Deno.build.os === "linux";
const TIME = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.source;

Deno.test("port-info says that a port is not reserved", async () => {
  await using home = await trop.home();
  await home.run(["port-info", "6999"], { stdout: "Port 6999 is not reserved\n" });
  await home.run(["port-info", "+06999", "--quiet"], { stdout: "Port 6999 is not reserved\n" });
});

Deno.test("port-info prints what a reservation has, and no line for what it lacks", async () => {
  await using home = await trop.home({ shop: {} });
  await reserve(home, "6200", "shop", ["--tag", "web", "--project", "store", "--task", "main"]);
  await reserve(home, "6201", "shop", []);
  await home.run(["port-info", "6200"], {
    stdout: linesMatching(
      "Port: 6200",
      `Path: ${home.path("shop")}`,
      "Tag: web",
      "Project: store",
      "Task: main",
      new RegExp(`Created: ${TIME}`),
      new RegExp(`Last used: ${TIME}`),
      "Path exists: yes",
    ),
  });
  await home.run(["port-info", "6201", "--quiet"], {
    stdout: linesMatching(
      "Port: 6201",
      `Path: ${home.path("shop")}`,
      new RegExp(`Created: ${TIME}`),
      new RegExp(`Last used: ${TIME}`),
      "Path exists: yes",
    ),
  });
});

Deno.test("port-info says whether anything is at the path, a file too", async () => {
  await using home = await trop.home({ file: "", locked: { inside: {} } });
  await reserve(home, "6200", "file", []);
  await reserve(home, "6201", "missing", []);
  await reserve(home, "6202", "file/below", []);
  const last = (answer: string) => new RegExp(`\nPath exists: ${answer}\n$`);
  await home.run(["port-info", "6200"], { stdout: last("yes") });
  await home.run(["port-info", "6201"], { stdout: last("no") });
  await home.run(["port-info", "6202"], { stdout: last("no") });
  await Deno.symlink("loop", home.path("loop"));
  await reserve(home, "6203", "loop", []);
  await home.run(["port-info", "6203"], { stdout: last("unknown \\(symlink loop\\)") });
});

Deno.test("port-info escapes control characters, so that no line can be forged", async () => {
  await using home = await trop.home();
  await reserve(home, "6200", "a\u001b[2Jb", ["--tag", "web\nPath exists: yes"]);
  await home.run(["port-info", "6200"], {
    stdout: linesMatching(
      "Port: 6200",
      `Path: ${home.path("a\\u{1b}[2Jb")}`,
      "Tag: web\\nPath exists: yes",
      /Created: .*/,
      /Last used: .*/,
      "Path exists: no",
    ),
  });
});

Deno.test("port-info tells who uses a port", async () => {
  await using home = await trop.home();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const { stdout } = await home.run(["port-info", `${port}`, "--include-occupancy"], {
    stdout: linesMatching(
      `Port ${port} is not reserved`,
      "",
      "Occupancy status:",
      "  Port is currently in use",
      "  - TCP IPv4 localhost at 127.0.0.1",
      `    Process ID: ${Deno.pid}`,
      / {4}Process: .+/,
      / {4}User: .+/,
      / {4}Owner metadata: (available|partial)/,
    ),
  });
  const verbose = ["port-info", `${port}`, "--include-occupancy", "--verbose"];
  await home.run(verbose, {
    stdout,
    stderr: isLinux ? `Process ${Deno.pid} works in ${Deno.cwd()}\n` : /.*/,
  });
});

Deno.test("port-info finds a port free, and says nothing about one that nobody asked about", async () => {
  await using home = await trop.home();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = `${listener.addr.port}`;
  await home.run(["port-info", port], { stdout: `Port ${port} is not reserved\n` });
  listener.close();
  await home.run(["port-info", port, "--include-occupancy"], {
    stdout: `Port ${port} is not reserved\n\nOccupancy status:\n  Port is available\n`,
  });
});

Deno.test({
  name: "(Linux only) port-info prints each hit, and what it does not know about the owner",
  ignore: !isLinux,
  async fn() {
    await using home = await trop.home();
    // In no table, so nothing tells who it is.
    using held = openRawSocket({ protocol: "tcp", address: "127.0.0.1", listening: false });
    using _udp = openRawSocket({ protocol: "udp", address: "::", port: held.port });
    const unknown = [
      "    Process ID: unavailable",
      "    Process: unavailable",
      "    User: unavailable",
      "    Owner metadata: unavailable",
    ];
    const known = [
      `    Process ID: ${Deno.pid}`,
      / {4}Process: .+/,
      / {4}User: .+/,
      "    Owner metadata: available",
    ];
    await home.run(["port-info", `${held.port}`, "--include-occupancy"], {
      stdout: linesMatching(
        `Port ${held.port} is not reserved`,
        "",
        "Occupancy status:",
        "  Port is currently in use",
        "  - TCP IPv4 localhost at 127.0.0.1",
        ...unknown,
        "  - UDP IPv4 localhost at 127.0.0.1",
        ...known,
        "  - UDP IPv6 localhost at ::1",
        ...known,
      ),
    });
  },
});

for (
  const { title, args, env, file, reason } of [
    {
      title: "a flag",
      args: ["--skip-occupancy-check"],
      reason: () => "occupancy_check.skip is set by --skip-occupancy-check",
    },
    {
      title: "a variable",
      args: [],
      env: { TROP_SKIP_OCCUPANCY_CHECK: "yes" },
      reason: () => "occupancy_check.skip is set by TROP_SKIP_OCCUPANCY_CHECK",
    },
    {
      title: "a file and a flag together",
      args: ["--skip-udp"],
      file: "occupancy_check:\n  skip_tcp: true\n",
      reason: (home: Home) =>
        `occupancy_check.skip_tcp is set by ${home.path("trop.yaml")}:2:13 ` +
        "and occupancy_check.skip_udp is set by --skip-udp",
    },
    {
      title: "both families",
      args: ["--skip-ipv4", "--skip-ipv6"],
      reason: () =>
        "occupancy_check.skip_ip4 is set by --skip-ipv4 " +
        "and occupancy_check.skip_ip6 is set by --skip-ipv6",
    },
  ]
) {
  Deno.test(`port-info says that nothing was looked at, because of ${title}`, async () => {
    await using home = await trop.home(file === undefined ? {} : { "trop.yaml": file });
    await home.run(["port-info", "6999", "--include-occupancy", ...args], {
      ...(env === undefined ? {} : { env }),
      stdout: `Port 6999 is not reserved\n\nOccupancy status:\n` +
        `  Not checked: no probe is enabled, because ${reason(home)}\n`,
    });
  });
}

Deno.test({
  name: `port-info says that a port is possibly in use (D20)${
    hasStrace ? "" : " (ignored: no strace)"
  }`,
  ignore: !hasStrace,
  async fn() {
    await using home = await trop.home();
    await home.run(["port-info", "6999", "--include-occupancy", "--skip-udp", "--skip-ipv6"], {
      script: injectAtSockets("error=EACCES"),
      stdout: linesMatching(
        "Port 6999 is not reserved",
        "",
        "Occupancy status:",
        "  Port is possibly in use",
        "  - TCP IPv4 localhost at 127.0.0.1: Permission denied (os error 13)",
      ),
    });
  },
});

for (
  const { args, status, stderr } of [
    { args: [], status: 2, stderr: /^error: / },
    { args: ["0"], status: 4, stderr: /^Error: Invalid arguments: .*port 0/ },
    { args: ["65536"], status: 2, stderr: /^error: / },
    { args: ["web"], status: 2, stderr: /^error: / },
    { args: ["5000", "5001"], status: 2, stderr: /^error: / },
    ...[
      "--skip-occupancy-check",
      "--skip-tcp",
      "--skip-udp",
      "--skip-ipv4",
      "--skip-ipv6",
      "--check-all-interfaces",
    ].map((flag) => ({
      args: ["5000", flag],
      status: 2,
      stderr: /^error: '--[a-z0-9-]+' can only be used together with '--include-occupancy'\n/,
    })),
  ]
) {
  Deno.test(`port-info ${args.join(" ")} ends with ${status}`, async () => {
    await using home = await trop.home();
    await home.run(["port-info", ...args], { status, stderr });
  });
}

Deno.test("port-info takes variables in place of the flags without --include-occupancy", async () => {
  await using home = await trop.home();
  await home.run(["port-info", "6999"], {
    env: { TROP_SKIP_TCP: "true" },
    stdout: "Port 6999 is not reserved\n",
  });
});

async function reserve(home: Home, port: string, path: string, args: readonly string[]) {
  const options = ["--path", home.path(path), "--port", port, "--ignore-occupied"];
  await home.run(["reserve", ...options, ...args], { stdout: `${port}\n` });
}

/** All of a text, line by line. */
function linesMatching(...lines: readonly (string | RegExp)[]): RegExp {
  const parts = lines.map((line) => typeof line === "string" ? RegExp.escape(line) : line.source);
  return new RegExp(`^${parts.join("\n")}\n$`);
}
