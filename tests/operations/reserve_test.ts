import assert from "node:assert/strict";
import fc from "fast-check";
import { openEmptyDatabase } from "../../src/database/connection.ts";
import { databaseOptions } from "../../src/database/config.ts";
import { atPath, list } from "../../src/database/operations.ts";
import { withRead, withWrite } from "../../src/database/transaction.ts";
import type { AbsolutePath } from "../../src/domain/path.ts";
import type { Port } from "../../src/domain/port.ts";
import type { Reservation } from "../../src/domain/reservation.ts";
import { TropError } from "../../src/errors.ts";
import { executeRelease, planRelease } from "../../src/operations/release.ts";
import { failureOf } from "../support/database.ts";
import type { FieldRequest } from "../../src/operations/request.ts";
import { executeReserve, planReserve, type ReserveRequest } from "../../src/operations/reserve.ts";
import { Surroundings, type ToggledSet } from "./surroundings.ts";

// A small world: so few ports and directories that every rule comes into play all the time.
const MIN = 5000;
const MAX = 5005;
const DIRECTORIES = ["/w", "/w/a", "/w/b", "/w/b/c"] as const;
const TAGS = [null, "web"] as const;
const MAX_AGE = 100;

/** One thing that happens. */
type Step =
  | { readonly do: "reserve"; readonly request: Wish; readonly dryRun: boolean }
  | { readonly do: "release"; readonly path: string; readonly recursive: boolean }
  | { readonly do: "toggle"; readonly what: ToggledSet; readonly port: number }
  | { readonly do: "vanish"; readonly path: string }
  | { readonly do: "wait"; readonly seconds: number };

interface Wish {
  readonly path: string;
  readonly tag: string | null;
  readonly project: FieldRequest;
  readonly allowProjectChange: boolean;
  readonly overwrite: boolean;
  readonly preferred: number | undefined;
  readonly ignoreOccupied: boolean;
  readonly ignoreExclusions: boolean;
  readonly prune: boolean;
  readonly expire: boolean;
}

/** What a step came to: the port that was given and how, or the code of the failure. */
type Outcome =
  | { readonly port: number; readonly refusal: string | undefined; readonly cleaned: boolean }
  | { readonly code: string; readonly blockers?: unknown; readonly uncertain?: number }
  | { readonly released: number }
  | undefined;

type Row = { -readonly [K in keyof Reservation]: Reservation[K] };

/** The rules once more, as plainly as they can be said: a list of rows and loops over all ports. */
class Model {
  rows: Row[] = [];

  constructor(readonly surroundings: Surroundings) {}

  reserve(wish: Wish): Outcome {
    const { path, tag } = wish;
    const { now, gone } = this.surroundings;
    const before = this.rows.map((row) => ({ ...row }));
    const own = this.rows.find((row) => row.path === path && row.tag === tag);
    const project = wish.project.kind === "set"
      ? wish.project.value
      : wish.project.kind === "clear"
      ? null
      : own?.project ?? (own ? null : `guess of ${path}`);
    if (own && own.project !== project && !wish.allowProjectChange) return { code: "sticky-field" };
    if (own && !wish.overwrite) {
      own.project = project;
      own.lastUsedAt = now;
      return { port: own.port, refusal: undefined, cleaned: false };
    }
    const createdAt = own?.createdAt ?? now;
    let cleaned = false;
    let found = this.#choose(wish);
    if (!found && (wish.prune || wish.expire)) {
      this.rows = this.rows.filter((row) =>
        !(wish.prune && gone.has(row.path)) &&
        !(wish.expire && Math.max(0, now - MAX_AGE) > row.lastUsedAt)
      );
      cleaned = true;
      found = this.#choose(wish);
    }
    if (!found) {
      const failure = this.#whyNot(wish);
      this.rows = before;
      return failure;
    }
    this.rows = this.rows.filter((row) => row.path !== path || row.tag !== tag);
    this.rows.push({
      path: path as AbsolutePath,
      tag,
      port: found.port as Port,
      project,
      task: null,
      createdAt,
      lastUsedAt: now,
    });
    return { ...found, cleaned };
  }

