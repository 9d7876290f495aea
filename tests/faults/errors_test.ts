import { trop } from "../support/program.ts";
import { failAt, hasStrace } from "../support/strace.ts";
import { testCampaign } from "./campaign.ts";
import { errors } from "./errors.ts";
import { databaseOf } from "./world.ts";

const why = hasStrace ? "" : " (ignored: there is no strace)";

testCampaign(errors, {
  name: "of fifteen commands of which a system call fails, none loses anything",
  rounds: 15,
  harm: ["that were told", "that did not matter"],
});

Deno.test({
  name: `an error of the disk while a file is opened is told as one${why}`,
  ignore: !hasStrace,
  async fn() {
    await using home = await trop.home({ ".trop/trop.db": "a shopping list\n".repeat(100) });
    await home.run(["list"], {
      script: failAt({ name: "pread64", number: 1 }, "EIO", databaseOf(home)),
      status: 6,
      stderr: /^Error: database error: cannot read or write .*; check the disk.*: disk I\/O error/,
    });
  },
});

for (const error of ["EDQUOT", "ENFILE", "ESTALE"]) {
  Deno.test({
    name: `${error}, for which Deno has no code, is told as an error of the system${why}`,
    ignore: !hasStrace,
    async fn() {
      await using home = await trop.home();
      await home.run(["init"], {
        script: failAt({ name: "openat", number: "1+" }, error, databaseOf(home)),
        status: 6,
        stderr: /^Error: database error: (?:cannot open|the disk is full, so) .*; .+\n$/,
      });
    },
  });
}

for (const args of [["reserve"], ["autoreserve"], ["reserve-group", "trop.yaml"]]) {
  Deno.test({
    name: `${args[0]} does not go on without a file that the disk does not tell of${why}`,
    ignore: !hasStrace,
    async fn() {
      await using home = await trop.home({ "trop.yaml": "ports: { min: 6000 }\n" });
      await home.run(args, {
        script: failAt({ name: "statx", number: "1+" }, "EIO", home.path("trop.yaml")),
        status: 7,
        stderr: /^Error: Configuration error: invalid path .*trop\.yaml: .*error 5/,
      });
    },
  });
}
