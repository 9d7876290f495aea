/**
 * Writes the JSON Schemas of the configuration files from the declaration of their shape; with
 * `--check` it only says whether they are up to date.
 *
 * A schema cannot say everything: `trop validate` also compares values with each other, and tells
 * `5000` from `5000.0`, `null` from nothing at all, and `007` from 7.
 *
 * @module
 */

import { MAX_PORT } from "../src/domain/port.ts";
import {
  boundsOf,
  GROUP_BASE,
  type Key,
  keysBelow,
  SECTIONS,
  SERVICE_SETTINGS,
  type Setting,
  settingOf,
} from "../src/config/settings.ts";
import type { FileKind } from "../src/config/source.ts";

/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** The files that are generated, and what they describe. */
export const SCHEMA_FILES: Readonly<Record<FileKind, string>> = {
  project: "schema/trop.schema.json",
  user: "schema/trop.user.schema.json",
};

const TITLES: Readonly<Record<FileKind, string>> = {
  project: "trop: the files of a project, trop.yaml and trop.local.yaml",
  user: "trop: the file of a user, config.yaml in the data directory",
};

/** The schema of a kind of file. Draft 7 is what the editors' YAML support understands best. */
export function schemaOf(kind: FileKind): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: TITLES[kind],
    ...mapping("", kind),
  };
}

/** A section whose keys begin with `prefix`, or with an empty one the whole file. */
function mapping(prefix: string, kind: FileKind): Schema {
  const properties = keysBelow(prefix).map((name) => {
    const isSection = name in SECTIONS;
    return [name, isSection ? section(name, kind) : property(`${prefix}${name}` as Key, kind)];
  });
  return closedObject(Object.fromEntries(properties));
}

function section(name: string, kind: FileKind): Schema {
  const schema = { description: SECTIONS[name], ...mapping(`${name}.`, kind) };
  if (name !== "ports") return schema;
  const ends = ["max", "max_offset"];
  const both = Object.fromEntries(ends.map((end) => [end, { type: "integer" }]));
  return { ...schema, not: { type: "object", required: ends, properties: both } };
}

/** Keys that must not be used here may be null, which is no use of them. */
function property(key: Key, kind: FileKind): Schema {
  const setting = settingOf(key);
  if (setting.files.includes(kind)) return valueSchema(setting);
  const place = kind === "user" ? "the file of a project" : "the file of the user";
  return { description: `${setting.summary}; only in ${place}`, type: "null" };
}

function closedObject(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: ["object", "null"], additionalProperties: false, properties };
}

function valueSchema(setting: Setting): Schema {
  return { description: describe(setting), ...defaultOf(setting), ...typeSchema(setting) };
}

function describe({ summary, variables = [] }: Setting): string {
  const [variable] = variables;
  return variable === undefined ? summary : `${summary}. Variable: ${variable}`;
}

function defaultOf({ default: value }: Setting): Schema {
  return value === undefined ? {} : { default: value };
}

function typeSchema(setting: Setting): Schema {
  switch (setting.type) {
    case "text":
      // Numbers and booleans are texts too where a text is wanted.
      return { type: ["string", "number", "boolean", "null"], pattern: "\\S", maxLength: 255 };
    case "boolean":
      return { type: ["boolean", "null"] };
    case "choice":
      return { enum: [...setting.values ?? [], null] };
    case "exclusions":
      return { type: ["array", "null"], items: exclusionSchema() };
    case "group":
      return groupSchema();
    default:
      return integerSchema(setting, ["integer", "null"]);
  }
}

function integerSchema(setting: Setting, type: string | readonly string[]): Schema {
  const { minimum, maximum } = boundsOf(setting);
  return { type, minimum, maximum };
}

function exclusionSchema(): Schema {
  const port = { type: "integer", minimum: 1, maximum: MAX_PORT };
  const number = "\\s*\\+?0*[0-9]{1,5}\\s*";
  return {
    anyOf: [
      { description: "A port", ...port },
      {
        description: "A range such as 5000..5010",
        type: "string",
        pattern: `^${number}(\\.\\.${number})?$`,
      },
      {
        description: "A range with both its ends",
        type: "object",
        required: ["start", "end"],
        properties: { start: port, end: port },
      },
    ],
  };
}

function groupSchema(): Schema {
  const { offset, preferred, env } = SERVICE_SETTINGS;
  const service = closedObject({
    offset: valueSchema(offset),
    preferred: valueSchema(preferred),
    env: {
      description: env.summary,
      type: ["string", "boolean", "null"],
      pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
      maxLength: 255,
    },
  });
  return {
    type: ["object", "null"],
    additionalProperties: false,
    required: ["services"],
    properties: {
      base: valueSchema(GROUP_BASE),
      services: {
        description: "Services by their names",
        type: ["object", "null"],
        propertyNames: { pattern: "\\S", maxLength: 255 },
        additionalProperties: service,
      },
    },
  };
}

/** The text of a schema's file. */
export function schemaText(kind: FileKind): string {
  return `${JSON.stringify(schemaOf(kind), null, 2)}\n`;
}

if (import.meta.main) {
  for (const kind of ["project", "user"] as const) {
    const url = new URL(`../${SCHEMA_FILES[kind]}`, import.meta.url);
    const text = schemaText(kind);
    if (!Deno.args.includes("--check")) await Deno.writeTextFile(url, text);
    else if (await Deno.readTextFile(url) !== text) {
      console.error(`${SCHEMA_FILES[kind]} is stale: run scripts/generate_schema.ts`);
      Deno.exitCode = 1;
    }
  }
}
