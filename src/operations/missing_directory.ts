/**
 * Whether a directory that is not there was deleted, or is only not to be seen from here: a
 * database that a container shares with its host names directories of both, and a disk may be
 * unmounted.
 *
 * Nothing is stored about where a reservation was made, so the path has to tell. People delete
 * directories in their home, in a project, in a temporary directory. Nobody deletes a home or a mount
 * point to be rid of a work tree.
 *
 * @module
 */

import { isGivenByHost, sharedFileSystem, unescapeField } from "../database/file_system.ts";
import { type AbsolutePath, nativePaths } from "../domain/path.ts";

/** The disk, as far as it has to be looked at. */
export interface Disk {
  /** The number of the device that `path` lies on, links followed; `undefined` if it is missing. */
  device(path: AbsolutePath): number | undefined;
  /** Where the link at `path` leads; `undefined` if there is none. */
  linkTarget(path: AbsolutePath): AbsolutePath | undefined;
  /** The directories that something is to be mounted on, whether or not it is. */
  mountPoints(): readonly string[];
  /** Whether other systems may use the database too: a host, other containers or machines. */
  isDatabaseShared(): boolean;
}

/**
 * Why a missing directory may be there for another system, or come back; `undefined` when it was
 * deleted.
 *
 * @returns A phrase such as `/workspaces does not exist here`.
 */
export function whyElsewhere(path: AbsolutePath, disk: Disk): string | undefined {
  if (path.startsWith("/") !== (nativePaths.separator === "/")) return "it is of another system";
  const target = behindLinks(path, disk);
  const nearest = nearestExisting(target, disk);
  if (nearest === undefined || isAbove(nearest, PLACE.exec(target)?.[0])) {
    return `${firstBelow(nearest, target)} does not exist here`;
  }
  const custom = MOUNT_POINT.exec(target);
  if (custom !== null && (nearest === custom[0] || isAbove(nearest, custom[0]))) {
    const place = custom[1] ?? custom[2];
    if (!isMounted(nearest, place as AbsolutePath, disk)) return nothingMountedAt(custom[0]);
  }
  if (isUnmounted(nearest, disk)) return nothingMountedAt(nearest);
  if (disk.isDatabaseShared() && disk.device(nearest) === disk.device(ROOT)) {
    return `another system may use the database, and ${nearest} is this one's alone`;
  }
  return undefined;
}

const ROOT = "/" as AbsolutePath;

/**
 * The home that a path lies in, or the directory in which containers have a checkout by custom: those
 * of Docker's manual, Gitpod, and the runners of GitHub, GitLab and Google.
 */
const PLACE = new RegExp(
  "^(?:/(?:home|var/home|Users|usr/src)/[^/]+" +
    "|/(?:app|builds|code|github|projects?|repos?|src|workspace|__w)(?=/|$)" +
    "|[A-Za-z]:\\\\Users\\\\[^\\\\]+)",
);

/**
 * The mount point that a path lies below by custom, and the place where such are made: there is a
 * directory for each user in `media`, mostly.
 */
const MOUNT_POINT =
  /^(?:(\/(?:mnt|net|workspaces|Volumes))\/[^/]+|(\/(?:run\/)?media)(?:\/[^/]+){1,2})/;

/** The places that may be a mount as a whole, as in machines of a cloud. */
const WHOLE_MOUNTS: readonly string[] = ["/mnt", "/workspaces"];

/** Whether `directory`, at or above a customary mount point, lies on what is mounted there. */
function isMounted(directory: AbsolutePath, place: AbsolutePath, disk: Disk): boolean {
  const device = disk.device(place);
  if (device === undefined) return false;
  if (device !== disk.device(directory)) return true;
  return WHOLE_MOUNTS.includes(place) && device !== disk.device(ROOT);
}

/** Whether something is to be mounted on `directory`, and is not. */
function isUnmounted(directory: AbsolutePath, disk: Disk): boolean {
  const parent = nativePaths.parent(directory);
  return parent !== undefined && disk.device(parent) === disk.device(directory) &&
    disk.mountPoints().includes(directory);
}

function nothingMountedAt(directory: string | undefined): string {
  return `nothing is mounted at ${directory} here`;
}

/** More links in a row than any system follows. */
const MAX_LINKS = 40;

/** What `path` leads to, with the links replaced that lead to what is missing. */
function behindLinks(path: AbsolutePath, disk: Disk): AbsolutePath {
  let target = path;
  for (let count = 0; count < MAX_LINKS; count++) {
    const missing = firstBelow(nearestExisting(target, disk), target);
    const next = disk.linkTarget(missing);
    if (next === undefined) return target;
    const below = nativePaths.components(target).slice(nativePaths.components(missing).length);
    target = nativePaths.join(next, ...below);
  }
  return target;
}

function nearestExisting(path: AbsolutePath, disk: Disk): AbsolutePath | undefined {
  return lineage(path).find((directory) => disk.device(directory) !== undefined);
}

/** The part of `path` that is one name longer than `ancestor`; the root where that is missing. */
function firstBelow(ancestor: AbsolutePath | undefined, path: AbsolutePath): AbsolutePath {
  const directories = lineage(path);
  const index = ancestor === undefined ? directories.length : directories.indexOf(ancestor);
  return directories[index - 1] ?? path;
}

/** `path` and all that it lies in, up to the root. */
function lineage(path: AbsolutePath): AbsolutePath[] {
  const parent = nativePaths.parent(path);
  return parent === undefined ? [path] : [path, ...lineage(parent)];
}

function isAbove(directory: AbsolutePath, path: string | undefined): boolean {
  return path !== undefined && directory !== path &&
    nativePaths.contains(directory, path as AbsolutePath);
}

/** The disk of this machine, and a database in `dataDirectory`: an absolute path. */
export class SystemDisk implements Disk {
  #mountPoints: readonly string[] | undefined;
  #isDatabaseShared: boolean | undefined;

  constructor(readonly dataDirectory: string) {}

  device(path: string): number | undefined {
    try {
      return Deno.statSync(path).dev;
    } catch {
      return undefined;
    }
  }

  linkTarget(path: AbsolutePath): AbsolutePath | undefined {
    try {
      const target = Deno.readLinkSync(path);
      const cwd = Deno.realPathSync(nativePaths.parent(path) ?? path);
      return nativePaths.normalise(nativePaths.isAbsolute(target) ? target : `./${target}`, {
        cwd,
        home: undefined,
      });
    } catch {
      return undefined;
    }
  }

  mountPoints(): readonly string[] {
    return this.#mountPoints ??= readMountPoints();
  }

  isDatabaseShared(): boolean {
    return this.#isDatabaseShared ??= this.#looksShared();
  }

  #looksShared(): boolean {
    const device = this.device(this.dataDirectory);
    if (device === undefined || device === this.device(ROOT)) return false;
    const isContainer = CONTAINER_MARKS.some((path) => this.device(path) !== undefined);
    return (isContainer && isGivenByHost(this.dataDirectory, device)) ||
      sharedFileSystem(this.dataDirectory, device) !== undefined;
  }
}

/** What Docker and Podman put into every container. */
const CONTAINER_MARKS: readonly string[] = ["/.dockerenv", "/run/.containerenv"];

/** The second field of every line of fstab(5). */
function readMountPoints(): string[] {
  try {
    const lines = Deno.readTextFileSync("/etc/fstab").split("\n");
    return lines.filter((line) => !line.startsWith("#"))
      .map((line) => unescapeField(line.trim().split(/\s+/)[1] ?? ""));
  } catch {
    return [];
  }
}
