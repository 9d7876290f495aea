import { git, makeRepository } from "../support/git.ts";
import { BLIND, trop } from "../support/program.ts";
import { checkTranscripts } from "../support/transcript.ts";

const ROOT = new URL("../../", import.meta.url);

const ENV = { ...BLIND, GIT_CONFIG_GLOBAL: "/dev/null" };

const GROUP = `# Where every checkout looks for its ports.
project: shop
reservations:
  services:
    web: { env: WEB_PORT }
    api: { offset: 1 }
`;

Deno.test("docs/tour.md shows what trop prints", async () => {
  await using home = await trop.home({ blog: {}, notes: {} });
  await home.install();
  makeRepository(home.path("shop"));
  await home.write({ "shop/trop.yaml": GROUP });
  git(home.path("shop"), "add", ".");
  git(home.path("shop"), "commit", "--quiet", "--message", "ports");
  await checkTranscripts(home, new URL("docs/tour.md", ROOT), { env: ENV });
});

Deno.test("README.md shows what trop prints", async () => {
  await using home = await trop.home();
  await home.install();
  makeRepository(home.path("shop"));
  await checkTranscripts(home, new URL("README.md", ROOT), { env: ENV });
});
