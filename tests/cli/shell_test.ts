import assert from "node:assert/strict";
import { environmentRenderer, type Variable } from "../../src/cli/render/environment.ts";
import { detectShell, parseShell } from "../../src/cli/shell.ts";
import { failureOf } from "../support/database.ts";

for (
  const [wanted, variables, os = "linux", defect = ""] of [
    ["posix", {}],
    ["posix", { SHELL: "" }],
    ["posix", { SHELL: "/bin/dash" }],
    ["posix", { ZSH_VERSION: "", FISH_VERSION: "3", SHELL: "/bin/fish" }],
    ["fish", { FISH_VERSION: "", PSModulePath: "x", SHELL: "/bin/bash" }],
    ["powershell", { PSModulePath: "", SHELL: "/bin/fish" }],
    ["posix", { SHELL: "/usr/local/bin/zsh-5.9" }],
    ["fish", { SHELL: "/opt/homebrew/bin/fish" }],
    ["powershell", { SHELL: "/usr/bin/pwsh" }],
    ["nushell", { SHELL: "/usr/bin/nu" }],
    ["posix", { SHELL: "/home/nu/bin/gnush" }],
    ["elvish", { SHELL: "/usr/bin/elvish" }],
    // Only the last part of the path is the shell's name.
    ["posix", { SHELL: "/home/fishuser/bin/bash" }, "linux", " (defect 12)"],
    // On Windows every process has PSModulePath.
    [
      "posix",
      { PSModulePath: "x", SHELL: "C:\\Program Files\\Git\\usr\\bin\\bash.exe" },
      "windows",
      " (D19, defect 12)",
    ],
    ["powershell", { PSModulePath: "x" }, "windows"],
    ["nushell", { PSModulePath: "x", SHELL: "C:\\nu\\nu.exe" }, "windows"],
  ] as readonly (readonly [string, Readonly<Record<string, string>>, string?, string?])[]
) {
  const title = `detectShell() takes ${JSON.stringify(variables)} on ${os} for ${wanted}${defect}`;
  Deno.test(title, () => {
    assert.equal(detectShell((name) => variables[name], os), wanted);
  });
}

for (const text of ["", "tcsh", " bash", "constructor", "\u001b[2J"]) {
  Deno.test(`parseShell() refuses ${JSON.stringify(text)}`, () => {
    const failure = failureOf(() => parseShell(text));
    assert(failure.code === "validation" && failure.field === "shell");
    assert(failure.message.includes(`'${text}'`));
  });
}

const VARIABLES: readonly Variable[] = [
  { tag: null, name: "PORT", port: 1 },
  { tag: "9", name: "_9", port: 9 },
  { tag: "10", name: "_", port: 10 },
  { tag: "__proto__", name: "__proto__", port: 443 },
  { tag: "api", name: "api", port: 8080 },
  { tag: "long", name: `L${"o".repeat(253)}g`, port: 65535 },
  { tag: 'a"b\\c\u0007ü', name: "A_B_C", port: 5000 },
];

/** Every name but one that all shells set themselves. */
const ASSIGNABLE = VARIABLES.filter(({ name }) => name !== "_");

const render = (format: "json" | "dotenv" | "human" | "export", shell = "sh") =>
  environmentRenderer({ format, shell }, () => undefined);

Deno.test("the JSON format keeps the order and every tag", () => {
  assert.equal(
    render("json")(VARIABLES),
    `{
  "": 1,
  "9": 9,
  "10": 10,
  "__proto__": 443,
  "api": 8080,
  "long": 65535,
  "a\\"b\\\\c\\u0007ü": 5000
}
`,
  );
  assert.equal(render("json")([]), "{}\n");
});

Deno.test("the human format lets no tag drive the terminal", () => {
  const text = render("human")(VARIABLES);
  assert(text.startsWith("Reserved ports:\n  (no tag): 1\n  9: 9\n"));
  assert(text.endsWith('  a"b\\c\\u{7}ü: 5000\n'));
});

/** How a shell reads assignments from standard input and then shows its environment, as a script. */
const READERS: readonly (readonly [program: string, shell: string, script: string])[] = [
  ["bash", "bash", `exec bash -c 'eval "$(cat)"; exec env -0'`],
  ["dash", "sh", `exec dash -c 'eval "$(cat)"; exec env -0'`],
  ["busybox", "sh", `exec busybox sh -c 'eval "$(cat)"; exec env -0'`],
  ["zsh", "zsh", `exec zsh -f -c 'eval "$(cat)"; exec env -0'`],
  ["fish", "fish", "exec fish --no-config -c 'source; exec env -0'"],
  ["elvish", "elvish", "exec elvish -norc -c 'eval (slurp); e:env -0'"],
  ["pwsh", "pwsh", "exec pwsh -NoProfile -c '$input | Out-String | iex; env -0'"],
  // It reads a whole script before it begins, so there is no evaluating later.
  ["nu", "nushell", `exec nu -n -c "$(cat; echo; echo '^env -0')"`],
];

for (const [program, shell, script] of READERS) {
  const isThere = new Deno.Command("sh", { args: ["-c", `command -v ${program}`] })
    .outputSync().success;
  const note = isThere ? "" : ` (ignored: no ${program} on this machine)`;
  Deno.test({
    name: `${program} makes of the export format exactly the variables that are meant${note}`,
    ignore: !isThere,
    async fn() {
      const before = await environmentOf(script, "");
      const text = render("export", shell)(ASSIGNABLE);
      const after = await environmentOf(script, text);
      const added = [...after].filter(([name, value]) => before.get(name) !== value);
      const wanted = ASSIGNABLE.map(({ name, port }): [string, string] => [name, `${port}`]);
      assert.deepEqual(added.toSorted(), wanted.toSorted());
    },
  });
}

async function environmentOf(
  script: string,
  input: string,
): Promise<ReadonlyMap<string, string>> {
  const process = new Deno.Command("sh", {
    args: ["-c", script],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", HOME: "/nonexistent" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stdout, stderr, code } = await process.output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  const entries = decoder.decode(stdout).split("\0").slice(0, -1).map((entry): [string, string] => {
    const equals = entry.indexOf("=");
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  return new Map(entries);
}
