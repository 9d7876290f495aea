import assert from "node:assert/strict";
import { run } from "../../src/cli/app.ts";
import { MAX_TIMESTAMP } from "../../src/domain/timestamp.ts";
import { SECONDS_PER_DAY } from "../../src/operations/cleanup.ts";
import { MONDAY } from "../support/database.ts";
import { FakeHost } from "../support/host.ts";
import { homeStoring } from "../support/stored.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const YEAR_2100 = Date.UTC(2100, 0, 1) / 1000;

/** One machine after the other, each with its own idea of the time, on one database. */
class Machines implements Disposable {
  readonly #directory = temporaryDirectory();

  /** @returns What the command printed on both streams, and its exit code if that is not 0. */
  async run(now: number, command: string): Promise<string> {
    const host = new FakeHost({
      now,
      cwd: this.#directory.path,
      env: { HOME: this.#directory.path, TROP_SKIP_OCCUPANCY_CHECK: "1" },
    });
    const status = await run(command.split(" "), host);
    const { stdout, stderr } = host.written;
    return `${stdout}${stderr}${status === 0 ? "" : `exit ${status}`}`;
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

/** Commands at their times, and what they print. */
type Story = readonly (readonly [now: number, command: string, printed: string | RegExp])[];

const STORIES: Readonly<Record<string, Story>> = {
  "machines in 1970, 2026 and 2100 share a database and give no port twice": [
    [0, "reserve --tag a", "5000\n"],
    [YEAR_2100, "reserve --tag b", "5001\n"],
    [MONDAY, "reserve --tag c", "5002\n"],
    [YEAR_2100, "reserve --tag a", "5000\n"],
    [0, "reserve --tag b", "5001\n"],
    [0, "reserve --tag c --overwrite", "5002\n"],
    [MONDAY, "list --format json", /"created_at": "2100-01-01 00:00:00",\s+"last_used_at": "1970-/],
  ],
  "a clock that was set back refreshes what it uses all the same": [
    [MONDAY, "reserve", "5000\n"],
    [MONDAY - 3600, "reserve", "5000\n"],
    [MONDAY, "list --format csv", /,2026-01-05 00:00:00,2026-01-04 23:00:00\n/],
  ],
  "what was used in the future does not expire, until it is used at the right time again": [
    [YEAR_2100, "reserve", "5000\n"],
    [MONDAY, "expire --quiet", ""],
    [MONDAY, "reserve", "5000\n"],
    [MONDAY + 31 * SECONDS_PER_DAY, "expire --quiet", "1\n"],
  ],
  "on a machine that has just started in 1970 nothing expires": [
    [MONDAY, "reserve", "5000\n"],
    [0, "expire --quiet", ""],
    [
      0,
      "reserve --tag b --min 5000 --max 5000",
      /^Error: port range 5000-5000 exhausted.*exit 6$/s,
    ],
    [MONDAY, "reserve", "5000\n"],
  ],
  "a time before 1970 is refused where it would be stored, and nowhere else": [
    [MONDAY, "reserve", "5000\n"],
    [-1, "reserve", /^Error: .*check the clock of this machine\nexit 6$/],
    [-1, "reserve --tag b", /^Error: .*check the clock of this machine\nexit 6$/],
    [-1, "reserve --dry-run", /^Error: .*check the clock of this machine\nexit 6$/],
    [-1, "expire --quiet", ""],
    [-1, "list --format csv", /^5000,.*,2026-01-05 00:00:00\n$/m],
    [-1, "release", /Released/],
  ],
  "a time beyond what the format holds is refused": [
    [MAX_TIMESTAMP + 1, "reserve", /^Error: .*exit 6$/s],
    [MAX_TIMESTAMP, "reserve", "5000\n"],
    [MONDAY, "list --format csv", /,\+262142-12-31 23:59:59\n/],
  ],
};

for (const [name, story] of Object.entries(STORIES)) {
  Deno.test(name, async () => {
    using machines = new Machines();
    for (const [now, command, printed] of story) {
      const found = await machines.run(now, command);
      const where = `${command} at ${now}: ${found}`;
      if (typeof printed === "string") assert.equal(found, printed, where);
      else assert.match(found, printed, where);
    }
  });
}

for (const TZ of ["Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati"]) {
  Deno.test(`neither the zone ${TZ} nor its change of the clocks changes a time or an age`, async () => {
    // Half an hour before and after the clocks of Europe went back in 2025.
    const change = Date.UTC(2025, 9, 26, 1) / 1000;
    const times = [change - 1800, change + 1800];
    await using home = await homeStoring(times.map((time, index) => ({
      tag: `t${index}`,
      createdAt: time,
      lastUsedAt: time,
    })));
    await home.run(["list", "--format", "csv"], {
      env: { TZ },
      stdout: /,2025-10-26 00:30:00\n.*,2025-10-26 01:30:00\n$/,
    });
  });
}
