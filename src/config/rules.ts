/**
 * What makes sense in a configuration. Each file is judged on its own, and then what all layers
 * together say. The rules are generators in a fixed order: a command that needs a sound
 * configuration takes the first problem, `trop validate` takes them all.
 *
 * @module
 */

import { exclusionProblem } from "../domain/exclusion.ts";
import { parseIdentifier } from "../domain/identifier.ts";
import { MAX_PORT } from "../domain/port.ts";
import { compareBytes, trimWhiteSpace } from "../domain/text.ts";
import { TropError } from "../errors.ts";
import {
  deriveEnvironmentName,
  environmentNameProblem,
  isPlainTag,
  toUpperAscii,
} from "./group.ts";
import type { Problem } from "./problem.ts";
import {
  boundsOf,
  type Group,
  GROUP_BASE,
  type Key,
  type Service,
  SERVICE_SETTINGS,
  type Setting,
  SETTINGS,
  type Settings,
} from "./settings.ts";
import { BUILT_IN, type FileKind, formatSource, type Located, moreSpecific } from "./source.ts";

type Problems = Generator<Problem, void>;

/** The rules for one file. */
export function* checkFile(settings: Settings, kind: FileKind): Problems {
  if (kind === "user") {
    yield* checkForeign(settings, "project", "the user file applies to every project");
    yield* checkForeign(settings, "reservations", "the user file applies to every project");
  } else {
    yield* checkForeign(settings, "sqlite_journal", "all projects have one database");
    yield* checkForeign(settings, "discovery", "it decides which project files are read");
  }
  yield* checkSettings(settings);
}

/** The rules for all layers together. */
export function* checkMerged(settings: Settings): Problems {
  yield* checkSettings(settings);
  yield* checkIdentifier("task", settings.task);
}

/**
 * What `trop validate` asks of a file besides: a group that can be reserved. It is no rule for
 * loading, because other commands work without a group.
 */
export function* checkGroupUse(settings: Settings): Problems {
  const group = settings.reservations;
  if (!group?.value) return;
  const { base, services } = group.value;
  if (services.length === 0) {
    yield problem("reservations.services", "must name at least one service", group);
  }
  const min = settings["ports.min"];
  const end = rangeEnd(settings);
  if (base && min && base.value < min.value) {
    yield problem("reservations.base", `${base.value} is below ports.min ${min.value}`, base);
  } else if (base && end && base.value > end.port) {
    yield problem("reservations.base", `${base.value} is above the last port ${end.port}`, base);
  }
}

function* checkSettings(settings: Settings): Problems {
  yield* checkIdentifier("project", settings.project);
  if (settings.reservations?.value) yield* checkGroup(settings.reservations.value);
  yield* checkRange(settings);
  yield* checkExclusions(settings);
  yield* checkBounds("cleanup.expire_after_days", settings);
  yield* checkBounds("maximum_lock_wait_seconds", settings);
}

function* checkForeign(settings: Settings, key: Key, reason: string): Problems {
  const located = settings[key];
  if (located) yield problem(key, `must not be set in this file: ${reason}`, located);
}

function* checkIdentifier(key: "project" | "task", located?: Located<string | null>): Problems {
  if (!located || located.value === null) return;
  const message = identifierProblem(located.value);
  if (message !== undefined) yield problem(key, message, located);
}

function identifierProblem(text: string): string | undefined {
  try {
    parseIdentifier("", text);
    return undefined;
  } catch (error) {
    if (error instanceof TropError && error.failure.code === "validation") {
      return error.failure.message;
    }
    throw error;
  }
}

function* checkBounds(key: NumberKey, settings: Settings): Problems {
  yield* checkNumber(key, SETTINGS[key], settings[key]);
}

type NumberKey =
  | "ports.min"
  | "ports.max"
  | "cleanup.expire_after_days"
  | "maximum_lock_wait_seconds";

function* checkNumber(field: string, setting: Setting, located?: Located<number>): Problems {
  if (!located) return;
  const { minimum, maximum } = boundsOf(setting);
  const { value } = located;
  if (value < minimum) yield problem(field, `must be at least ${minimum}, found ${value}`, located);
  if (value > maximum) yield problem(field, `must not exceed ${maximum}, found ${value}`, located);
}

function* checkRange(settings: Settings): Problems {
  const { "ports.min": min, "ports.max": max, "ports.max_offset": offset } = settings;
  yield* checkBounds("ports.min", settings);
  yield* checkBounds("ports.max", settings);
  if (min && max && max.value < min.value) {
    const words = `the maximum ${max.value} is below the minimum ${min.value}`;
    yield problem("ports", words + originOfOther(min, max), moreSpecific(min, max));
  }
  yield* checkNumber("ports.max_offset", SETTINGS["ports.max_offset"], offset);
  if (min && offset && min.value + offset.value > MAX_PORT) {
    const sum = `${min.value} + ${offset.value} = ${min.value + offset.value}`;
    const words = `the range ends above ${MAX_PORT}: ${sum}`;
    yield problem(
      "ports.max_offset",
      words + originOfOther(min, offset),
      moreSpecific(min, offset),
    );
  }
  if (max && offset) yield problem("ports", "max and max_offset exclude each other", offset);
}

