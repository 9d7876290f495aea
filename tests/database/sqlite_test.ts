import assert from "node:assert/strict";
import { countParameters, SqliteError } from "../../src/database/sqlite.ts";

for (
  const [sql, count] of [
    ["SELECT 1", 0],
    ["SELECT ?", 1],
    ["SELECT ?, '?', \"?\", ?", 2],
    ["SELECT 'it''s ?', ?", 1],
  ] as const
) {
  Deno.test(`countParameters() finds ${count} in \`${sql}\``, () => {
    assert.equal(countParameters(sql), count);
  });
}

for (const [code, primary] of [[2067, 19], [1544, 8], [5, 5], [undefined, undefined]] as const) {
  Deno.test(`the primary code of ${code} is ${primary}`, () => {
    assert.equal(new SqliteError("refused", code).primaryCode, primary);
  });
}
