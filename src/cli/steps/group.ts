/**
 * What the commands that reserve a group have in common, and the words for that.
 *
 * @module
 */

import { groupFile, type ServiceGroup } from "../../config/effective.ts";
import { parseIdentifier } from "../../domain/identifier.ts";
import { formatKey } from "../../domain/reservation.ts";
import { validationError } from "../../errors.ts";
import {
  executeGroup,
  type GroupPlan,
  type GroupRequest,
  planGroup,
} from "../../operations/group.ts";
import { flag, type Given, text } from "../grammar/command.ts";
import { ENVIRONMENT_OPTIONS } from "../grammar/environment_options.ts";
import { OCCUPANCY_OPTIONS, PERMISSION_OPTIONS } from "../grammar/options.ts";
import { environmentRenderer, type Variable } from "../render/environment.ts";
import { makeChange } from "./change.ts";
import { locateGroup } from "./located_group.ts";
import { currentWorld, portRequest } from "./port_request.ts";
import {
  cleanupActions,
  type Execution,
  printDryRun,
  REFUSALS,
  reserveAction,
  warnOfCleanup,
  warnOfUnsafe,
} from "./reserving.ts";
import type { Session } from "./session.ts";

/** The options of `reserve-group` and `autoreserve`. */
export const GROUP_OPTIONS = {
  task: text({ summary: "Task to store", valueName: "TASK", configEnv: "TROP_TASK" }),
  ...ENVIRONMENT_OPTIONS,
  force: flag({
    summary: "Replace reservations that are not the group's; the same as --allow-change and " +
      "--allow-unrelated-path besides",
  }),
  ...PERMISSION_OPTIONS,
  dryRun: flag({ summary: "Say what would be done, and do nothing" }),
  ...OCCUPANCY_OPTIONS,
};

type GroupOptions = Given<typeof GROUP_OPTIONS>;

/** Those of a group command's options that take part in the configuration. */
export function groupFlags({ task: _task, format: _format, ...flags }: GroupOptions) {
  return flags;
}

/** {@linkcode reservePort} for all services of a group. */
export function reserveGroup<T>(
  session: Session,
  request: GroupRequest,
  execution: Execution,
  prepare: (variables: readonly Variable[]) => T,
): Promise<{ readonly plan: GroupPlan; readonly product: T }> {
  const world = currentWorld(session);
  return makeChange(session, execution, {
    plan: (transaction) => {
      const plan = planGroup(transaction, request, world);
      return { plan, product: prepare(toVariables(request.group, plan)) };
    },
    execute: (transaction, done) => {
      executeGroup(transaction, done.plan);
      return done;
    },
  });
}

function toVariables({ services }: ServiceGroup, { reservations }: GroupPlan): Variable[] {
  const ports = new Map(reservations.map(({ tag, port }) => [tag, port]));
  return services.flatMap(({ tag, variable }) => {
    const port = ports.get(tag);
    return port === undefined ? [] : [{ tag, name: variable, port }];
  });
}

/** What tells the two commands apart. */
export interface GroupCommand {
  readonly name: string;
  /** Where the group comes from, in the words of a dry run. */
  readonly origin: string;
  /** What is said of it when the ports are reserved. */
  readonly announcement?: string;
}

/**
 * All that is left of a group command when the configuration is known.
 *
 * @throws {TropError} `validation` without a group, of an unknown shell or of a bad task, and what
 * {@linkcode planGroup} throws.
 */
export async function runGroupCommand(
  session: Session,
  { task, force, dryRun, ...rendering }: GroupOptions,
  { name, origin, announcement }: GroupCommand,
): Promise<void> {
  const { config, host, output } = session;
  const located = locateGroup(session);
  if (located === undefined) {
    throw validationError("reservations", `${groupFile(config)} defines no group of services`);
  }
  const render = environmentRenderer(rendering, host.env);
  const request: GroupRequest = {
    ...portRequest(config, { force }),
    ...(task !== undefined &&
      { task: { kind: "set", value: parseIdentifier("task", task) } as const }),
    ...located,
    replace: force,
  };
  const { plan, product } = await reserveGroup(session, request, { command: name, dryRun }, render);
  if (dryRun) printDryRun(output, [origin, ...groupActions(plan)]);
  else {
    output.product(product);
    if (announcement !== undefined) output.status(announcement);
    output.status(`Reserved ${plan.reservations.length} ports.`);
  }
  warnOfGroup(session, plan);
}

/** What the plan does, a line each. */
export function groupActions({ kind, reservations, previous, stale }: GroupPlan): string[] {
  const replaced = kind === "replace" ? previous : [];
  return [
    ...cleanupActions(stale),
    ...replaced.map((gone) => `Remove port ${gone.port} for ${formatKey(gone)}`),
    ...reservations.map((reservation) => {
      return reserveAction(reservation, kind === "refresh" ? reservation : undefined);
    }),
  ];
}

/** Warns of what nobody would expect of the plan. */
export function warnOfGroup(
  { config, output }: Session,
  { reservations, stale, refusals }: GroupPlan,
): void {
  warnOfCleanup(output, stale, "the group found room");
  const ports = new Map(reservations.map(({ tag, port }) => [tag, port]));
  for (const { tag, port, refusal } of refusals) {
    output.warn(
      `port ${port}, which ${tag} prefers, is ${REFUSALS[refusal]}; ` +
        `port ${ports.get(tag)} is used instead`,
    );
  }
  warnOfUnsafe({ config, output }, [...ports.values()]);
}
