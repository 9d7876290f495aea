import assert from "node:assert/strict";
import fc from "fast-check";
import { databaseOptions } from "../../src/database/config.ts";
import { openEmptyDatabase } from "../../src/database/connection.ts";
import { createAll, list } from "../../src/database/operations.ts";
import { withRead, withWrite } from "../../src/database/transaction.ts";
import type { AbsolutePath } from "../../src/domain/path.ts";
import type { Port } from "../../src/domain/port.ts";
import type { Reservation } from "../../src/domain/reservation.ts";
import { TropError } from "../../src/errors.ts";
import {
  executeGroup,
  type GroupPlan,
  type GroupRequest,
  planGroup,
} from "../../src/operations/group.ts";
import type { FieldRequest } from "../../src/operations/request.ts";
import { failureOf, reservation } from "../support/database.ts";
import { Surroundings, type ToggledSet } from "./surroundings.ts";

// A small world: so few ports that groups get in each other's way all the time.
const MIN = 5000;
const MAX = 5011;
const MAX_AGE = 100;
const PATHS = ["/w/a", "/w/b"] as const;

/** A group and how it is asked for. */
interface Wish {
  readonly path: string;
  readonly base: number | undefined;
  readonly services: readonly Service[];
  readonly project: FieldRequest;
  readonly force: boolean;
  readonly allowProjectChange: boolean;
  readonly prune: boolean;
  readonly expire: boolean;
}

interface Service {
  readonly tag: string;
  readonly offset: number;
  readonly preferred: number | undefined;
}

/** One thing that happens between two groups. */
type Step =
  | { readonly do: "group"; readonly wish: Wish }
  | { readonly do: "repeat" }
  | {
    readonly do: "other";
    readonly path: string;
    readonly tag: string | null;
    readonly at: number;
  }
  | { readonly do: "toggle"; readonly what: ToggledSet; readonly port: number }
  | { readonly do: "vanish"; readonly path: string }
  | { readonly do: "wait"; readonly seconds: number };

/** What asking for a group came to. */
type Outcome =
  | { readonly ports: Readonly<Record<string, number>>; readonly cleaned: boolean }
  | { readonly code: string; readonly problem?: unknown; readonly services?: number };

type Row = { -readonly [K in keyof Reservation]: Reservation[K] };

/** The rules once more, as plainly as they can be said: every base is tried with every service. */
class Model {
  rows: Row[] = [];

  constructor(readonly surroundings: Surroundings) {}

  group(wish: Wish): Outcome {
    const before = this.rows.map((row) => ({ ...row }));
    const outcome = this.#group(wish);
    if ("code" in outcome) this.rows = before;
    return outcome;
  }

  #group(wish: Wish): Outcome {
    const { path, base, services, project, force, allowProjectChange } = wish;
    const { now } = this.surroundings;
    if (services.length === 0) return { code: "validation" };
    if (base !== undefined && (base < MIN || base > MAX)) return { code: "validation" };
    const stored = this.rows.filter((row) => row.path === path && row.tag !== null);
    if (stored.length === 0) {
      return this.#allocate(wish, project.kind === "set" ? project.value : `guess of ${path}`);
    }
    const problem = this.#problem(wish, stored);
    if (problem === undefined) {
      for (const row of stored) {
        const wanted = project.kind === "set" ? project.value : row.project;
        if (wanted !== row.project && !allowProjectChange && !force) {
          return { code: "sticky-field" };
        }
        Object.assign(row, { project: wanted, lastUsedAt: now });
      }
      return { ports: this.#portsOf(path), cleaned: false };
    }
    if (!force) return { code: "group-conflict", problem };
    const projects = new Set(stored.map((row) => project.kind === "set" ? "x" : row.project));
    if (projects.size > 1) {
      return { code: "group-conflict", problem: { kind: "field", field: "project" } };
    }
    const kept = stored[0]!.project;
    this.rows = this.rows.filter((row) => !stored.includes(row));
    return this.#allocate(wish, project.kind === "set" ? project.value : kept);
  }

