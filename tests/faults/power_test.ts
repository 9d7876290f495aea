import { hasStrace } from "../support/strace.ts";
import { testCampaign } from "./campaign.ts";
import { power } from "./power.ts";

testCampaign(power, {
  name: "after a loss of power the database is of one moment, the last that was synced or a later" +
    (hasStrace ? "" : " (ignored: there is no strace)"),
  rounds: 10,
  ignore: !hasStrace,
  harm: ["earlier states"],
});
