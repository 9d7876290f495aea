import type { ConfigFlags } from "../../config/flags.ts";
import { boundsOf, type Key, KEYS, type Setting, settingOf } from "../../config/settings.ts";
import {
  choice,
  defineCommand,
  type Flag,
  flag,
  GLOBAL_OPTIONS,
  integer,
  text,
  type Value,
} from "../grammar/command.ts";
import { titleOf } from "../grammar/titles.ts";
import { renderConfigYaml } from "../render/config_yaml.ts";
import { renderJson } from "../render/json.ts";
import { ephemeralWarning } from "../steps/occupancy_words.ts";
import { startSession } from "../steps/session.ts";

/** Keys whose option means something else here. */
const WITHOUT_OPTION: readonly Key[] = ["output_format"];

/** `trop config`: prints the configuration in force and where each value came from. */
export const config = defineCommand({
  ...titleOf("config"),
  description: [
    "The layers, of which a later one wins: built-in values, config.yaml in the data directory, " +
    "trop.yaml, trop.local.yaml, TROP_* variables, options. The options of other commands that " +
    "set a value are taken here too, so that one can see what comes of them.",
  ],
  options: {
    format: choice({
      summary: "How to print it; json is for other programs",
      valueName: "FORMAT",
      values: ["yaml", "json"],
      default: "yaml",
    }),
    ...settingOptions(),
    clearProject: flag({ summary: "Store no project", conflictsWith: ["project"] }),
    clearTask: flag({ summary: "Store no task", conflictsWith: ["task"] }),
    disableAutoclean: flag({ summary: "Both --disable-autoprune and --disable-autoexpire" }),
  },
  examples: [
    { command: "trop config", effect: "See where every value comes from" },
    { command: "trop config --format json", effect: "Hand them to another program" },
    { command: "trop config --min 8000", effect: "See what an option changes, or breaks" },
  ],
  async run(invocation) {
    const { format = "yaml", ...flags } = invocation.options;
    const { config, output } = await startSession(invocation, flags as ConfigFlags, {
      storesNames: true,
    });
    const warning = ephemeralWarning(config);
    if (warning !== undefined) output.warn(warning);
    if (format === "yaml") return output.product(renderConfigYaml(config));
    const { dataDirectory, ignored = null, settings } = config;
    const ordered = Object.fromEntries(KEYS.flatMap((key) => {
      return settings[key] ? [[key, settings[key]]] : [];
    }));
    output.product(
      renderJson({ data_dir: dataDirectory, ignored, settings: ordered }),
    );
  },
});

/** An option for each setting that has one in some command. */
function settingOptions(): Record<string, Flag | Value> {
  return Object.fromEntries(KEYS.flatMap((key) => {
    const setting = settingOf(key);
    if (!setting.flag || setting.flag in GLOBAL_OPTIONS || WITHOUT_OPTION.includes(key)) return [];
    return [[setting.flag, settingOption(setting)]];
  }));
}

function settingOption(setting: Setting): Flag | Value {
  const { type, summary, variables: [configEnv] = [], default: value } = setting;
  const spec = { summary, ...(configEnv && { configEnv }) };
  if (type === "boolean") return flag(spec);
  const valueName = setting.flag?.toUpperCase() ?? "";
  const valued = { ...spec, valueName, ...(value !== undefined && { default: String(value) }) };
  return type === "text" ? text(valued) : integer({ ...valued, max: boundsOf(setting).maximum });
}
