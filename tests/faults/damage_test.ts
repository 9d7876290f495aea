import { testCampaign } from "./campaign.ts";
import { damage } from "./damage.ts";

testCampaign(damage, {
  name: "of forty damaged files none makes trop say what is not so, and its advice works",
  rounds: 40,
  harm: ["named", "of no consequence"],
});
