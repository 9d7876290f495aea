/**
 * From files, variables and options to the one configuration that is in force.
 *
 * @module
 */

import type { AbsolutePath } from "../domain/path.ts";
import { discoverProject, type Discovery, type ProjectFiles, userFile } from "./discovery.ts";
import { type EffectiveConfig, effectiveConfig } from "./effective.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { exists, readConfigFile } from "./file.ts";
import { type ConfigFlags, readFlags } from "./flags.ts";
import { defaults, mergeLayers } from "./layers.ts";
import { type Problem, problemError } from "./problem.ts";
import { checkFile, checkMerged } from "./rules.ts";
import { KEYS, type Settings } from "./settings.ts";
import { type FileKind, type FileLayer, kindOf } from "./source.ts";

/** What a command wants to know. */
export interface ConfigRequest {
  /** Which files take part: none, or the user's and those of a project, looked for or named. */
  readonly files:
    | { readonly kind: "none" }
    | { readonly kind: "discovered"; readonly from: AbsolutePath }
    | { readonly kind: "named"; readonly project: ProjectFiles };
  /** As `resolveDataDirectory` gives it. */
  readonly dataDirectory: string;
  readonly env: Environment;
  readonly flags?: ConfigFlags;
  /**
   * Whether the command stores a project and a task. All others ignore the variables of the two,
   * so that an empty one does not keep `trop list` from working.
   */
  readonly storesNames?: boolean;
}

/**
 * The configuration in force: built-in values, the user's file, the project's two files, the
 * environment and the options, each above the one before.
 *
 * @throws {TropError} `configuration`, for the first problem there is.
 */
export async function loadConfig(request: ConfigRequest): Promise<EffectiveConfig> {
  const { dataDirectory, env, flags = {}, storesNames = false } = request;
  const loader = new Loader();
  const variables = readEnvironment(env, storesNames ? KEYS : KEYS.filter(isNoName));
  loader.refuse(variables.problems);
  const user = userFile(dataDirectory);
  if (request.files.kind !== "none" && exists(user)) await loader.read(user, "user");
  const builtIn = defaults();
  const found = findProject(request, [builtIn, ...loader.layers, variables.settings]);
  const { project: shared, private: local } = found.files;
  if (shared !== undefined) await loader.read(shared, "project");
  if (local !== undefined) await loader.read(local, "private");
  loader.checkFiles();
  const layers = [builtIn, ...loader.layers, variables.settings, readFlags(flags)];
  const settings = mergeLayers(layers);
  loader.refuse(checkMerged(settings));
  return effectiveConfig(settings, {
    dataDirectory,
    projectFiles: found.files,
    ignored: found.ignored,
  });
}

function isNoName(key: string): boolean {
  return key !== "project" && key !== "task";
}

function findProject({ files }: ConfigRequest, layers: readonly Settings[]): Discovery {
  switch (files.kind) {
    case "none":
      return { files: {} };
    case "named":
      return { files: files.project };
    case "discovered": {
      const { discovery } = mergeLayers(layers);
      return discoverProject(files.from, discovery?.value ?? "checkout");
    }
  }
}

/** Reads files, and refuses what is wrong with a look at the line that is. */
class Loader {
  readonly layers: Settings[] = [];
  readonly #kinds: FileKind[] = [];
  readonly #lines = new Map<string, readonly string[]>();

  /** Adds a file's settings to the layers. */
  async read(file: string, layer: FileLayer): Promise<void> {
    const { text } = readConfigFile(file);
    this.#lines.set(file, text.split("\n"));
    // Most runs have no use for it.
    const { decodeConfig } = await import("./decode.ts");
    const { settings, problems } = await decodeConfig(text, { file, layer });
    this.refuse(problems);
    this.layers.push(settings);
    this.#kinds.push(kindOf(layer));
  }

  /** Judges each file on its own, when all of them could be read. */
  checkFiles(): void {
    this.layers.forEach((settings, index) => {
      this.refuse(checkFile(settings, this.#kinds[index] ?? "project"));
    });
  }

  refuse(problems: Iterable<Problem>): void {
    for (const problem of problems) throw problemError(problem, (file) => this.#lines.get(file));
  }
}
