/**
 * The dev container Feature in a minimal Debian, as dev container tools would install it there, with
 * the executable that `TROP_UNDER_TEST` names: the Feature's own tests in `devcontainer/test/`, and
 * what those cannot show. Run by name: it wants root and debootstrap.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { writeInstallers } from "../../scripts/installers.ts";
import { VERSION } from "../../src/version.ts";
import { runInDebian } from "../support/debian.ts";
import { type Entry, type Tree, trop } from "../support/program.ts";
import { makeRelease, PROGRAM, ReleaseServer, withSums } from "../support/releases.ts";

const EXECUTABLE = await Deno.readFile(Deno.env.get("TROP_UNDER_TEST") ?? "");
const OLDER = "0.0.1";
const RELEASES = {
  [OLDER]: await makeRelease(OLDER),
  [VERSION]: await withSums({ ...await makeRelease(VERSION), [PROGRAM]: EXECUTABLE }),
};

/** What `devcontainer-feature.json` has of interest here. */
interface Metadata {
  readonly options: Readonly<Record<string, { readonly default: string | boolean }>>;
  readonly onCreateCommand: string;
  readonly postStartCommand: string;
  readonly mounts: readonly { readonly target: string }[];
}

/** An entry of `scenarios.json`: a `devcontainer.json`, whose image is the minimal Debian here. */
interface Scenario {
  readonly remoteUser?: string;
  readonly features: { readonly trop: Options };
}

type Options = Readonly<Record<string, string | boolean>>;

const [FILES, METADATA, SCENARIOS] = await readFeature();

async function readFeature(): Promise<[Tree, Metadata, Readonly<Record<string, Scenario>>]> {
  await using home = await trop.home();
  await writeInstallers(home.directory, { server: "", version: VERSION });
  const files = {
    feature: await readTree(home.path("devcontainer/src/trop")),
    tests: await readTree(home.path("devcontainer/test/trop")),
    "dev-container-features-test-lib": await Deno.readTextFile(
      fileURLToPath(new URL("dev-container-features-test-lib", import.meta.url)),
    ),
  };
  return [
    files,
    JSON.parse(await home.read("devcontainer/src/trop/devcontainer-feature.json")),
    JSON.parse(await home.read("devcontainer/test/trop/scenarios.json")),
  ];
}

async function readTree(directory: string): Promise<Tree> {
  const tree: Record<string, Entry> = {};
  for await (const { name } of Deno.readDir(directory)) {
    tree[name] = await Deno.readTextFile(`${directory}/${name}`);
  }
  return tree;
}

/** Runs `script`, which finds the releases at the server that it is called with. */
async function inDebian(script: (server: string) => string) {
  await using server = new ReleaseServer(RELEASES);
  const copy = "cp -r /mnt/feature /tmp/feature\nchmod -R 755 /tmp/feature\n";
  return await runInDebian(copy + script(server.url), FILES);
}

/** The command that installs the Feature while the image of a container is built. */
function install(options: Options, user = "root"): string {
  const defaults = Object.entries(METADATA.options).map(([name, option]) => [name, option.default]);
  const variables = Object.entries({ ...Object.fromEntries(defaults), ...options })
    .map(([name, value]) => `${name.toUpperCase()}=${value}`);
  const home = user === "root" ? "/root" : `/home/${user}`;
  return `(cd /tmp/feature && env ${variables.join(" ")} _REMOTE_USER=${user} ` +
    `_REMOTE_USER_HOME=${home} _CONTAINER_USER=root _CONTAINER_USER_HOME=/root ./install.sh)`;
}

/** What is done with a container of the image: it is created, started, and a test runs in it. */
function useContainer(test: string, user = "root"): string {
  const home = user === "root" ? "/root" : `/home/${user}`;
  const asUser = `setpriv --reuid=${user} --regid=${user} --init-groups ` +
    `env --chdir=/workspaces/shop HOME=${home} PATH="$PATH:/mnt"`;
  const volumes = METADATA.mounts.map(({ target }) => `
    # A new volume begins as a copy of what the image has in its place.
    cp -a ${target} /volume
    mount --bind /volume ${target}`);
  return `
    # The number of a remote user is made that of the host's user when the container is created.
    [ ${user} = root ] || { usermod --uid 4321 ${user} && groupmod --gid 4321 ${user}; }
    ${volumes.join("\n")}
    mkdir -p /workspaces/shop
    chown ${user} /workspaces/shop
    ${asUser} sh -c '${METADATA.onCreateCommand}'
    ${asUser} sh -c '${METADATA.postStartCommand}'
    ${asUser} bash /mnt/tests/${test}`;
}

