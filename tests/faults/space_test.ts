import { canMountTmpfs } from "../support/tmpfs.ts";
import { testCampaign } from "./campaign.ts";
import { space } from "./space.ts";

testCampaign(space, {
  name: "where nothing can be written any more, commands say so and lose nothing" +
    (canMountTmpfs ? "" : " (ignored: only root may mount a small file system)"),
  rounds: 8,
  ignore: !canMountTmpfs,
  harm: ["that were told"],
});