  #problem({ base, services }: Wish, stored: readonly Row[]): unknown {
    const wanted = services.map(({ tag }) => tag);
    const found = stored.map(({ tag }) => tag);
    const missing = wanted.filter((tag) => !found.includes(tag)).sort();
    const extra = found.filter((tag) => !wanted.includes(tag!)).sort();
    if (missing.length + extra.length > 0) return { kind: "tags", missing, extra };
    for (let candidate = base ?? MIN; candidate <= MAX; candidate++) {
      const fits = services.every(({ tag, offset, preferred }) => {
        const { port } = stored.find((row) => row.tag === tag)!;
        return port === preferred || (port === candidate + offset && port <= MAX);
      });
      if (fits) return undefined;
    }
    return { kind: "ports" };
  }

  #allocate(wish: Wish, project: string | null): Outcome {
    const { path, prune, expire } = wish;
    const { now, gone } = this.surroundings;
    let ports = this.#choose(wish);
    const cleaned = ports === undefined && (prune || expire);
    if (cleaned) {
      this.rows = this.rows.filter((row) =>
        !(prune && gone.has(row.path)) &&
        !(expire && Math.max(0, now - MAX_AGE) > row.lastUsedAt)
      );
      ports = this.#choose(wish);
    }
    if (ports === undefined) return { code: EXHAUSTED };
    for (const [tag, port] of Object.entries(ports)) {
      const times = { createdAt: now, lastUsedAt: now };
      this.rows.push(reservation({ path, tag, port, project, ...times }));
    }
    return { ports, cleaned };
  }

  #choose({ base, services }: Wish): Record<string, number> | undefined {
    const { unsafe } = this.surroundings.sets;
    const ports: Record<string, number> = {};
    for (const { tag, preferred } of services) {
      if (preferred !== undefined && this.#isFree(preferred)) ports[tag] = preferred;
    }
    const pinned = Object.values(ports);
    const others = services.filter(({ tag }) => !(tag in ports));
    for (let candidate = base ?? MIN; candidate <= MAX; candidate++) {
      const pattern = others.map(({ offset }) => candidate + offset);
      const fits = pattern.every((port) =>
        port <= MAX && !pinned.includes(port) && this.#isFree(port) &&
        (candidate === base || !unsafe.has(port))
      );
      if (!fits) continue;
      others.forEach(({ tag }, index) => ports[tag] = pattern[index]!);
      return ports;
    }
    return undefined;
  }

  #isFree(port: number): boolean {
    const { excluded, occupied, uncertain } = this.surroundings.sets;
    return ![excluded, occupied, uncertain].some((set) => set.has(port)) &&
      !this.rows.some((row) => row.port === port);
  }

  #portsOf(path: string): Record<string, number> {
    const rows = this.rows.filter((row) => row.path === path && row.tag !== null);
    return Object.fromEntries(rows.map(({ tag, port }) => [tag, port]));
  }
}

/** Which of the two codes it is depends on the order in which ports are looked at. */
const EXHAUSTED = "group-allocation-failed or probe-failed";

const path = fc.constantFrom(...PATHS);
const keep: FieldRequest = { kind: "keep" };

const wish: fc.Arbitrary<Wish> = fc.record({
  path,
  base: fc.option(fc.integer({ min: MIN - 1, max: MAX + 1 }), { nil: undefined, freq: 2 }),
  services: fc.subarray(["api", "db", "web"]).chain((tags) =>
    fc.tuple(
      fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 3 }),
      fc.uniqueArray(fc.integer({ min: MIN - 1, max: MAX + 1 }), { minLength: 3, maxLength: 3 }),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    ).map(([offsets, ports, wanted]) =>
      tags.map((tag, index) => ({
        tag,
        offset: offsets[index]!,
        preferred: wanted[index] ? ports[index] : undefined,
      }))
    )
  ),
  project: fc.constantFrom<FieldRequest>(keep, keep, keep, { kind: "set", value: "x" }),
  force: fc.boolean(),
  allowProjectChange: fc.boolean(),
  prune: fc.boolean(),
  expire: fc.boolean(),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("group" as const), wish }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("other" as const),
      path: fc.constantFrom(...PATHS, "/w/c", "/w/d"),
      tag: fc.constantFrom(null, null, "extra"),
      at: fc.integer({ min: MIN, max: MAX }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("toggle" as const),
      what: fc.constantFrom<ToggledSet>("excluded", "occupied", "uncertain", "unsafe"),
      port: fc.integer({ min: MIN - 1, max: MAX + 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("vanish" as const),
      path: fc.constantFrom("/w/c", "/w/d"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      seconds: fc.integer({ min: 0, max: 2 * MAX_AGE }),
    }),
  },
);