async function passes(script: (server: string) => string): Promise<void> {
  const { status, stdout, stderr } = await inDebian(script);
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /\npassed: .*\nall checks passed\n$/s);
}

Deno.test("test.sh: the defaults", async () => {
  await passes((server) => `${install({ downloadServer: server })}\n${useContainer("test.sh")}`);
});

for (const [name, { remoteUser = "root", features }] of Object.entries(SCENARIOS)) {
  Deno.test(`${name}.sh: ${JSON.stringify({ remoteUser, ...features.trop })}`, async () => {
    await passes((downloadServer) => `
      [ ${remoteUser} = root ] || useradd --create-home ${remoteUser}
      ${install({ ...features.trop, downloadServer }, remoteUser)}
      ${useContainer(`${name}.sh`, remoteUser)}`);
  });
}

Deno.test("duplicate.sh: twice, with other options the second time", async () => {
  await passes((downloadServer) => `
    ${install({ version: OLDER, completions: false, stateVolume: false, downloadServer })}
    ${install({ downloadServer })}
    ${useContainer("duplicate.sh")}`);
});

Deno.test("the version is the one that is asked for", async () => {
  const { status, stdout } = await inDebian((downloadServer) => `
    ${install({ version: OLDER, downloadServer })}
    trop --version`);
  assert.ok(stdout.endsWith(`\ntrop ${OLDER}\n`), stdout);
  assert.equal(status, 0);
});

Deno.test("apt-get installs what the image lacks", async () => {
  const { status, stdout, stderr } = await inDebian((downloadServer) => `
    dpkg --purge curl >&2
    ${install({ downloadServer })}
    trop --version
    ls /var/lib/apt/lists | wc -l`);
  assert.match(stdout, new RegExp(`\nSetting up curl .*\ntrop ${VERSION}\n0\n$`, "s"));
  assert.equal(status, 0, stderr);
});

Deno.test("dnf installs what the image lacks", async () => {
  const { status, stdout, stderr } = await inDebian((downloadServer) => `
    mv /usr/bin/curl /usr/bin/apt-get /root
    # A Fedora with this one would be another system; what is called, and how, is the same.
    printf '#!/bin/sh\\necho "dnf $*"\\nmv /root/curl /usr/bin\\n' >/usr/bin/dnf
    chmod 755 /usr/bin/dnf
    ${install({ downloadServer })}
    trop --version`);
  assert.match(stdout, new RegExp(`^dnf install -y curl\nInstalled .*\ntrop ${VERSION}\n$`, "s"));
  assert.equal(status, 0, stderr);
});

for (
  const [title, script, words] of [
    [
      "on Alpine, before anything is changed",
      "printf '#!/bin/sh\\nexit 9\\n' >/sbin/apk; chmod 755 /sbin/apk",
      "error: trop: there is no build of trop for musl, which Alpine uses: take an image with glibc",
    ],
    [
      "where nothing can install what is lacking",
      "rm /usr/bin/curl /usr/bin/apt-get",
      "error: trop: cannot install curl: want apt-get, dnf, microdnf or yum, or an image that has",
    ],
    [
      "an option that is neither true nor false",
      "export AUTORESERVE='; touch /pwned'",
      "error: trop: completions, stateVolume and autoreserve want true or false",
    ],
    [
      "a version that is none",
      "export VERSION='1;touch /pwned'",
      'error: cannot use the version "1;touch /pwned": want one such as 0.3.0, or latest',
    ],
  ] as const
) {
  Deno.test(`the Feature refuses ${title}`, async () => {
    const { status, stdout, stderr } = await inDebian((server) => `
      ${script}
      find / -xdev | sort >/mnt/before
      status=0
      (cd /tmp/feature && DOWNLOADSERVER=${server} ./install.sh) || status=$?
      find / -xdev | sort | diff /mnt/before -
      echo "exit code $status"`);
    assert.ok(stderr.startsWith(words), stderr);
    assert.match(stdout, /^exit code [12]\n$/);
    assert.equal(status, 0);
  });
}
