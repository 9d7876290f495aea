import { testCampaign } from "./campaign.ts";
import { crash } from "./crash.ts";

testCampaign(crash, {
  name: "a hundred commands that die at any moment lose nothing",
  rounds: 100,
  harm: ["deaths", "found old", "found new", "died after the commit"],
});
