import { environmentNameProblem } from "../../config/group.ts";
import type { AbsolutePath } from "../../domain/path.ts";
import { TropError } from "../../errors.ts";
import { defineCommand, flag, text } from "../grammar/command.ts";
import {
  OCCUPANCY_OPTIONS,
  PERMISSION_OPTIONS,
  tagOption,
  targetOption,
} from "../grammar/options.ts";
import { titleOf } from "../grammar/titles.ts";
import { fillPlaceholders } from "../placeholders.ts";
import { type EnvironmentChange, findProgram, removeNodeShim, runProgram } from "../program.ts";
import type { Variable } from "../render/environment.ts";
import { groupActions, reserveGroup, warnOfGroup } from "../steps/group.ts";
import { type LocatedGroup, locateGroup } from "../steps/located_group.ts";
import { portRequest } from "../steps/port_request.ts";
import { printDryRun, reserveActions, reservePort, warnOfReserve } from "../steps/reserving.ts";
import { readTag, resolveTarget, type Session, startSession } from "../steps/session.ts";

const OPTIONS = {
  path: targetOption("Directory to reserve for, whatever group is in force"),
  tag: tagOption(
    "Which port is PORT: a service of the group, or one of the directory's",
    "services",
  ),
  env: text({ summary: "Variable in place of PORT", valueName: "NAME", default: "PORT" }),
  keepEnv: flag({ summary: "Leave variables alone that are set already" }),
  ...PERMISSION_OPTIONS,
  dryRun: flag({ summary: "Say what would be run, and do nothing" }),
  ...OCCUPANCY_OPTIONS,
};

/** `trop run`: the ports reach a program without a shell. */
export const run = defineCommand({
  ...titleOf("run"),
  description: [
    "Reserves the port of the directory, or those of the whole group where a trop.yaml with one " +
    "is in force, and runs the program with PORT, or the names of the group, set to them. In its " +
    "arguments {port} and {port:api} are replaced; ${port} and {{port}} are not.",
    "TROP_OWNER is set to the directory that the ports belong to.",
    "Ends as env(1) does: with the program's exit code, 128 and the number of the signal that " +
    "ended it, 127 when it is not found, 126 when it cannot be executed, and 125 when trop itself " +
    "fails; then the program was not started.",
  ],
  options: OPTIONS,
  trailing: { summary: "Program and its arguments", valueName: "COMMAND" },
  failureExitCode: 125,
  examples: [
    { command: "trop run -- npm start", effect: "Start a server that reads PORT" },
    { command: "trop run -- vite --port {port}", effect: "Start one that wants an argument" },
    { command: "trop run --tag api -- ./server", effect: "Give it one service's port as PORT" },
  ],
  exitCodes: [
    ["125", "trop failed, and the program was not started"],
    ["126", "The program cannot be executed"],
    ["127", "There is no such program"],
    ["128+n", "Signal n ended the program"],
    ["other", "The program's own"],
  ],
  async run(invocation) {
    const { options, trailing, output } = invocation;
    const { dryRun, keepEnv } = options;
    removeNodeShim();
    const session = await startSession(invocation, options, { storesNames: true });
    const wish: Wish = {
      words: trailing,
      tag: readTag(options.tag),
      name: readVariableName(options.env),
      keepEnv,
      dryRun,
    };
    const group = options.path === undefined ? locateGroup(session) : undefined;
    const { actions, words, change } = group === undefined
      ? await reserveOne(session, wish, resolveTarget(session, options.path))
      : await reserveAll(session, wish, group);
    // The database is closed by now: the program may run for days.
    if (!dryRun) return await runProgram(words, change);
    findProgram(words[0] ?? "");
    const assignments = Object.entries(change.set).map(([name, value]) => `${name}=${value}`);
    printDryRun(output, [...actions, `Run ${[...assignments, ...words].map(quoteWord).join(" ")}`]);
    return 0;
  },
});

/** What is asked for. */
interface Wish {
  readonly words: readonly string[];
  readonly tag: string | undefined;
  /** The variable for the one port that is chosen, if it is named. */
  readonly name: string | undefined;
  readonly keepEnv: boolean;
  readonly dryRun: boolean;
}

/** What is run, and what was done for it. */
interface Start extends Preparation {
  readonly actions: readonly string[];
}

interface Preparation {
  readonly words: readonly string[];
  readonly change: EnvironmentChange;
}

