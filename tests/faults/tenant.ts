/**
 * One of many users of a database, with directories of its own. It runs random commands and knows,
 * from what they printed, which reservations it must have; whatever the others do at the same
 * time, it must find exactly these.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Result } from "../support/program.ts";
import type { Random } from "../support/random.ts";
import { type CommandLine, PLAIN_RESERVE } from "./world.ts";

/** A command line to run, and how it ended; `undefined` when it was killed. */
export type Execute = (command: CommandLine) => Promise<Result | undefined>;

/** Variables that tenants run with. */
const ENVIRONMENT = {
  TROP_PORT_MIN: "20000",
  TROP_PORT_MAX: "29999",
  // What else uses ports on the machine is not what is looked at here.
  TROP_SKIP_OCCUPANCY_CHECK: "1",
  // How long it takes to get the lock.
  TROP_DEBUG: "1",
};

/** Ports by path and tag, see {@linkcode keyOf}. */
type Ports = ReadonlyMap<string, number>;

/** A port that is not known yet. */
const ANY = -1;

/** A command line, mostly in the tenant's own directory and environment. */
type Call = Pick<CommandLine, "args"> & Partial<CommandLine>;

interface Action extends Call {
  /** The tenant's reservations afterwards. */
  readonly after: Ports;
  /** Takes the ports that were printed, and complains of what should not be. */
  readonly read?: (stdout: string) => Ports | void;
  readonly finally?: () => Promise<void>;
}

/** A row of `trop list --format json`. */
interface Listed {
  readonly path: string;
  readonly tag: string | null;
  readonly port: number;
}

const DIRECTORIES = ["a", "a/b", "a/b/c", "d", "größe", "gone"];
const MOVED = ["moved", "moved/b", "moved/b/c"];
const TAGS = [null, "web", "api"];
const GROUPS = ["group-1", "group-2"];
const SERVICES = ["web", "api", "db"];

const GROUP_CONFIG = `reservations:
  services:
${SERVICES.map((name, offset) => `    ${name}: { offset: ${offset} }\n`).join("")}`;

/** Creates what a tenant's directory has to hold. */
export async function furnish(root: string): Promise<void> {
  for (const name of [...DIRECTORIES, ...MOVED, ...GROUPS]) {
    await Deno.mkdir(`${root}/${name}`, RECURSIVE);
  }
  for (const name of GROUPS) await Deno.writeTextFile(`${root}/${name}/trop.yaml`, GROUP_CONFIG);
}

const RECURSIVE = { recursive: true };

/** See above. */
export class Tenant {
  #ports: Ports = new Map();
  #timeouts = 0;
  readonly #root: string;
  readonly #random: Random;
  readonly #execute: Execute;

  /** @param root Its directory, {@linkcode furnish furnished}. */
  constructor(root: string, random: Random, execute: Execute) {
    this.#root = root;
    this.#random = random;
    this.#execute = execute;
  }

  /** How many of its commands gave up waiting for the others. */
  get timeouts(): number {
    return this.#timeouts;
  }

  /** How many reservations it has. */
  get size(): number {
    return this.#ports.size;
  }

  /** Runs one command. @throws When anything is not as it must be. */
  async step(): Promise<void> {
    const action = await this.#random.pick(this.#actions)();
    const result = await this.#run(action);
    await action.finally?.();
    if (result === undefined) return await this.#findOut(action);
    if (isTimeout(result)) {
      // Too much at once for this machine: nothing was done, though others may have pruned.
      this.#timeouts++;
      const isPruned = action.args[0] === "prune";
      return await this.#findOut(isPruned ? action : { ...action, after: this.#ports });
    }
    const story = JSON.stringify({ args: action.args, result });
    const { status, stdout, stderr } = result;
    assert.equal(status, 0, story);
    assert(!/error/i.test(stderr), story);
    this.#ports = complete(action.after, action.read?.(stdout) ?? action.after);
  }

