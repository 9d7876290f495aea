/**
 * Real git repositories for tests, made by the git program.
 *
 * @module
 */

/** The machine's own set-up stays out, and so does that of a git hook which runs the tests. */
const ENVIRONMENT = {
  ...Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("GIT_")),
  ),
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_AUTHOR_NAME: "Test",
  GIT_AUTHOR_EMAIL: "test@example.org",
  GIT_COMMITTER_NAME: "Test",
  GIT_COMMITTER_EMAIL: "test@example.org",
  GIT_CONFIG_COUNT: "2",
  GIT_CONFIG_KEY_0: "init.defaultBranch",
  GIT_CONFIG_VALUE_0: "main",
  // Submodules of a directory next door.
  GIT_CONFIG_KEY_1: "protocol.file.allow",
  GIT_CONFIG_VALUE_1: "always",
};

/** Runs git in `directory`, and throws with its words when it fails. */
export function git(directory: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command("git", {
    args: [...args],
    cwd: directory,
    clearEnv: true,
    env: ENVIRONMENT,
  }).outputSync();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Makes a repository with one commit on the branch `main` at `path`. */
export function makeRepository(path: string): void {
  Deno.mkdirSync(path, { recursive: true });
  git(path, "init", "--quiet");
  git(path, "commit", "--quiet", "--allow-empty", "--message", "start");
}
