import { testCampaign } from "./campaign.ts";
import { endurance, storm } from "./load.ts";

testCampaign(storm({ name: "storm", tenants: 16, commands: 10 }), {
  name:
    "C09 sixteen programs at any time find their own reservations and no half of another's change",
  rounds: 1,
});

testCampaign(storm({ name: "deadly storm", tenants: 6, commands: 15, deaths: 30 }), {
  name: "programs that die beside others take nothing of theirs along",
  rounds: 1,
  harm: ["killed"],
});

testCampaign(endurance({ name: "endurance", tenants: 4, commands: 500 }), {
  name: "four processes run 500 commands each at the same time",
  rounds: 1,
});
