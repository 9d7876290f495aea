import { testCampaign } from "./campaign.ts";
import { space } from "./space.ts";

testCampaign(space, {
  name: "where nothing can be written any more, commands say so and lose nothing",
  rounds: 8,
  harm: ["that were told"],
});
