import { testCampaign } from "./campaign.ts";
import { space } from "./space.ts";

testCampaign(space, {
  name: "where nothing can be written any more, commands say so and lose nothing (K04, K10)",
  rounds: 8,
  harm: ["that were told"],
});