function toRequest(wish: Partial<Wish>, { sets }: Surroundings): GroupRequest {
  const { services = [], base, force = false } = wish;
  return {
    path: (wish.path ?? PATHS[0]) as AbsolutePath,
    group: {
      base: base as Port | undefined,
      services: services.map(({ tag, offset, preferred }) => ({
        tag,
        offset,
        preferred: preferred as Port | undefined,
        variable: tag.toUpperCase(),
      })),
    },
    replace: force,
    project: wish.project ?? keep,
    task: keep,
    allowProjectChange: force || (wish.allowProjectChange ?? false),
    allowTaskChange: force,
    allowUnrelatedPath: false,
    range: { min: MIN as Port, max: MAX as Port },
    isExcluded: (port) => sets.excluded.has(port),
    isUnsafe: (port) => sets.unsafe.has(port),
    cleanup: { prune: wish.prune ?? false, expire: wish.expire ?? false, maxAge: MAX_AGE },
  };
}

/** Groups on a database of their own. */
class Groups implements Disposable {
  readonly database = openEmptyDatabase(databaseOptions("/in/memory"));
  readonly surroundings = new Surroundings();

  reserve(wish: Partial<Wish>, { dryRun = false } = {}): GroupPlan {
    const request = toRequest(wish, this.surroundings);
    const { world } = this.surroundings;
    if (dryRun) return withRead(this.database, "planning", (tx) => planGroup(tx, request, world));
    return withWrite(this.database, "reserving", (tx) => {
      const plan = planGroup(tx, request, world);
      executeGroup(tx, plan);
      return plan;
    });
  }

  store(...rows: readonly Reservation[]): void {
    withWrite(this.database, "storing", (tx) => createAll(tx, rows));
  }

  get rows(): readonly Reservation[] {
    return withRead(this.database, "reading", list);
  }

  [Symbol.dispose](): void {
    this.database.close();
  }
}

function portsOf({ reservations }: GroupPlan): Record<string, number> {
  return Object.fromEntries(reservations.map(({ tag, port }) => [tag, port]));
}

function outcomeOf(act: () => GroupPlan): Outcome {
  try {
    const plan = act();
    return { ports: portsOf(plan), cleaned: plan.stale !== undefined };
  } catch (error) {
    if (!(error instanceof TropError)) throw error;
    const { failure } = error;
    if (EXHAUSTED.split(" or ").includes(failure.code)) return { code: EXHAUSTED };
    return failure.code === "group-conflict"
      ? { code: failure.code, problem: failure.problem }
      : { code: failure.code };
  }
}

function play(steps: readonly Step[]): void {
  using groups = new Groups();
  const { surroundings } = groups;
  const model = new Model(surroundings);
  let last: Wish | undefined;
  for (const step of steps) {
    switch (step.do) {
      case "group":
      case "repeat": {
        last = step.do === "group" ? step.wish : last;
        if (last === undefined) break;
        const wish = last;
        // A dry run foretells what the live run then does, and changes nothing.
        const foretold = outcomeOf(() => groups.reserve(wish, { dryRun: true }));
        const actual = outcomeOf(() => groups.reserve(wish));
        assert.deepEqual(foretold, actual);
        assert.deepEqual(actual, model.group(wish));
        if ("code" in actual) break;
        // The same mapping again, now without a clean-up.
        const again = outcomeOf(() => groups.reserve(wish));
        assert.deepEqual(again, { ...actual, cleaned: false });
        assert.deepEqual(again, model.group(wish));
        break;
      }
      case "other": {
        const { path, tag, at: port } = step;
        const isTaken = model.rows.some((row) => {
          return row.port === port || (row.path === path && row.tag === tag);
        });
        if (isTaken) break;
        const times = { createdAt: surroundings.now, lastUsedAt: surroundings.now };
        const row = reservation({ path, tag, port, project: `of ${path}`, ...times });
        groups.store(row);
        model.rows.push(row);
        break;
      }
      case "toggle":
        surroundings.toggle(step.what, step.port);
        break;
      case "vanish":
        if (!surroundings.gone.delete(step.path)) surroundings.gone.add(step.path);
        break;
      case "wait":
        surroundings.now += step.seconds;
        break;
    }
    assert.deepEqual(groups.rows.toSorted(byPort), model.rows.toSorted(byPort));
  }
}

