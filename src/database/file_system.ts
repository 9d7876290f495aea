/**
 * Whether a file lies on a file system that other systems may be writing too: a network share, or a
 * directory that a host and its container or virtual machine have in common.
 *
 * SQLite's write-ahead log needs memory that all its users share, which such systems do not have
 * (https://sqlite.org/wal.html); often their locks do not see each other either
 * (https://sqlite.org/howtocorrupt.html, section 2).
 *
 * @module
 */

import { splitWindowsRoot } from "../domain/windows_root.ts";

/**
 * File systems with writers on other systems, by the names that the kernel has for them. Sources:
 * `fstype_is_network` of systemd (src/basic/mountpoint-util.c), `ME_REMOTE` of gnulib
 * (lib/mountlist.c), the Linux kernel (Documentation/filesystems), and mount(8) of macOS.
 */
const SHARED_TYPES: ReadonlySet<string> = new Set([
  // Between a host and its virtual machines or containers. 9p is also how WSL shows Windows drives.
  "9p",
  "drvfs", // WSL 1
  "fakeowner", // Docker Desktop for Mac
  "grpcfuse", // the same, earlier
  "osxfs", // the same, still earlier
  "prl_fs", // Parallels
  "vboxsf", // VirtualBox
  "virtiofs",
  "vmhgfs", // VMware
  // Over a network.
  "acfs",
  "afpfs", // macOS
  "afs",
  "auristorfs",
  "beegfs",
  "ceph",
  "cifs",
  "coda",
  "davfs",
  "fhgfs",
  "glusterfs",
  "gpfs",
  "ibrix",
  "lustre",
  "ncp",
  "ncpfs",
  "nfs",
  "nfs4",
  "orangefs",
  "panfs",
  "pvfs2",
  "smb3",
  "smbfs", // macOS and old Linux
  "sshfs",
  "webdav", // macOS
  // Programs that may have anything behind them; on Linux with their own names after a dot.
  "fuse",
  "macfuse",
  "osxfuse",
]);

/**
 * Programs under FUSE whose files have no other way in than this mount. `fuseblk`, for disks of
 * other formats, is a type of its own.
 */
const LOCAL_FUSE_TYPES: ReadonlySet<string> = new Set([
  "fuse.cryfs",
  "fuse.encfs",
  "fuse.fuse-overlayfs", // containers without root
  "fuse.gocryptfs",
]);

/** Whether other systems may be writing a file system of this type. */
export function isSharedType(type: string): boolean {
  if (type.startsWith("fuse.")) return !LOCAL_FUSE_TYPES.has(type);
  return SHARED_TYPES.has(type);
}

/** Where a file system can be seen. */
export interface Mount {
  readonly point: string;
  readonly type: string;
  /** Whether the system itself says that others may write it. */
  readonly isRemote?: boolean;
}

/**
 * The type of the shared file system that a file lies on; `undefined` where it is a local one, or
 * where nobody can tell.
 *
 * @param path The file; it exists.
 * @param device The number of its device, as the system gives it.
 */
export function sharedFileSystem(path: string, device: number): string | undefined {
  try {
    switch (Deno.build.os) {
      case "linux":
      case "android":
        return isLinuxDisk(device) ? undefined : sharedTypeOf(linuxMount(path));
      case "darwin":
        return isMacDisk(device) ? undefined : sharedTypeOf(macMount(path));
      case "windows":
        return isWindowsShare(Deno.realPathSync(path)) ? "a network drive" : undefined;
      default:
        return undefined;
    }
  } catch {
    // Deno reads /proc, and starts programs, only for those who may do everything.
    return undefined;
  }
}

/** File systems that a container has for itself. */
const PRIVATE_TYPES: readonly string[] = ["overlay", "ramfs", "tmpfs"];

/**
 * Whether what is mounted where `path` lies was given to this container by its host: a directory of
 * the host's, or a volume that other containers may have too.
 *
 * @param path It does not lie on the root's file system.
 * @param device The number of its device, as the system gives it.
 */