  /** Looks up what became of a command that was cut short: all of it or nothing. */
  async #findOut({ args, after }: Action): Promise<void> {
    // A writing command waits for those of others; what they were about to prune is gone then.
    const write = await this.#run({ args: ["expire", "--days", "30"] });
    const result = await this.#run({ args: ["list", "--format", "json"] });
    // Looking can be cut short too.
    const isCutShort = [write, result].some((run) => run === undefined || isTimeout(run));
    if (isCutShort) return await this.#findOut({ args, after });
    const found = this.#own(JSON.parse(result!.stdout));
    const story = JSON.stringify({ args, before: [...this.#ports], found: [...found] });
    assert(fits(found, this.#ports) || fits(found, after), story);
    this.#ports = found;
  }

  #run({ args, cwd = this.#root, env = ENVIRONMENT }: Call) {
    return this.#execute({ args, cwd, env });
  }

  readonly #actions: readonly (() => Action | Promise<Action>)[] = [
    () => this.#reserve(),
    () => this.#reserve(),
    () => this.#reserve(),
    () => this.#reserve(),
    () => this.#reserveAgain(),
    () => this.#reserveAgain(),
    () => this.#release(),
    () => this.#reserveGroup(),
    () => this.#reserveGroup(),
    () => this.#releaseGroup(),
    () => this.#list(),
    () => this.#list(),
    () => this.#assertReservation(),
    () => this.#migrate(),
    () => this.#prune(),
    () => this.#expire(),
  ];

  #reserve(): Action {
    const [path, tag] = this.#place();
    const key = keyOf(path, tag);
    return {
      args: ["reserve", "--path", path, ...tagged(tag)],
      after: new Map([[key, ANY], ...this.#ports]),
      read: (stdout) => new Map([[key, readPort(stdout)]]),
    };
  }

  /** As scripts do, in a directory that has its port. */
  #reserveAgain(): Action {
    const known = DIRECTORIES.filter((name) => name !== "gone")
      .map((name) => `${this.#root}/${name}`)
      .filter((path) => this.#ports.has(keyOf(path, null)));
    if (known.length === 0) return this.#reserve();
    const cwd = this.#random.pick(known);
    return {
      ...PLAIN_RESERVE,
      cwd,
      after: this.#ports,
      read: (stdout) => new Map([[keyOf(cwd, null), readPort(stdout)]]),
    };
  }

  #release(): Action {
    const [path, tag] = this.#place();
    const only = tag === null ? ["--untagged-only"] : tagged(tag);
    return {
      args: ["release", "--path", path, ...only],
      after: without(this.#ports, (key) => key === keyOf(path, tag)),
    };
  }

  #reserveGroup(): Action {
    const path = this.#group();
    const reserved = SERVICES.map((tag) => [keyOf(path, tag), ANY] as const);
    return {
      args: ["reserve-group", `${path}/trop.yaml`, "--format", "json"],
      after: new Map([...reserved, ...this.#ports]),
      read: (stdout) => {
        const ports: Record<string, number> = JSON.parse(stdout);
        return new Map(SERVICES.map((tag) => [keyOf(path, tag), ports[tag]!]));
      },
    };
  }

  #releaseGroup(): Action {
    const path = this.#group();
    return { args: ["release", "--path", path], after: without(this.#ports, isAt(path)) };
  }

  #list(): Action {
    return {
      args: ["list", "--format", "json"],
      after: this.#ports,
      read: (stdout) => {
        const rows: Listed[] = JSON.parse(stdout);
        assert.deepEqual(this.#own(rows), this.#ports);
        assertWhole(rows);
      },
    };
  }

  #assertReservation(): Action {
    const [path, tag] = this.#place();
    const port = this.#ports.get(keyOf(path, tag));
    return {
      args: ["assert-reservation", "--path", path, ...tagged(tag), ...port ? [] : ["--not"]],
      after: this.#ports,
      read: (stdout) => assert.equal(stdout, port === undefined ? "" : `${port}\n`),
    };
  }

  /** Renames `a`, with all below it, or back. */
  #migrate(): Action {
    const [from, to] = this.#random.pick([["a", "moved"], ["moved", "a"]] as const);
    const source = `${this.#root}/${from}`;
    const moved = [...this.#ports].filter(([key]) => isBelow(source)(key));
    const rest = without(this.#ports, isBelow(source));
    const renamed = moved.map(([key, port]) => {
      return [`${this.#root}/${to}${key.slice(source.length)}`, port] as const;
    });
    return {
      args: ["migrate", "--from", source, "--to", `${this.#root}/${to}`, "--recursive", "--force"],
      after: new Map([...rest, ...renamed]),
    };
  }

  /** While a directory is missing, anybody's `prune` takes its reservations. */
  async #prune(): Promise<Action> {
    const path = `${this.#root}/gone`;
    await Deno.remove(path);
    return {
      args: ["prune"],
      after: without(this.#ports, isAt(path)),
      finally: () => Deno.mkdir(path),
    };
  }

  /** Everything here was just used. */
  #expire(): Action {
    return { args: ["expire", "--days", "30"], after: this.#ports };
  }

  #place(): [path: string, tag: string | null] {
    return [`${this.#root}/${this.#random.pick(DIRECTORIES)}`, this.#random.pick(TAGS)];
  }

  #group(): string {
    return `${this.#root}/${this.#random.pick(GROUPS)}`;
  }

  #own(rows: readonly Listed[]): Ports {
    const own = rows.filter(({ path }) => path.startsWith(`${this.#root}/`));
    return new Map(own.map(({ path, tag, port }) => [keyOf(path, tag), port]));
  }
}

function isTimeout({ status, stderr }: Result): boolean {
  return status === 2 && /^Error: database lock timeout/m.test(stderr);
}

function keyOf(path: string, tag: string | null): string {
  return `${path}\t${tag ?? ""}`;
}

function tagged(tag: string | null): string[] {
  return tag === null ? [] : ["--tag", tag];
}

const isAt = (path: string) => (key: string) => key.startsWith(`${path}\t`);
const isBelow = (path: string) => (key: string) => isAt(path)(key) || key.startsWith(`${path}/`);

function without(ports: Ports, isOut: (key: string) => boolean): Ports {
  return new Map([...ports].filter(([key]) => !isOut(key)));
}

function readPort(stdout: string): number {
  assert.match(stdout, /^\d+\n$/);
  return Number(stdout);
}

/** Fills in what was not known before, and holds the rest against it. */
function complete(expected: Ports, printed: Ports): Ports {
  for (const [key, port] of printed) {
    const known = expected.get(key);
    assert(known === ANY || known === port, `${key} had ${known} and now has ${port}`);
  }
  return new Map([...expected, ...printed]);
}

function fits(found: Ports, expected: Ports): boolean {
  return found.size === expected.size &&
    [...expected].every(([key, port]) => port === ANY ? found.has(key) : found.get(key) === port);
}

/** No port is there twice, and no group in part: somebody's change was seen as a whole. */
function assertWhole(rows: readonly Listed[]): void {
  assert.equal(new Set(rows.map(({ port }) => port)).size, rows.length);
  const groups = Object.groupBy(rows, ({ path }) => path);
  for (const [path, members] of Object.entries(groups)) {
    if (/\/group-\d$/.test(path)) assert.equal(members?.length, SERVICES.length, path);
  }
}
