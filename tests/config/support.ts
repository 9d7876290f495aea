/**
 * Configurations for tests: a home, a project and variables, all of them given in place.
 *
 * @module
 */

import assert from "node:assert/strict";
import { nativePaths } from "../../src/domain/path.ts";
import { report } from "../../src/cli/report.ts";
import { type Decoded, decodeDocument } from "../../src/config/decode.ts";
import type { EffectiveConfig } from "../../src/config/effective.ts";
import type { ConfigFlags } from "../../src/config/flags.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { FileIdentity } from "../../src/config/source.ts";
import { parseYaml } from "../../src/config/yaml_document.ts";
import { parseSimpleYaml } from "../../src/config/yaml_simple.ts";
import { TropError } from "../../src/errors.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** What each layer says; a layer that is left out says nothing. */
export interface Layers {
  /** The text of `config.yaml`. */
  readonly user?: string;
  /** The text of `trop.yaml`. */
  readonly project?: string;
  /** The text of `trop.local.yaml`. */
  readonly private?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: ConfigFlags;
  readonly storesNames?: boolean;
}

/** The configuration that `layers` make, their files named `<user>`, `<project>`, `<private>`. */
export async function load(layers: Layers): Promise<EffectiveConfig> {
  using directory = temporaryDirectory();
  return await loadIn(directory.path, layers);
}

/** What {@linkcode load} fails with, as a user reads it, without the directory's name. */
export async function loadError(layers: Layers): Promise<string> {
  using directory = temporaryDirectory();
  try {
    await loadIn(directory.path, layers);
  } catch (error) {
    if (!(error instanceof TropError)) throw error;
    const { text, exitCode } = report(error, { usage: "", debug: false });
    return `${exitCode} ${text.trimEnd()}`.replaceAll(`${directory.path}/`, "");
  }
  return "no error";
}

async function loadIn(directory: string, layers: Layers): Promise<EffectiveConfig> {
  const { user, project, private: local, env = {}, flags = {}, storesNames = true } = layers;
  const write = (name: string, text: string | undefined) => {
    if (text !== undefined) Deno.writeTextFileSync(`${directory}/${name}`, text);
  };
  Deno.mkdirSync(`${directory}/home`);
  write("home/config.yaml", user);
  write("trop.yaml", project);
  write("trop.local.yaml", local);
  return await loadConfig({
    files: {
      kind: "discovered",
      from: nativePaths.normalise(directory, { cwd: directory, home: undefined }),
    },
    dataDirectory: `${directory}/home`,
    env: (name) => env[name],
    flags,
    storesNames,
  });
}

/** What a text says, which must not depend on the parser. */
export function decodeConfig(text: string, identity: FileIdentity): Decoded {
  const document = parseYaml(text);
  const simple = parseSimpleYaml(text);
  if (simple !== undefined) assert.deepEqual(simple, document, text);
  return decodeDocument(document, identity);
}

/** The values in a project's file, by their keys, or its problems as `line:column field: message`. */
export function decode(text: string): Record<string, unknown> | string[] {
  const { settings, problems } = decodeConfig(text, { file: "trop.yaml", layer: "project" });
  if (problems.length > 0) {
    return problems.map(({ source, field, message }) => {
      const place = "line" in source ? `${source.line}:${source.column} ` : "";
      return `${place}${field}${field && ": "}${message}`;
    });
  }
  return plain(settings) as Record<string, unknown>;
}

/** `located` without any places. */
export function plain(located: unknown): unknown {
  if (Array.isArray(located)) return located.map(plain);
  if (located === null || typeof located !== "object") return located;
  if ("source" in located && "value" in located) return plain(located.value);
  return Object.fromEntries(Object.entries(located).map(([key, value]) => [key, plain(value)]));
}