/** The ports to run with. */
interface Ports {
  /** The directory that they belong to. */
  readonly path: AbsolutePath;
  readonly variables: readonly Variable[];
  /** The one of them that `{port}` stands for. */
  readonly chosen?: Variable;
}

async function reserveOne(session: Session, wish: Wish, path: AbsolutePath): Promise<Start> {
  const { tag = null, name = "PORT", dryRun } = wish;
  const request = {
    ...portRequest(session.config, { force: false }),
    key: { path, tag },
    overwrite: false,
    preference: undefined,
  };
  const execution = { command: "run", dryRun };
  const { plan, product } = await reservePort(session, request, execution, ({ port }) => {
    const chosen = { tag, name, port };
    return prepare(session, wish, { path, variables: [chosen], chosen });
  });
  warnOfReserve(session, plan);
  return { actions: reserveActions(plan), ...product };
}

async function reserveAll(session: Session, wish: Wish, located: LocatedGroup): Promise<Start> {
  const { tag, name, dryRun } = wish;
  if (tag === undefined && name !== undefined) {
    throw invalidArguments("--env names the variable of one port, so choose a service with --tag");
  }
  const tags = located.group.services.map((service) => service.tag);
  if (tag !== undefined && !tags.includes(tag)) {
    throw invalidArguments(`the group has no service '${tag}', want one of ${tags.join(", ")}`);
  }
  const request = {
    ...portRequest(session.config, { force: false }),
    ...located,
    replace: false,
  };
  const execution = { command: "run", dryRun };
  const { plan, product } = await reserveGroup(session, request, execution, (services) => {
    const service = services.find((service) => service.tag === tag);
    if (service === undefined) return prepare(session, wish, { ...located, variables: services });
    const chosen = { ...service, name: name ?? "PORT" };
    return prepare(session, wish, { ...located, variables: [...services, chosen], chosen });
  });
  warnOfGroup(session, plan);
  return { actions: groupActions(plan), ...product };
}

/** A variable of the program. */
interface Assignment {
  readonly name: string;
  readonly value: string;
}

function prepare({ host }: Session, { words, keepEnv }: Wish, ports: Ports): Preparation {
  const { path, variables } = ports;
  const isWanted = ({ name }: Assignment) => !keepEnv || host.env(name) === undefined;
  const ofPorts = variables.map(({ name, port }) => ({ name, value: `${port}` })).filter(isWanted);
  const owner = { name: "TROP_OWNER", value: path };
  // Nothing but what is set here belongs to the directory.
  const all = ofPorts.length > 0 && isWanted(owner) ? [...ofPorts, owner] : ofPorts;
  const set = Object.fromEntries(all.map(({ name, value }) => [name, value]));
  // A PORT that `trop run` set for another directory would be taken for one of these.
  const before = host.env(owner.name);
  const isLeaked = !keepEnv && !("PORT" in set) && before !== undefined && before !== path;
  return { words: fill(words, ports), change: { set, unset: isLeaked ? ["PORT"] : [] } };
}

/** @throws {TropError} `invalid-arguments` for a placeholder that stands for no port. */
function fill(words: readonly string[], { variables, chosen }: Ports): string[] {
  const ports = new Map(variables.map(({ tag, port }) => [tag ?? undefined, port]));
  if (chosen !== undefined) ports.set(undefined, chosen.port);
  return fillPlaceholders(words, (tag) => {
    const port = ports.get(tag);
    if (port !== undefined) return port;
    const known = [...ports.keys()].map(placeholder).join(", ");
    const hint = chosen === undefined ? "; --tag chooses the service that {port} stands for" : "";
    throw invalidArguments(`no port for ${placeholder(tag)}, want one of ${known}${hint}`);
  });
}

function placeholder(tag: string | undefined): string {
  return tag === undefined ? "{port}" : `{port:${tag}}`;
}

/** @throws {TropError} `invalid-arguments` unless it can be a variable's name. */
function readVariableName(name: string | undefined): string | undefined {
  const problem = name === undefined ? undefined : environmentNameProblem(name);
  if (problem === undefined) return name;
  throw invalidArguments(`Cannot take this name for --env: ${problem}`);
}

function invalidArguments(message: string): TropError {
  return new TropError({ code: "invalid-arguments", message });
}

/** A word as a shell would have to get it. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
