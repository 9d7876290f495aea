import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

// Line ends are another matter on Windows.
const test = Deno.build.os === "windows" ? Deno.test.ignore : Deno.test;

test("shellcheck has nothing to say of any shell script", async () => {
  const scripts = await shellScripts();
  assert.ok(scripts.includes("install.sh"), scripts.join(" "));
  const command = new Deno.Command("shellcheck", { args: ["--", ...scripts], cwd: ROOT });
  const { stdout, stderr } = await command.output();
  assert.equal(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr), "");
});

/** All files of the repository whose first line names a shell. */
async function shellScripts(): Promise<string[]> {
  const args = [
    "grep",
    "-lIE",
    "--untracked",
    "-e",
    "^#!.*\\b(ba|da)?sh$",
    "--",
    ":!*.ts",
    ":!*.md",
  ];
  const { stdout } = await new Deno.Command("git", { args, cwd: ROOT }).output();
  const scripts: string[] = [];
  for (const path of new TextDecoder().decode(stdout).split("\n").filter(Boolean)) {
    const [first = ""] = (await Deno.readTextFile(ROOT + path)).split("\n");
    if (/^#!.*\b(ba|da)?sh$/.test(first)) scripts.push(path);
  }
  return scripts;
}