export function isGivenByHost(path: string, device: number): boolean {
  try {
    return isLinuxDisk(device) || !PRIVATE_TYPES.includes(linuxMount(path)?.type ?? "tmpfs");
  } catch {
    return false;
  }
}

function sharedTypeOf(mount: Mount | undefined): string | undefined {
  if (mount === undefined) return undefined;
  return mount.isRemote || isSharedType(mount.type) ? mount.type : undefined;
}

// A disk has a device number of its own, and that of most other file systems is made up. So the
// table of mounts need not be read for the common case. Cluster file systems, such as gfs2, lie on a
// disk too and are not recognised.

/** Made-up devices have the major number 0. */
function isLinuxDisk(device: number): boolean {
  return Math.floor(device / 256) % 4096 !== 0;
}

/** Made-up devices have major numbers above those of all drivers, and disks have 1. */
function isMacDisk(device: number): boolean {
  return Math.floor(device / 2 ** 24) % 256 === 1;
}

function isWindowsShare(physical: string): boolean {
  return /^\\\\(?:\?\\UNC\\|[^?.\\])/i.test(splitWindowsRoot(physical)?.root ?? "");
}

function linuxMount(path: string): Mount | undefined {
  const mounts = parseMountinfo(Deno.readTextFileSync("/proc/self/mountinfo"));
  return findMount(mounts, Deno.realPathSync(path));
}

function macMount(path: string): Mount | undefined {
  const { stdout } = new Deno.Command("/sbin/mount", { stderr: "null" }).outputSync();
  const mounts = parseMacMounts(new TextDecoder().decode(stdout));
  const physical = Deno.realPathSync(path);
  return mounts.filter(({ point }) => isAtOrBelow(physical, point))
    .toSorted((a, b) => a.point.length - b.point.length).at(-1);
}

/** A line of mountinfo. */
export interface LinuxMount extends Mount {
  readonly id: string;
  /** The mount that this one lies on; it need not be in the table. */
  readonly parent: string;
}

/**
 * Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)), of which each line is like
 * `36 35 98:0 /mnt1 /mnt/parent rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.
 */
export function parseMountinfo(text: string): LinuxMount[] {
  return text.split("\n").flatMap((line) => {
    const [id, parent, _device, _root, point, _options, ...rest] = line.split(" ");
    const type = rest[rest.indexOf("-") + 1];
    if (id === undefined || parent === undefined || point === undefined || !type) return [];
    return [{ id, parent, point: unescapeField(point), type: unescapeField(type) }];
  });
}

/** Tables of mounts have blanks, line feeds and backslashes as three octal digits. */
export function unescapeField(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}

/**
 * The mount that `path` lies on. The table is followed as the kernel goes: from mount to mount, so
 * that one which is hidden below another counts for nothing.
 *
 * @param path An absolute path without symbolic links.
 */
export function findMount(mounts: readonly LinuxMount[], path: string): LinuxMount | undefined {
  const ids = new Set(mounts.map(({ id }) => id));
  let found: LinuxMount | undefined;
  const enter = (point: string): boolean => {
    const next = mounts.find((mount) => {
      if (mount.point !== point || mount === found) return false;
      if (found !== undefined) return mount.parent === found.id;
      return mount.parent === mount.id || !ids.has(mount.parent);
    });
    if (next === undefined) return false;
    found = next;
    return true;
  };
  for (const point of ["/", ...prefixes(path)]) {
    // As many as are stacked there.
    while (enter(point));
  }
  return found;
}

/** `/a`, `/a/b`, … up to the whole of `path`. */
function prefixes(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  return names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
}

/** Reads what macOS prints for `mount`: `//me@nas/home on /Volumes/home (smbfs, nodev, nosuid)`. */
export function parseMacMounts(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [, point, type, options] = / on (\/.*) \(([^,)]+)(.*)\)$/.exec(line) ?? [];
    if (point === undefined || type === undefined || options === undefined) return [];
    return [{ point, type, isRemote: !options.split(", ").includes("local") }];
  });
}

function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
