import { FORMATS } from "../render/environment.ts";
import { SHELL_NAMES } from "../shell.ts";
import { choice, text } from "./command.ts";

/** How variables are printed. */
export const ENVIRONMENT_OPTIONS = {
  format: choice({
    summary: "How to print the ports",
    valueName: "FORMAT",
    values: FORMATS,
    default: "export",
  }),
  shell: text({
    summary: "Shell that reads the export format: bash, sh, zsh, fish, powershell, pwsh, ps, " +
      "nushell, nu or elvish",
    valueName: "SHELL",
    offer: SHELL_NAMES,
    default: "what SHELL and the like tell",
  }),
};