  #isReserved(port: number, { path, tag }: Wish): boolean {
    return this.rows.some((row) => row.port === port && !(row.path === path && row.tag === tag));
  }

  #isInUse(port: number): boolean {
    const { occupied, uncertain } = this.surroundings.sets;
    return occupied.has(port) || uncertain.has(port);
  }

  #choose(wish: Wish): { port: number; refusal: string | undefined } | undefined {
    const { excluded, unsafe } = this.surroundings.sets;
    const { preferred } = wish;
    let refusal: string | undefined;
    if (preferred !== undefined) {
      if (preferred < MIN || preferred > MAX) refusal = "out of range";
      else if (this.#isReserved(preferred, wish)) refusal = "reserved";
      else if (excluded.has(preferred) && !wish.ignoreExclusions) refusal = "excluded";
      else if (this.#isInUse(preferred) && !wish.ignoreOccupied) {
        refusal = this.surroundings.sets.occupied.has(preferred) ? "occupied" : "uncertain";
      } else return { port: preferred, refusal };
    }
    for (let port = MIN; port <= MAX; port++) {
      const isFree = !this.#isReserved(port, wish) && !excluded.has(port) && !unsafe.has(port) &&
        !this.#isInUse(port);
      if (isFree) return { port, refusal };
    }
    return undefined;
  }

  #whyNot(wish: Wish): Outcome {
    const { excluded, unsafe, occupied, uncertain } = this.surroundings.sets;
    const blockers = { reserved: 0, excluded: 0, unsafe: 0, occupied: 0 };
    let first: number | undefined;
    for (let port = MIN; port <= MAX; port++) {
      if (this.#isReserved(port, wish)) blockers.reserved++;
      else if (excluded.has(port)) blockers.excluded++;
      else if (unsafe.has(port)) blockers.unsafe++;
      else {
        blockers.occupied++;
        if (uncertain.has(port) && !occupied.has(port)) first ??= port;
      }
    }
    if (first === undefined) return { code: "range-exhausted", blockers };
    return blockers.occupied === MAX - MIN + 1
      ? { code: "probe-failed", uncertain: first }
      : { code: "range-exhausted", blockers, uncertain: first };
  }

  release(path: string, recursive: boolean): Outcome {
    const before = this.rows.length;
    this.rows = this.rows.filter((row) =>
      row.path !== path && !(recursive && row.path.startsWith(`${path}/`))
    );
    return { released: before - this.rows.length };
  }
}

