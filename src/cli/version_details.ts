/**
 * What `trop --version --verbose` prints: all that a report of a defect should name.
 *
 * @module
 */

import { openSqlite } from "../database/driver.ts";
import { COMMIT, VERSION } from "../version.ts";

/** Lines of a name and a value, the first one as `trop --version` prints it. */
export function versionDetails(): string {
  return [
    `trop ${VERSION}`,
    `commit: ${/[^0]/.test(COMMIT) ? COMMIT : "unknown, not built from one"}`,
    `runtime: Deno ${Deno.version.deno}`,
    `sqlite: ${sqliteVersion()}`,
    `target: ${Deno.build.target}`,
    "",
  ].join("\n");
}

function sqliteVersion(): string {
  using database = openSqlite(":memory:", { readOnly: false, immutable: false, timeoutMs: 0 });
  return String(database.prepare("SELECT sqlite_version()").get()?.[0]);
}
