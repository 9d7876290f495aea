import { testCampaign } from "./campaign.ts";
import { power } from "./power.ts";

testCampaign(power, {
  name: "after a loss of power the database is of one moment, the last that was synced or a later",
  rounds: 10,
  harm: ["earlier states"],
});
