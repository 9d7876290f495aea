import assert from "node:assert/strict";

import {
  AIRPLAY_PORTS,
  BLOCKED_BY_BROWSERS,
  unsafeReason,
} from "../../src/allocation/unsafe_ports.ts";

Deno.test("BLOCKED_BY_BROWSERS has the whole list of the Fetch Standard but port 0", () => {
  const blocked = Object.keys(BLOCKED_BY_BROWSERS).map(Number);
  assert.equal(blocked.length, 82);
  // The sum tells a mistyped number, which the count does not.
  assert.equal(blocked.reduce((sum, port) => sum + port, 0), 115595);
});

for (const port of [1, 77, 2049, 6000, 6665, 6666, 6667, 6668, 6669, 6697, 10080]) {
  Deno.test(`unsafeReason() knows that browsers refuse port ${port}, on every system`, () => {
    for (const os of ["linux", "darwin", "windows"]) {
      assert.match(unsafeReason(port, os) ?? "", /^browsers refuse it/);
    }
  });
}

for (const port of AIRPLAY_PORTS) {
  Deno.test(`unsafeReason() avoids port ${port} on macOS alone`, () => {
    assert.match(unsafeReason(port, "darwin") ?? "", /AirPlay/);
    assert.equal(unsafeReason(port, "linux"), undefined);
  });
}

for (const port of [2, 3000, 5001, 6001, 6670, 8080, 65535]) {
  Deno.test(`unsafeReason() has nothing against port ${port}`, () => {
    for (const os of ["linux", "darwin", "windows"]) {
      assert.equal(unsafeReason(port, os), undefined);
    }
  });
}