const wish: fc.Arbitrary<Wish> = fc.record({
  path: fc.constantFrom(...DIRECTORIES),
  tag: fc.constantFrom(...TAGS),
  project: fc.oneof(
    { weight: 4, arbitrary: fc.constant<FieldRequest>({ kind: "keep" }) },
    { weight: 1, arbitrary: fc.constant<FieldRequest>({ kind: "clear" }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("x", "y").map((value): FieldRequest => ({ kind: "set", value })),
    },
  ),
  allowProjectChange: fc.boolean(),
  overwrite: fc.boolean(),
  preferred: fc.option(fc.integer({ min: MIN - 1, max: MAX + 1 }), { nil: undefined }),
  ignoreOccupied: fc.boolean(),
  ignoreExclusions: fc.boolean(),
  prune: fc.boolean(),
  expire: fc.boolean(),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("reserve" as const),
      request: wish,
      dryRun: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("release" as const),
      path: fc.constantFrom(...DIRECTORIES),
      recursive: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("toggle" as const),
      what: fc.constantFrom<ToggledSet>("excluded", "occupied", "uncertain", "unsafe"),
      port: fc.integer({ min: MIN, max: MAX }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("vanish" as const),
      path: fc.constantFrom(...DIRECTORIES),
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

function toRequest(wish: Wish, { sets }: Surroundings): ReserveRequest {
  return {
    key: { path: wish.path as AbsolutePath, tag: wish.tag },
    project: wish.project,
    task: { kind: "clear" },
    allowProjectChange: wish.allowProjectChange,
    allowTaskChange: true,
    allowUnrelatedPath: true,
    overwrite: wish.overwrite,
    preference: wish.preferred === undefined ? undefined : {
      port: wish.preferred as Port,
      ignoreOccupied: wish.ignoreOccupied,
      ignoreExclusions: wish.ignoreExclusions,
    },
    range: { min: MIN as Port, max: MAX as Port },
    isExcluded: (port) => sets.excluded.has(port),
    isUnsafe: (port) => sets.unsafe.has(port),
    cleanup: { prune: wish.prune, expire: wish.expire, maxAge: MAX_AGE },
  };
}

function outcomeOf(act: () => Outcome): Outcome {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TropError)) throw error;
    const { failure } = error;
    if (failure.code === "probe-failed") return { code: failure.code, uncertain: failure.port };
    if (failure.code !== "range-exhausted") return { code: failure.code };
    const { code, blockers, failure: unclear } = failure;
    return { code, blockers, ...(unclear && { uncertain: unclear.port }) };
  }
}

function play(steps: readonly Step[]): void {
  using database = openEmptyDatabase(databaseOptions("/in/memory"));
  const surroundings = new Surroundings();
  const model = new Model(surroundings);
  const reserve = (wish: Wish, dryRun: boolean): Outcome =>
    outcomeOf(() => {
      const request = toRequest(wish, surroundings);
      const { world } = surroundings;
      const plan = dryRun
        ? withRead(database, "planning", (tx) => planReserve(tx, request, world))
        : withWrite(database, "reserving", (tx) => {
          const plan = planReserve(tx, request, world);
          executeReserve(tx, plan);
          return plan;
        });
      const { reservation: { port }, refusal, stale } = plan;
      return { port, refusal, cleaned: stale !== undefined };
    });
  for (const step of steps) {
    switch (step.do) {
      case "reserve": {
        // A dry run foretells what the live run then does, and changes nothing.
        const foretold = step.dryRun ? reserve(step.request, true) : undefined;
        const actual = reserve(step.request, false);
        if (foretold !== undefined) assert.deepEqual(foretold, actual);
        assert.deepEqual(actual, model.reserve(step.request));
        break;
      }
      case "release": {
        const request = {
          path: step.path as AbsolutePath,
          tags: "all",
          recursive: step.recursive,
          allowUnrelatedPath: true,
        } as const;
        const released = withWrite(database, "releasing", (tx) => {
          return executeRelease(tx, planRelease(tx, request, "/" as AbsolutePath));
        });
        assert.deepEqual({ released }, model.release(step.path, step.recursive));
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
    const stored = withRead(database, "reading", list).toSorted(byPort);
    assert.deepEqual(stored, model.rows.toSorted(byPort));
  }
}

function byPort(a: { readonly port: number }, b: { readonly port: number }): number {
  return a.port - b.port;
}

Deno.test("reserve and release do, in 2,000 random histories, what the plain rules say", () => {
  fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), play), { numRuns: 2000 });
});

Deno.test("a failed reserve takes back the clean-up that it made", () => {
  using database = openEmptyDatabase(databaseOptions("/in/memory"));
  const surroundings = new Surroundings();
  surroundings.gone.add("/w/a");
  const ask = (path: string, preferred: number) => {
    const wish = { path, tag: null, project: { kind: "keep" }, preferred } as const;
    const flags = { allowProjectChange: false, overwrite: false, prune: true, expire: true };
    const ignore = { ignoreOccupied: false, ignoreExclusions: false };
    const request = toRequest({ ...wish, ...flags, ...ignore }, surroundings);
    return withWrite(database, "reserving", (tx) => {
      return executeReserve(tx, planReserve(tx, request, surroundings.world));
    });
  };
  ask("/w/a", MIN);
  for (let port = MIN; port <= MAX; port++) surroundings.sets.excluded.add(port);
  const failure = failureOf(() => ask("/w/b", MIN));
  assert(failure.code === "range-exhausted");
  assert.equal(failure.pruned, 1);
  const kept = withRead(database, "reading", (tx) => atPath(tx, "/w/a" as AbsolutePath));
  assert.equal(kept.length, 1);
});
