/**
 * A disk on paper: it is told what a program wrote and what it asked to be made to last, and tells
 * what may be left of it after a loss of power.
 *
 * What was synced is kept. Of what was written since, any part may be there, by sectors and in any
 * order, and so may the first few of the names that were made, moved and removed in a directory.
 *
 * @module
 */

import { dirname } from "node:path";
import { exists } from "../../src/database/files.ts";
import type { Random } from "../support/random.ts";
import type { SystemCall } from "../support/strace.ts";

/** Written as a whole or not at all. */
const SECTOR = 512;

/** A change of a file that has not been synced. */
type Change = { readonly offset: number; readonly bytes: Uint8Array } | { readonly size: number };

/** A change of a directory that has not been synced; `file` is missing where a name goes. */
interface Naming {
  readonly path: string;
  readonly file?: File;
  /** The name that it had. */
  readonly from?: string;
}

class File {
  #durable: Uint8Array;
  #changes: Change[] = [];

  constructor(content = new Uint8Array()) {
    this.#durable = content;
  }

  change(change: Change): void {
    this.#changes.push(change);
  }

  sync(): void {
    this.#durable = this.#changes.reduce(applied, this.#durable);
    this.#changes = [];
  }

  /** @param percent How much of what was not synced is kept. */
  afterPowerLoss(random: Random, percent: number): Uint8Array {
    return Iterator.from(this.#changes).flatMap(bySectors).filter(() => random.chance(percent))
      .reduce(applied, this.#durable);
  }
}

function applied(content: Uint8Array, change: Change): Uint8Array {
  const size = "size" in change
    ? change.size
    : Math.max(content.length, change.offset + change.bytes.length);
  const result = new Uint8Array(size);
  result.set(content.subarray(0, size));
  if ("bytes" in change) result.set(change.bytes, change.offset);
  return result;
}

function* bySectors(change: Change): Generator<Change> {
  if ("size" in change) return yield change;
  const { offset, bytes } = change;
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + SECTOR - (offset + start) % SECTOR);
    yield { offset: offset + start, bytes: bytes.subarray(start, end) };
    start = end;
  }
}

/** What a descriptor of the program stands for. */
interface Descriptor {
  readonly path: string;
  /** Missing for a directory. */
  readonly file: File | undefined;
  position: number;
}

/** The files of a few directories, and all that happens to them. */
export class Disk {
  readonly #directories: readonly string[];
  /** As the program sees them. */
  readonly #files = new Map<string, File>();
  readonly #durableNames: Map<string, File>;
  #namings: Naming[] = [];
  readonly #descriptors = new Map<number, Descriptor>();

  /** Begins with the files that are in `directories`, which may be missing. */
  constructor(directories: readonly string[]) {
    this.#directories = directories;
    for (const directory of directories.filter(exists)) {
      for (const { name } of Deno.readDirSync(directory)) {
        const path = `${directory}/${name}`;
        if (Deno.statSync(path).isFile) this.#files.set(path, new File(Deno.readFileSync(path)));
      }
    }
    this.#durableNames = new Map(this.#files);
  }

  /** Another program: it has nothing open. */
  begin(): void {
    this.#descriptors.clear();
  }

