import assert from "node:assert/strict";
import { type AbsolutePath, nativePaths } from "../../src/domain/path.ts";
import { type Disk, SystemDisk, whyElsewhere } from "../../src/operations/missing_directory.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const ROOT = 1;

/** Directories by their paths with the numbers of their devices, links with their targets. */
interface Layout {
  readonly directories: Readonly<Record<string, number>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly fstab?: readonly string[];
  readonly isDatabaseShared?: boolean;
}

function disk({ directories, links = {}, fstab = [], isDatabaseShared = false }: Layout): Disk {
  const all: Record<string, number> = { "/": ROOT, ...directories };
  return {
    device: (path) => all[path],
    linkTarget: (path) => links[path] as AbsolutePath | undefined,
    mountPoints: () => fstab,
    isDatabaseShared: () => isDatabaseShared,
  };
}

/** A laptop with one disk, and one that is not mounted now. */
const HOST: Layout = {
  directories: {
    "/home": ROOT,
    "/home/me": ROOT,
    "/home/me/work": ROOT,
    "/tmp": ROOT,
    "/usr": ROOT,
    "/usr/src": ROOT,
    "/root": ROOT,
    "/mnt": ROOT,
    "/mnt/old": ROOT,
    "/mnt/old/a/b": ROOT,
    "/media": ROOT,
    "/media/me": ROOT,
    "/media/disk": 7,
    "/media/disk/shop": 7,
    "/run": 8,
    "/run/media": 8,
    "/run/media/me": 8,
    "/run/media/me/usb": 9,
    "/data": ROOT,
    "/scratch": 10,
  },
  links: {
    "/home/me/link": "/mnt/usb",
    "/home/me/dangling": "/home/me/nowhere",
    "/home/me/round": "/home/me/round",
  },
  fstab: ["/", "none", "/data", "/scratch"],
};

/** A container of that laptop, whose data directory and checkout are the laptop's. */
const CONTAINER: Layout = {
  directories: {
    "/home": ROOT,
    "/home/node": ROOT,
    "/home/node/.trop": 5,
    "/workspaces": ROOT,
    "/workspaces/shop": 5,
    "/tmp": ROOT,
    "/root": ROOT,
  },
  isDatabaseShared: true,
};

/** A machine in a cloud, whose checkouts lie on one volume. */
const CLOUD: Layout = {
  directories: {
    "/workspaces": 5,
    "/workspaces/shop": 5,
    "/mnt": 6,
    "/home": ROOT,
    "/home/dev": ROOT,
  },
};

const WINDOWS = Deno.build.os === "windows";

for (
  const [name, layout, path, why] of [
    ["a host", HOST, "/home/me/work/fix", undefined],
    ["a host", HOST, "/home/me/gone/deep/fix", undefined],
    ["a host", HOST, "/tmp/agent-7/fix", undefined],
    ["a host", HOST, "/scratch/fix", undefined],
    ["a host", HOST, "/home/me/dangling", undefined],
    ["a host", HOST, "/home/me/round/x", undefined],
    ["a host", HOST, "/never/was", undefined],
    ["a host", HOST, "/application", undefined],
    ["a host", HOST, "/workspaces/shop", "nothing is mounted at /workspaces/shop here"],
    ["a host", HOST, "/workspace", "/workspace does not exist here"],
    ["a host", HOST, "/usr/src/app/x", "/usr/src/app does not exist here"],
    ["a host", HOST, "/Users/me/shop", "/Users does not exist here"],
    ["a host", HOST, "/app", "/app does not exist here"],
    ["a host", HOST, "/home/node/shop/fix", "/home/node does not exist here"],
    ["a host", HOST, "/home/node", "/home/node does not exist here"],
    ["a host", HOST, "/mnt/usb/shop", "nothing is mounted at /mnt/usb here"],
    ["a host", HOST, "/mnt/old/shop", "nothing is mounted at /mnt/old here"],
    ["a host", HOST, "/mnt/old/a/b/fix", undefined],
    ["a host", HOST, "/home/me/link/shop", "nothing is mounted at /mnt/usb here"],
    ["a host", HOST, "/media/me/usb/shop", "nothing is mounted at /media/me/usb here"],
    ["a host", HOST, "/media/you/usb/shop", "nothing is mounted at /media/you/usb here"],
    ["a host", HOST, "/media/disk/shop/fix", undefined],
    ["a host", HOST, "/media/disk/fix", undefined],
    ["a host", HOST, "/media/card", "nothing is mounted at /media/card here"],
    ["a host", HOST, "/run/media/me/usb/fix", undefined],
    ["a host", HOST, "/run/media/me/card/x", "nothing is mounted at /run/media/me/card here"],
    ["a host", HOST, "/data/shop", "nothing is mounted at /data here"],
    ["a container", CONTAINER, "/workspaces/shop/fix", undefined],
    ["a container", CONTAINER, "/home/node/.trop/x", undefined],
    [
      "a container",
      CONTAINER,
      "/workspaces/blog/fix",
      "nothing is mounted at /workspaces/blog here",
    ],
    ["a container", CONTAINER, "/home/me/shop", "/home/me does not exist here"],
    ["a container", CONTAINER, "/Users/me/shop", "/Users does not exist here"],
    [
      "a container",
      CONTAINER,
      "/tmp/x",
      "another system may use the database, and /tmp is this one's alone",
    ],
    [
      "a container",
      CONTAINER,
      "/root/x",
      "another system may use the database, and /root is this one's alone",
    ],
    ["a cloud's machine", CLOUD, "/workspaces/shop/fix", undefined],
    ["a cloud's machine", CLOUD, "/workspaces/shop-fix", undefined],
    ["a cloud's machine", CLOUD, "/mnt/fix", undefined],
  ] as const
) {
  const verdict = why === undefined ? "was deleted" : "may be elsewhere";
  Deno.test({ name: `on ${name}, a missing ${path} ${verdict}`, ignore: WINDOWS }, () => {
    assert.equal(whyElsewhere(path as AbsolutePath, disk(layout)), why);
  });
}

Deno.test({
  name: "links are followed to where they really lead",
  ignore: WINDOWS,
  fn() {
    using directory = temporaryDirectory();
    const at = (name: string) => nativePaths.join(directory.path, ...name.split("/"));
    Deno.mkdirSync(at("real/below"), { recursive: true });
    Deno.symlinkSync("real/below", at("short"));
    Deno.symlinkSync("../../elsewhere", at("real/below/up"));
    Deno.symlinkSync("~tilde", at("tilde"));
    Deno.symlinkSync("/Users/no-such-user/x", at("far"));
    const real = new SystemDisk(directory.path);
    assert.equal(real.linkTarget(at("short/up")), at("elsewhere"));
    assert.equal(real.linkTarget(at("tilde")), at("~tilde"));
    assert.equal(real.linkTarget(at("real")), undefined);
    assert.equal(whyElsewhere(at("short/up/x"), real), undefined);
    assert.match(
      whyElsewhere(at("far/y"), real) ?? "",
      /\/Users(\/no-such-user)? does not exist here/,
    );
  },
});

Deno.test({
  name: "a database on the root's own disk, or in memory, is no other system's",
  ignore: Deno.build.os !== "linux",
  fn() {
    for (const directory of ["/", "/no-such-directory", "/dev/shm"]) {
      assert.equal(new SystemDisk(directory).isDatabaseShared(), false, directory);
    }
  },
});
