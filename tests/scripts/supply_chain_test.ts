import assert from "node:assert/strict";
import { supplyChainPage } from "../../scripts/supply_chain.ts";

Deno.test("the page on the supply chain is up to date", async () => {
  const page = new URL("../../docs/supply-chain.md", import.meta.url);
  assert.equal(
    await Deno.readTextFile(page),
    await supplyChainPage(),
    "write it anew with: deno run --allow-all scripts/supply_chain.ts",
  );
});