/** Where the less specific of two values came from, if that was not the same layer. */
function originOfOther(min: Located<number>, end: Located<number>): string {
  if (min.source.layer === end.source.layer) return "";
  const isMin = moreSpecific(min, end) === end;
  const { source } = isMin ? min : end;
  return `; the ${isMin ? "minimum" : "maximum"} comes from ${formatSource(source)}`;
}

/** The last port of the range, as far as `settings` know it. */
export function rangeEnd(settings: Settings): { readonly port: number } | undefined {
  const { "ports.min": min, "ports.max": max, "ports.max_offset": offset } = settings;
  if (max) return { port: max.value };
  return min && offset ? { port: min.value + offset.value } : undefined;
}

function* checkExclusions(settings: Settings): Problems {
  const indexes = new Map<string, number>();
  for (const entry of settings.excluded_ports?.value ?? []) {
    // The index is that in the entry's own list, not in the lists of all layers.
    const index = indexes.get(entry.source.layer) ?? 0;
    indexes.set(entry.source.layer, index + 1);
    const message = exclusionProblem(entry.value);
    if (message !== undefined) yield problem(`excluded_ports[${index}]`, message, entry);
  }
}

function* checkGroup({ base, services }: Group): Problems {
  yield* checkNumber("reservations.base", GROUP_BASE, base);
  const taken = new Taken();
  const inOrder = services
    .map((service) => ({ service, tag: trimWhiteSpace(service.tag.value) }))
    .toSorted((a, b) => compareBytes(a.tag, b.tag));
  for (const { service, tag } of inOrder) {
    const isLineHidden = !isPlainTag(tag);
    for (const problem of checkService(service, tag, taken)) {
      yield { ...problem, isLineHidden: isLineHidden || NAME_FIELDS.includes(problem.field) };
    }
  }
}

/** Fields whose problems show nothing of a name, which could be made to look like a command. */
const NAME_FIELDS = ["reservations.services.tag", "reservations.services.env"];

/** What the services of a group have taken so far; each needs its own. */
class Taken {
  readonly tags = new Set<string>();
  readonly offsets = new Set<number>();
  readonly preferred = new Set<number>();
  readonly names = new Set<string>();
}

function* checkService(service: Service, tag: string, taken: Taken): Problems {
  const { offset = { value: 0, source: service.tag.source }, preferred, env } = service;
  const tagProblem = identifierProblem(service.tag.value);
  if (tagProblem !== undefined) {
    yield problem("reservations.services.tag", tagProblem, service.tag);
  } else if (!take(taken.tags, tag)) {
    const message = "Service tags must be unique after trimming whitespace";
    yield problem("reservations.services.tag", message, service.tag);
  }
  if (!take(taken.offsets, offset.value)) {
    const words = service.offset ? "" : ", which it is when it is left out";
    const message = `must be unique in the group, found ${offset.value} again${words}`;
    yield problem("reservations.services.offset", message, offset);
  }
  yield* checkNumber("reservations.services.preferred", SERVICE_SETTINGS.preferred, preferred);
  if (preferred && !take(taken.preferred, preferred.value)) {
    const message = `must be unique in the group, found ${preferred.value} again`;
    yield problem("reservations.services.preferred", message, preferred);
  }
  const explicitProblem = env && environmentNameProblem(env.value);
  if (env && explicitProblem !== undefined) {
    yield problem("reservations.services.env", explicitProblem, env);
    return;
  }
  const name = env ? env.value : deriveEnvironmentName(tag);
  if (name === undefined) {
    // A tag that is no tag at all has been reported already.
    if (tagProblem === undefined) {
      const message = "does not make the name of a variable; add env to this service";
      yield problem("reservations.services.tag", message, service.tag);
    }
  } else if (!take(taken.names, toUpperAscii(name))) {
    const message = "the names of variables must be unique, whatever their case";
    yield problem("reservations.services.env", message, env ?? service.tag);
  }
}

/** Adds `value`, unless it is there already. */
function take<T>(taken: Set<T>, value: T): boolean {
  if (taken.has(value)) return false;
  taken.add(value);
  return true;
}

function problem(field: string, message: string, located?: Located<unknown>): Problem {
  return { kind: "rule", field, message, source: located?.source ?? BUILT_IN };
}
