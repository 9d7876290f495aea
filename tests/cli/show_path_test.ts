import { userInfo } from "node:os";
import { symlink, trop } from "../support/program.ts";

Deno.test("show-path prints the path that reserve would use (D08, defect 17)", async () => {
  await using home = await trop.home({ shop: {}, link: symlink("shop") });
  const shop = `${home.path("shop")}\n`;
  const cases = [
    [[], "shop", {}, shop],
    [[], "link", {}, shop],
    [["--path", "../blog/./src/.."], "shop", {}, `${home.path("blog")}\n`],
    [["--path", "~/x//y/"], "shop", {}, `${home.path("x/y")}\n`],
    [["--path", "../link"], "shop", {}, `${home.path("link")}\n`],
    [["--path", "../link", "--canonicalize"], "shop", {}, shop],
    [["--path", "/no/such"], ".", {}, "/no/such\n"],
    // A reservation takes its path from there, too.
    [[], "shop", { TROP_PATH: "../blog" }, `${home.path("blog")}\n`],
    [["--path", "."], "shop", { TROP_PATH: "../blog" }, shop],
    [["--canonicalize"], "shop", { TROP_PATH: home.path("link") }, shop],
  ] as const;
  for (const [args, cwd, env, stdout] of cases) {
    await home.run(["show-path", ...args], { cwd, env, stdout });
  }
});

Deno.test({
  name: "~ is the home of the account where HOME is unset or empty",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using home = await trop.home();
    for (const HOME of [undefined, ""]) {
      await home.run(["show-path", "--path", "~/x"], {
        env: { HOME },
        stdout: `${userInfo().homedir.replace(/\/$/, "")}/x\n`,
      });
    }
  },
});

Deno.test("show-path says what is wrong with a path", async () => {
  await using home = await trop.home({ "trop.yaml": "broken: [" });
  await home.run(["show-path", "--path", "/no/such", "--canonicalize"], {
    status: 6,
    stderr: "Error: path not found: /no/such\n",
  });
  await home.run(["show-path", "--path", "/.."], {
    status: 6,
    stderr: /^Error: invalid path \/\.\./,
  });
  await home.run(["show-path"], { env: { TROP_PATH: "" }, status: 2, stderr: /^error: / });
});
