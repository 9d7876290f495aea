/**
 * The executable on a machine that has nothing: no Deno, no network, a root directory that is
 * read-only and holds no more than its libraries and a shell, no variable but HOME, an ordinary
 * user. `TROP_UNDER_TEST` names the executable; Linux only, and it takes the right to make
 * namespaces.
 *
 * @module
 */

import { MONDAY, reservation, writeV1 } from "../support/database.ts";
import { type Expectation, type Home, trop } from "../support/program.ts";

const EXECUTABLE = Deno.env.get("TROP_UNDER_TEST") ?? "";
const USER = Deno.uid() === 0 ? 65534 : Deno.uid();

const [MAP, BECOME] = Deno.uid() === 0
  ? ["", `--userspec=${USER}:${USER}`]
  : ["--map-root-user", ""];

/** Runs `"$@"` in the root directory `root`, with `user` as the home directory of its user. */
const ISOLATE = `exec unshare --net --mount ${MAP} sh -ec '
  mount --bind root root
  mount --rbind /proc root/proc
  for device in null urandom; do mount --bind /dev/$device root/dev/$device; done
  mount -o remount,bind,ro root
  mount --bind user root/home/user
  exec env -i HOME=/home/user "$(command -v chroot)" ${BECOME} root \
    /bin/sh -c "cd /home/user/shop && unset PWD OLDPWD && exec \\"\\$@\\"" sh "$@"
' sh "$@"`;

const GROUP = `
project: shop
reservations:
  services:
    web: { offset: 0, env: WEB_PORT }
    api: { offset: 1, env: API_PORT }
`;

/** A machine with the executable in its root directory. */
async function machine(): Promise<Home> {
  const home = await trop.home({
    root: { bin: {}, dev: { null: "", urandom: "" }, proc: {}, home: { user: {} } },
    user: { shop: {}, group: { "trop.yaml": GROUP }, v1: {} },
  });
  await Deno.copyFile(EXECUTABLE, home.path("root/bin/trop"));
  await Deno.copyFile("/bin/sh", home.path("root/bin/sh"));
  const { stdout } = await home.run([EXECUTABLE, "/bin/sh"], { program: ["ldd"], stdout: /./ });
  const libraries = new Set(Array.from(stdout.matchAll(/(\/\S+) \(0x/g), ([, path]) => path ?? ""));
  const program = ["cp", "--dereference", "--parents", ...libraries];
  await home.run([home.path("root")], { program });
  await home.run([], { program: ["chown", "-R", `${USER}`, home.path("user")] });
  return home;
}

/** Runs trop inside of the machine. */
function run(home: Home, args: readonly string[], expectation: Expectation = {}) {
  return home.run(args, { program: ["/bin/trop"], script: ISOLATE, ...expectation });
}

Deno.test("the machine has nothing but the executable and a shell", async () => {
  await using home = await machine();
  const script = `
    export -p
    for file in /bin/* /usr/bin/*; do [ -x $file ] && echo $file; done
    { read -r head; while read -r route; do echo "$route"; done } </proc/net/route
    (: >/file) 2>/dev/null || echo read-only`;
  await home.run(["-c", script], {
    program: ["/bin/sh"],
    script: ISOLATE,
    stdout: /^export HOME='\/home\/user'\nexport PWD=.*\n\/bin\/sh\n\/bin\/trop\nread-only\n$/,
  });
});

Deno.test("--version tells the commit", async () => {
  await using home = await machine();
  await run(home, ["--version", "--verbose"], {
    stdout: /^trop [0-9.]+\ncommit: ([0-9a-f]{40}|unknown.*)\nruntime: Deno .*\nsqlite: /,
  });
});

Deno.test("reserve gives a directory its port, again and again", async () => {
  await using home = await machine();
  await run(home, ["reserve"], { stdout: "5000\n" });
  await run(home, ["reserve"], { stdout: "5000\n" });
  await run(home, ["reserve", "--tag", "api"], { stdout: "5001\n" });
  await run(home, ["list", "--format", "csv"], {
    stdout: /^port,path,.*\n5000,\/home\/user\/shop,,.*\n5001,\/home\/user\/shop,api,.*\n$/,
  });
});

Deno.test("reserve-group gives the services of a configuration file their ports", async () => {
  await using home = await machine();
  await run(home, ["reserve-group", "../group/trop.yaml", "--allow-unrelated-path"], {
    stderr: "Reserved 2 ports.\n",
    stdout: "export API_PORT=5001\nexport WEB_PORT=5000\n",
  });
});

Deno.test("run starts a program with its port, and ends with its exit code", async () => {
  await using home = await machine();
  const script = 'echo "$PORT $1"; exit 3';
  await run(home, ["run", "--", "/bin/sh", "-c", script, "sh", "{port}"], {
    stdout: "5000 5000\n",
    status: 3,
  });
});

Deno.test("a database of version 1 is migrated", async () => {
  await using home = await machine();
  const row = { path: "/w/shop", tag: null, port: 5017, createdAt: MONDAY, lastUsedAt: MONDAY };
  writeV1(home.path("user/v1/trop.db"), { rows: [reservation(row)] });
  await home.run([], { program: ["chown", "-R", `${USER}`, home.path("user")] });
  await run(home, ["list", "--data-dir", "../v1", "--format", "csv"], {
    stdout: /^port,.*\n5017,\/w\/shop,,,,2026-01-05 00:00:00,2026-01-05 00:00:00\n$/,
  });
  await run(home, ["assert-data-dir", "--data-dir", "../v1", "--validate"]);
});

Deno.test("scan finds nothing in use", async () => {
  await using home = await machine();
  await run(home, ["scan", "--format", "csv"], { stdout: /^port,.*\n$/ });
});
