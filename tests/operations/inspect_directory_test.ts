import assert from "node:assert/strict";
import { inspectDirectory, type Obstacle } from "../../src/operations/inspect_directory.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

Deno.test("inspectDirectory() tells what is there from what is not", () => {
  using directory = temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  Deno.mkdirSync(at("shop"));
  Deno.writeTextFileSync(at("file"), "");
  Deno.symlinkSync("shop", at("link"));
  Deno.symlinkSync("file", at("link-to-file"));
  Deno.symlinkSync("nowhere", at("dangling"));
  const kinds = ["shop", "link", "file", "link-to-file", "dangling", "nowhere", "nowhere/below"]
    .map((name) => [name, inspectDirectory(at(name)).kind]);
  assert.deepEqual(Object.fromEntries(kinds), {
    shop: "live",
    link: "live",
    file: "gone",
    "link-to-file": "gone",
    dangling: "gone",
    nowhere: "gone",
    "nowhere/below": "gone",
  });
  assert.equal(inspectDirectory(at("file/below")).kind, "gone", "below a file there is nothing");
  assert.equal(inspectDirectory(at("x".repeat(300))).kind, "gone", "the name is too long to exist");
});

Deno.test("inspectDirectory() cannot tell what is behind a loop of links", () => {
  using directory = temporaryDirectory();
  Deno.symlinkSync("b", `${directory.path}/a`);
  Deno.symlinkSync("a", `${directory.path}/b`);
  const verdict = inspectDirectory(`${directory.path}/a`);
  assert(verdict.kind === "unknown");
  assert.equal(verdict.obstacle, "symlink loop");
  assert.match(verdict.reason, /os error/);
});

Deno.test({
  name: "inspectDirectory() takes no refusal of Deno for an absence",
  permissions: { read: false },
  fn() {
    const verdict = inspectDirectory("/nowhere");
    assert(verdict.kind === "unknown");
    assert.equal(verdict.obstacle, "permission denied");
  },
});

const TRANSIENT = "ESTALE EBUSY EDEADLK ETXTBSY ENETDOWN ENETUNREACH EHOSTUNREACH EINTR EAGAIN " +
  "ETIMEDOUT ECONNREFUSED ECONNRESET ECONNABORTED ENOTCONN";

/** What the system may say, and the verdict; most cannot be had from a real disk. */
const REFUSALS: readonly (readonly [codes: string, verdict: Obstacle | "gone"])[] = [
  ["ENOENT ENOTDIR ENAMETOOLONG EINVAL", "gone"],
  ["EACCES EPERM", "permission denied"],
  ["ELOOP", "symlink loop"],
  [TRANSIENT, "transient I/O error"],
  ["ENOSYS EOPNOTSUPP", "unsupported filesystem operation"],
  ["EIO EOVERFLOW", "unknown filesystem error"],
];

for (const [codes, wanted] of REFUSALS) {
  Deno.test(`inspectDirectory() answers ${wanted} to ${codes}`, () => {
    for (const code of codes.split(" ")) {
      const error = Object.assign(new Error("refused (os error 1)"), { code });
      assert.equal(verdictWhen(error), wanted, code);
    }
  });
}

Deno.test("inspectDirectory() knows the numbers of Windows", () => {
  const verdicts = [123, 161, 206, 267, 1921, 32, 59, 4390].map((number) => {
    return [number, verdictWhen(new Error(`It went wrong. (os error ${number})`))];
  });
  assert.deepEqual(Object.fromEntries(verdicts), {
    123: "gone",
    161: "gone",
    206: "gone",
    267: "gone",
    1921: "symlink loop",
    32: "transient I/O error",
    59: "transient I/O error",
    4390: "unknown filesystem error",
  });
});

/** The verdict when the system refuses with `error`. */
function verdictWhen(error: Error): string {
  const { statSync } = Deno;
  Deno.statSync = () => {
    throw error;
  };
  try {
    const verdict = inspectDirectory("/w/app");
    return verdict.kind === "unknown" ? verdict.obstacle : verdict.kind;
  } finally {
    Deno.statSync = statSync;
  }
}