function byPort(a: { readonly port: number }, b: { readonly port: number }): number {
  return a.port - b.port;
}

Deno.test("groups do, in 500 random histories, what the plain rules say, and again the same", () => {
  fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), play), {
    numRuns: 500,
    seed: 20260301,
  });
});

const WEB = { tag: "web", offset: 0, preferred: undefined };
const API = { tag: "api", offset: 1, preferred: undefined };

for (
  const [failure, wish] of [
    [
      {
        code: "validation",
        field: "reservations.services",
        message: "want at least one service",
      },
      { services: [] },
    ],
    [
      {
        code: "validation",
        field: "reservations.base",
        message: "7001 lies outside of the port range 5000-5011",
      },
      { services: [WEB], base: 7001 },
    ],
    [
      { code: "path-unrelated", target: "/elsewhere", directory: "/w" },
      { services: [WEB], base: 7001, path: "/elsewhere" },
    ],
  ] as const
) {
  Deno.test(`planGroup() refuses ${JSON.stringify(wish)}`, () => {
    using groups = new Groups();
    const world = { ...groups.surroundings.world, directory: "/w" as AbsolutePath };
    const request = toRequest(wish, groups.surroundings);
    const plan = () => withRead(groups.database, "planning", (tx) => planGroup(tx, request, world));
    assert.deepEqual(failureOf(plan), failure);
  });
}

Deno.test("a refresh keeps created_at and gives all rows one last_used_at", () => {
  using groups = new Groups();
  groups.reserve({ services: [API, WEB] });
  groups.surroundings.now = 2000;
  groups.reserve({ services: [API, WEB] });
  const times = groups.rows.map(({ createdAt, lastUsedAt }) => [createdAt, lastUsedAt]);
  assert.deepEqual(times, [[1000, 2000], [1000, 2000]]);
});

Deno.test("D16: a conflict names the tags that are missing and those that are too many", () => {
  using groups = new Groups();
  groups.reserve({ services: [API, WEB] });
  groups.store(reservation({ path: "/w/a", tag: "extra", port: 5009 }));
  const before = groups.rows;
  const wish = { services: [API, { ...WEB, tag: "db" }] };
  assert.deepEqual(failureOf(() => groups.reserve(wish)), {
    code: "group-conflict",
    path: "/w/a",
    problem: { kind: "tags", missing: ["db"], extra: ["extra", "web"] },
  });
  assert.deepEqual(groups.rows, before);
});

Deno.test("D16: with force all tagged rows are replaced, and neither untagged nor lower ones", () => {
  using groups = new Groups();
  const untagged = reservation({ path: "/w/a", port: 5009 });
  const below = reservation({ path: "/w/a/b", tag: "web", port: 5010 });
  groups.store(untagged, below, reservation({ path: "/w/a", tag: "extra", port: 5000 }));
  const plan = groups.reserve({ services: [API, WEB], force: true });
  assert.equal(plan.kind, "replace");
  assert.deepEqual(portsOf(plan), { api: 5001, web: 5000 });
  assert.deepEqual(groups.rows, [untagged, ...plan.reservations, below]);
});

Deno.test("a replaced group keeps what its rows agree on, and asks where they do not", () => {
  using groups = new Groups();
  groups.store(
    reservation({ path: "/w/a", tag: "a", port: 5003, project: "shop", task: "one" }),
    reservation({ path: "/w/a", tag: "b", port: 5004, project: "shop", task: "two" }),
  );
  const before = groups.rows;
  assert.deepEqual(failureOf(() => groups.reserve({ services: [WEB], force: true })), {
    code: "group-conflict",
    path: "/w/a",
    problem: { kind: "field", field: "task" },
  });
  assert.deepEqual(groups.rows, before);
  const request = toRequest({ services: [WEB], force: true }, groups.surroundings);
  const plan = withRead(groups.database, "planning", (tx) => {
    const named = { ...request, task: { kind: "set", value: "two" } } as const;
    return planGroup(tx, named, groups.surroundings.world);
  });
  const [{ project, task } = {}] = plan.reservations;
  assert.deepEqual({ project, task }, { project: "shop", task: "two" });
});

