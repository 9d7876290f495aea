import assert from "node:assert/strict";
import {
  findMount,
  isSharedType,
  parseMacMounts,
  parseMountinfo,
  sharedFileSystem,
} from "../../src/database/file_system.ts";

/** One machine's table; from `/w` on, what a test is about. */
const MOUNTINFO = String.raw`
22 27 0:21 / /proc rw,relatime - proc proc rw
24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12334460k,mode=755
25 24 0:23 / /dev/shm rw,relatime shared:5 - tmpfs tmpfs rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
30 25 0:27 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684084k
40 27 0:40 / /w/share rw,nosuid,nodev shared:7 master:2 - fuse.sshfs me@host: rw,user_id=0
41 27 0:41 / /w/my\040disk\011\134x\043 rw - nfs4 server:/export/a\040b rw,vers=4.2
42 27 0:42 / /w/containers rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/k
43 42 0:43 /home/me /w/containers/home rw shared:9 - virtiofs mount0 rw
44 27 254:0 /home/me /w/bind rw,relatime shared:1 - ext4 /dev/vda rw
45 27 0:44 / /w/over rw - 9p hostshare rw,trans=virtio
46 45 254:0 /x /w/over rw - ext4 /dev/vda rw
47 27 0:45 / /w/hidden/below rw - cifs //nas/home rw
48 27 0:46 / /w/hidden rw - tmpfs tmpfs rw
49 27 0:47 / /w/rootless rw propagate_from:3 unbindable - fuse.fuse-overlayfs fuse-overlayfs rw
50 27 0:48 / /w/exotic rw - fuse.my\040disk x rw
short line
`;

for (
  const [path, type, isShared] of [
    ["/", "ext4", false],
    ["/home/me/.trop/trop.db", "ext4", false],
    ["/dev/shm/trop.db", "tmpfs", false],
    ["/w/share", "fuse.sshfs", true],
    ["/w/share/a/b", "fuse.sshfs", true],
    ["/w/shared", "ext4", false],
    ["/w/my disk\t\\x#/trop.db", "nfs4", true],
    ["/w/containers/x", "overlay", false],
    ["/w/containers/home/.trop", "virtiofs", true],
    ["/w/bind/.trop", "ext4", false],
    ["/w/over/.trop", "ext4", false],
    ["/w/hidden/below/.trop", "tmpfs", false],
    ["/w/rootless/root/.trop", "fuse.fuse-overlayfs", false],
    ["/w/exotic/.trop", "fuse.my disk", true],
  ] as const
) {
  Deno.test(`${JSON.stringify(path)} lies on ${type}, which ${isShared ? "is" : "is not"} shared`, () => {
    const mount = findMount(parseMountinfo(MOUNTINFO), path);
    assert.equal(mount?.type, type);
    assert.equal(isSharedType(type), isShared);
  });
}

Deno.test("findMount() begins with what is not on another mount of the table", () => {
  const initial = parseMountinfo(
    "1 1 0:1 / / rw - rootfs rootfs rw\n5 1 0:5 / / rw - 9p root rw\n",
  );
  assert.equal(findMount(initial, "/x")?.type, "9p");
  const chroot = parseMountinfo("9 8 0:9 / /data rw - nfs server:/ rw\n");
  assert.equal(findMount(chroot, "/data/x")?.type, "nfs");
  assert.equal(findMount(chroot, "/x"), undefined);
  assert.equal(findMount([], "/x"), undefined);
});

Deno.test("parseMacMounts() reads mount(8), and what is not local is somebody else's too", () => {
  const mounts = parseMacMounts(`
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
//me@nas/home on /Volumes/home on nas (smbfs, nodev, nosuid, mounted by me)
`);
  assert.deepEqual(mounts, [
    { point: "/", type: "apfs", isRemote: false },
    { point: "/dev", type: "devfs", isRemote: false },
    { point: "/Volumes/home on nas", type: "smbfs", isRemote: true },
  ]);
});

const isLinux = Deno.build.os === "linux";

Deno.test({
  name: "sharedFileSystem() takes a temporary file system for a local one",
  ignore: !isLinux,
  fn() {
    assert.equal(sharedFileSystem("/dev/shm", Deno.statSync("/dev/shm").dev), undefined);
    assert.equal(sharedFileSystem("/nowhere", 0), undefined);
  },
});

Deno.test({
  name: "sharedFileSystem() cannot tell what Deno does not let it read, and goes on",
  ignore: !isLinux,
  permissions: { read: true },
  fn() {
    assert.throws(
      () => Deno.readTextFileSync("/proc/self/mountinfo"),
      Deno.errors.NotCapable,
    );
    assert.equal(sharedFileSystem("/", 0), undefined);
  },
});
