/**
 * Where the benchmarks of commands run.
 *
 * @module
 */

import { join } from "node:path";
import { run } from "../src/cli/app.ts";
import { databaseOptions } from "../src/database/config.ts";
import { openDatabase } from "../src/database/connection.ts";
import type { Reservation } from "../src/domain/reservation.ts";
import { MONDAY, reservation, store } from "../tests/support/database.ts";
import { FakeHost } from "../tests/support/host.ts";
import { temporaryDirectory } from "../tests/support/temporary_directory.ts";
import type { Group } from "./budgets.ts";
import { makeRows } from "./rows.ts";

/** The first port of {@linkcode consecutive}. */
export const FIRST_PORT = 1024;

/** A current directory with a database of its own. */
export class Workplace implements Disposable {
  readonly #directory = temporaryDirectory();
  readonly #data = join(this.#directory.path, ".trop");

  constructor(rows: readonly Reservation[] = []) {
    Deno.mkdirSync(this.#data);
    this.store(rows);
  }

  store(rows: readonly Reservation[]): void {
    using database = openDatabase(databaseOptions(join(this.#data, "trop.db")));
    store(database, ...rows);
  }

  write(name: string, text: string): void {
    Deno.writeTextFileSync(join(this.#directory.path, name), text);
  }

  /** @returns Reservations of as many directories, of which every second one exists. */
  makeDirectories(count: number): Reservation[] {
    return consecutive(count).map((row, index) => {
      const path = join(this.#directory.path, `checkout-${index}`);
      if (index % 2 === 0) Deno.mkdirSync(path);
      return reservation({ ...row, path });
    });
  }

  /** Measures a command that leaves everything as it was. */
  bench(group: Group, name: string, args: readonly string[]): void {
    bench(group, name, async (b) => {
      b.start();
      await this.run(args);
      b.end();
    });
  }

  /** Measures a command whose changes are undone after it. */
  benchChange(group: Group, name: string, args: readonly string[]): void {
    bench(group, name, async (b) => {
      using before = this.#snapshot();
      b.start();
      await this.run(args);
      b.end();
      before.restore();
    });
  }

  async run(args: readonly string[]): Promise<void> {
    const cwd = this.#directory.path;
    const host = new FakeHost({ cwd, env: { HOME: cwd }, now: MONDAY });
    const status = await run(args, host);
    if (status !== 0) throw new Error(`trop ${args.join(" ")}:\n${host.written.stderr}`);
  }

  #snapshot(): Disposable & { restore(): void } {
    const copy = temporaryDirectory();
    const database = join(this.#data, "trop.db");
    const files = [database, join(this.#directory.path, "trop.yaml")].filter(isFile);
    files.forEach((file, index) => Deno.copyFileSync(file, join(copy.path, `${index}`)));
    return {
      restore: () => {
        files.forEach((file, index) => Deno.copyFileSync(join(copy.path, `${index}`), file));
      },
      [Symbol.dispose]: () => copy[Symbol.dispose](),
    };
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

/** Reservations of one port after the other. */
export function consecutive(count: number): Reservation[] {
  return makeRows(count).map((row, index) => reservation({ ...row, port: FIRST_PORT + index }));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Registers a benchmark. What takes long is not repeated for longer than it has to be. */
function bench(group: Group, name: string, fn: (b: Deno.BenchContext) => Promise<void>): void {
  Deno.bench({ group, name, fn, n: 5, warmup: 1 });
}