  /** Takes note of a call, as {@linkcode TRACING} has it written. */
  observe({ name, text }: SystemCall): void {
    const result = Number(/\) += (-?\d+)[^)]*$/.exec(text)?.[1]);
    if (!(result >= 0)) return;
    const strings = Array.from(text.matchAll(STRING), ([, hex]) => bytesOf(hex!));
    const numbers = Array.from(text.replace(STRING, "").matchAll(/, (\d+)/g), ([, n]) => Number(n));
    const number = Number(/\((\d+)/.exec(text)?.[1]);
    const descriptor = this.#descriptors.get(number);
    switch (name) {
      case "openat":
        return this.#open(result, textOf(strings[0]!).replace(/\/$/, ""), text);
      case "close":
        this.#descriptors.delete(number);
        return;
      case "write":
      case "pwrite64": {
        if (descriptor?.file === undefined) return;
        const offset = name === "write" ? descriptor.position : numbers.at(-1)!;
        descriptor.file.change({ offset, bytes: strings[0]!.subarray(0, result) });
        if (name === "write") descriptor.position += result;
        return;
      }
      case "ftruncate":
        return descriptor?.file?.change({ size: numbers[0]! });
      case "fsync":
      case "fdatasync":
        return descriptor && this.#sync(descriptor);
      case "unlink":
      case "unlinkat":
        return this.#name({ path: textOf(strings[0]!) });
      case "rename":
      case "renameat":
      case "renameat2":
        return this.#rename(textOf(strings[0]!), textOf(strings[1]!));
      case "link":
      case "linkat":
        return this.#link(textOf(strings[0]!), textOf(strings[1]!));
      default:
        if (descriptor !== undefined || strings.some((path) => this.#isHere(textOf(path)))) {
          throw new Error(`nobody knows what ${name} does to the disk`);
        }
    }
  }

  /** What may be there when the power comes back, by path. */
  afterPowerLoss(random: Random): Map<string, Uint8Array> {
    const percent = random.pick([0, 10, 50, 90, 100]);
    const names = new Map(this.#durableNames);
    for (const directory of this.#directories) {
      const namings = this.#namings.filter(({ path }) => dirname(path) === directory);
      for (const naming of namings.slice(0, random.below(namings.length + 1))) {
        rename(names, naming);
      }
    }
    const contents = names.entries().map(([path, file]) => {
      return [path, file.afterPowerLoss(random, percent)] as const;
    });
    return new Map(contents);
  }

  #open(number: number, path: string, text: string): void {
    this.#descriptors.delete(number);
    const isDirectory = this.#directories.includes(path);
    if (!isDirectory && !this.#isHere(path)) return;
    let file = this.#files.get(path);
    if (file === undefined && !isDirectory) this.#name({ path, file: file = new File() });
    if (text.includes("O_TRUNC")) file?.change({ size: 0 });
    this.#descriptors.set(number, { path, file, position: 0 });
  }

  #isHere(path: string): boolean {
    return this.#directories.includes(dirname(path));
  }

  #sync({ path, file }: Descriptor): void {
    if (file !== undefined) return file.sync();
    const isInIt = (naming: Naming) => dirname(naming.path) === path;
    for (const naming of this.#namings.filter(isInIt)) rename(this.#durableNames, naming);
    this.#namings = this.#namings.filter((naming) => !isInIt(naming));
  }

  #rename(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file === undefined) return;
    // One change of the directory; the two names are never both missing.
    this.#name({ path: to, file, from });
  }

  #link(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file !== undefined) this.#name({ path: to, file });
  }

  #name(naming: Naming): void {
    if (!this.#isHere(naming.path)) return;
    this.#namings.push(naming);
    rename(this.#files, naming);
  }
}

function rename(names: Map<string, File>, { path, file, from }: Naming): void {
  if (from !== undefined) names.delete(from);
  if (file === undefined) names.delete(path);
  else names.set(path, file);
}

/** The calls that change files. */
export const DISK_CALLS: readonly string[] = [
  "openat,close,write,pwrite64,ftruncate,fsync,fdatasync",
  "?unlink,unlinkat,?rename,?renameat,renameat2,?link,linkat",
  // Not known to the disk, and not used; that would be noticed.
  "pwritev,pwritev2,fallocate,copy_file_range,sendfile,?symlink,symlinkat",
].join(",").split(",");

/** Has strace write whole buffers, as bytes. */
export const TRACING = "-xx -s 1000000";

const STRING = /"((?:\\x[0-9a-f]{2})*)"/g;

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.split("\\x").slice(1), (digits) => parseInt(digits, 16));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