Deno.test("D17: git fills the fields of a fresh group, and never those of a stored one", () => {
  using groups = new Groups();
  const [fresh] = groups.reserve({ services: [WEB] }).reservations;
  assert.equal(fresh?.project, "guess of /w/a");
  groups.store(reservation({ path: "/w/b", tag: "web", port: 5003 }));
  const [refreshed] = groups.reserve({ path: "/w/b", services: [WEB] }).reservations;
  assert.equal(refreshed?.project, null);
});

Deno.test("a change of the project needs permission, and the refusal names the group", () => {
  using groups = new Groups();
  groups.reserve({ services: [WEB] });
  const wish = { services: [WEB], project: { kind: "set", value: "x" } } as const;
  const [stored, requested] = ["guess of /w/a", "x"];
  assert.deepEqual(failureOf(() => groups.reserve(wish)), {
    code: "sticky-field",
    field: "project",
    stored,
    requested,
    group: "/w/a",
  });
  const [changed] = groups.reserve({ ...wish, allowProjectChange: true }).reservations;
  assert.equal(changed?.project, "x");
});

/** Fills the range with a row of a directory that is gone on each port. */
function fill(groups: Groups): void {
  const ports = Array.from({ length: MAX - MIN + 1 }, (_, index) => MIN + index);
  groups.store(...ports.map((port) => reservation({ path: `/gone/${port}`, port })));
  for (const port of ports) groups.surroundings.gone.add(`/gone/${port}`);
}

Deno.test("D18: a group without room cleans up once and tries again", () => {
  using groups = new Groups();
  fill(groups);
  const plan = groups.reserve({ services: [API, WEB], prune: true });
  assert.equal(plan.stale?.pruned.length, 12);
  assert.deepEqual(portsOf(plan), { api: 5001, web: 5000 });
  assert.deepEqual(groups.rows, plan.reservations);
});

Deno.test("D18: a group that finds no room even so leaves everything as it was", () => {
  using groups = new Groups();
  fill(groups);
  groups.surroundings.sets.excluded.add(5005);
  const before = groups.rows;
  const wish = { services: [API, { ...WEB, offset: 7 }], base: 5004, prune: true };
  const failure = {
    code: "group-allocation-failed",
    services: 2,
    min: 5004,
    max: 5011,
    pruning: true,
    expiration: false,
    expired: 0,
  } as const;
  const nothing = { reserved: 0, excluded: 0, unsafe: 0, occupied: 0 };
  assert.deepEqual(failureOf(() => groups.reserve(wish)), {
    ...failure,
    blockers: { ...nothing, excluded: 1 },
    pruned: 12,
  });
  assert.deepEqual(groups.rows, before);
  assert.deepEqual(failureOf(() => groups.reserve({ ...wish, prune: false })), {
    ...failure,
    blockers: { ...nothing, reserved: 1 },
    pruning: false,
    pruned: 0,
  });
});

Deno.test("a group on a machine that cannot be probed fails with the probe's own words", () => {
  using groups = new Groups();
  for (let port = MIN; port <= MAX; port++) groups.surroundings.toggle("uncertain", port);
  const failure = failureOf(() => groups.reserve({ services: [WEB, API] }));
  assert.equal(failure.code, "probe-failed");
});

Deno.test("a preferred port that cannot be had is named with the reason", () => {
  using groups = new Groups();
  groups.surroundings.sets.occupied.add(8080);
  const web = { ...WEB, preferred: 8080 };
  const plan = groups.reserve({ services: [API, web] });
  assert.deepEqual(portsOf(plan), { api: 5001, web: 5000 });
  assert.deepEqual(plan.refusals, [{ tag: "web", port: 8080, refusal: "occupied" }]);
});

Deno.test("a file gets the unsafe ports that it names, and no other", () => {
  using groups = new Groups();
  for (const port of [5000, 5004, 5005, 8080]) groups.surroundings.toggle("unsafe", port);
  const services = [API, WEB, { tag: "zoo", offset: 9, preferred: 8080 }];
  const plan = groups.reserve({ services, base: 5004 });
  assert.deepEqual(portsOf(plan), { api: 5005, web: 5004, zoo: 8080 });
  assert.deepEqual(portsOf(groups.reserve({ path: "/w/b", services: [API, WEB] })), {
    api: 5002,
    web: 5001,
  });
});
