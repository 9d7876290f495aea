import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { Database } from "../../src/database/connection.ts";
import {
  atPath,
  create,
  createAll,
  expired,
  expiryCutoff,
  get,
  getByPort,
  isPortReserved,
  list,
  projects,
  remove,
  removeAll,
  removeIfUnchanged,
  reservedPorts,
  taggedAtPath,
  underPath,
  updateLastUsed,
  updateMetadata,
} from "../../src/database/operations.ts";
import {
  type ReadTransaction,
  withRead,
  withWrite,
  type WriteTransaction,
} from "../../src/database/transaction.ts";
import { type AbsolutePath, nativePaths, windowsPaths } from "../../src/domain/path.ts";
import type { Reservation } from "../../src/domain/reservation.ts";
import { MAX_TIMESTAMP } from "../../src/domain/timestamp.ts";
import { compareBytes } from "../../src/domain/text.ts";
import {
  databaseHome,
  doctorRows,
  failureOf,
  type Fields,
  homeWith,
  key,
  MONDAY,
  port,
  reservation,
  reservations,
} from "../support/database.ts";

for (const tag of [null, "web"]) {
  for (const project of [null, "shop"]) {
    for (const task of [null, "checkout"]) {
      Deno.test(`get() gives back what create() stored: ${tag}, ${project}, ${task} (U04)`, () => {
        using home = databaseHome();
        const database = home.open();
        const stored = reservation({ tag, project, task });
        writing(database, (transaction) => create(transaction, stored));
        assert.deepEqual(reading(database, (it) => get(it, stored)), stored);
        assert.equal(reading(database, (it) => get(it, key("/w/app", "other"))), undefined);
      });
    }
  }
}

for (const tag of [null, "web"]) {
  Deno.test(`create() replaces the row of the same key, tag ${tag} (U05, X02)`, () => {
    using home = homeWith(reservation({ tag, project: "shop" }));
    const database = home.open();
    for (
      const replacement of [
        reservation({ tag, task: "checkout", createdAt: 1, lastUsedAt: 2 }),
        reservation({ tag, port: 5001 }),
      ]
    ) {
      writing(database, (transaction) => create(transaction, replacement));
      assert.deepEqual(rowsOf(database), [replacement]);
    }
  });
}

Deno.test("create() refuses a port that another key holds, and leaves both rows (U06, X03)", () => {
  const mine = reservation({ path: "/w/mine", port: 5000 });
  const theirs = reservation({ path: "/w/theirs", tag: "web", port: 5001 });
  using home = homeWith(mine, theirs);
  const database = home.open();
  for (
    const wanted of [reservation({ path: "/w/new", port: 5001 }), { ...mine, port: port(5001) }]
  ) {
    assert.deepEqual(failureOf(() => writing(database, (it) => create(it, wanted))), {
      code: "port-conflict",
      port: 5001,
      owner: { path: "/w/theirs", tag: "web" },
    });
    assert.deepEqual(rowsOf(database), [mine, theirs]);
  }
});

Deno.test("a port conflict leaves the transaction usable", () => {
  using home = homeWith(reservation());
  const database = home.open();
  const other = reservation({ path: "/w/other", port: 5001 });
  writing(database, (transaction) => {
    failureOf(() => create(transaction, { ...other, port: port(5000) }));
    create(transaction, other);
  });
  assert.deepEqual(rowsOf(database), [reservation(), other]);
});

for (const now of [MONDAY + 60, 0, MAX_TIMESTAMP]) {
  Deno.test(`updateLastUsed() sets the one column to ${now} (U07, K13)`, () => {
    const before = reservation({ project: "shop", task: "checkout" });
    using home = homeWith(before);
    const database = home.open();
    assert(writing(database, (it) => updateLastUsed(it, before, now)));
    assert.deepEqual(rowsOf(database), [{ ...before, lastUsedAt: now }]);
  });
}

Deno.test("updateLastUsed() and updateMetadata() tell that there is no such row (U07)", () => {
  using home = homeWith(reservation());
  const database = home.open();
  const missing = key("/w/app", "web");
  assert(!writing(database, (it) => updateLastUsed(it, missing, 5)));
  assert(
    !writing(database, (it) => updateMetadata(it, missing, { project: null, task: null, now: 5 })),
  );
  assert.deepEqual(rowsOf(database), [reservation()]);
});

for (const [project, task] of [["shop", null], [null, "checkout"], ["a", "b"]] as const) {
  Deno.test(`updateMetadata() sets project ${project}, task ${task} and the time`, () => {
    const before = reservation({ project: "old", task: "old" });
    using home = homeWith(before);
    const database = home.open();
    assert(writing(database, (it) => updateMetadata(it, before, { project, task, now: 7 })));
    assert.deepEqual(rowsOf(database), [{ ...before, project, task, lastUsedAt: 7 }]);
  });
}

Deno.test("remove() takes the one key away and tells whether it was there (U08)", () => {
  const tagged = reservation({ tag: "web", port: 5001 });
  using home = homeWith(reservation(), tagged);
  const database = home.open();
  assert(writing(database, (it) => remove(it, key("/w/app"))));
  assert.deepEqual(rowsOf(database), [tagged]);
  assert(!writing(database, (it) => remove(it, key("/w/app"))));
});

for (
  const change of [
    { tag: "web" },
    { port: 5001 },
    { project: "x" },
    { project: null },
    { task: "x" },
    { task: null },
    { createdAt: 1 },
    { lastUsedAt: 1 },
  ]
) {
  Deno.test(`removeIfUnchanged() leaves a row with another ${Deno.inspect(change)} (U08)`, () => {
    const stored = reservation({ project: "shop", task: "checkout" });
    using home = homeWith(stored);
    const database = home.open();
    const remembered = { ...stored, ...change } as Reservation;
    assert(!writing(database, (it) => removeIfUnchanged(it, remembered)));
    assert.deepEqual(rowsOf(database), [stored]);
  });
}

for (const stored of [reservation(), reservation({ tag: "t", project: "p", task: "t" })]) {
  Deno.test(`removeIfUnchanged() takes away a row of project ${stored.project} (U08)`, () => {
    using home = homeWith(stored);
    const database = home.open();
    assert(writing(database, (it) => removeIfUnchanged(it, stored)));
    assert.deepEqual(rowsOf(database), []);
  });
}

Deno.test("list() orders by the bytes of path and tag, the untagged first (U09, X26)", () => {
  // An "é" of one character comes after one of two, and U+FF5E before an astral one, which
  // JavaScript orders the other way.
  const paths = ["/A", "/a", "/a b", "/a-b", "/a/b", "/e\u0301", "/z", "/é", "/\uff5e", "/😀"];
  const expected = paths.flatMap((path) =>
    [null, "B", "a", "é", "\uff5e", "😀"].map((tag) => ({ path, tag }))
  ).map((key, index) => reservation({ ...key, port: 5000 + index }));
  using home = homeWith(...expected.toReversed());
  assert.deepEqual(rowsOf(home.open()), expected);
});

Deno.test("list() of an empty database is empty", () => {
  using home = databaseHome();
  assert.deepEqual(rowsOf(home.open()), []);
});

Deno.test("list() is in the order of Buffer.compare() (U09)", () => {
  using home = databaseHome();
  const database = home.open();
  const keys = fc.uniqueArray(fc.tuple(somePath, fc.option(someName)), {
    selector: ([path, tag]) => `${path}\0${tag ?? ""}`,
    maxLength: 12,
  });
  fc.assert(fc.property(keys, (keys) => {
    const stored = keys.map(([path, tag], index) => reservation({ path, tag, port: 1 + index }));
    const found = withRows(database, stored, list);
    assert.deepEqual(found, stored.toSorted(byBytes));
  }));

  function byBytes(a: Reservation, b: Reservation): number {
    return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)) ||
      Buffer.compare(Buffer.from(a.tag ?? ""), Buffer.from(b.tag ?? ""));
  }
});

Deno.test("atPath() and taggedAtPath() give the tags of one directory", () => {
  const [untagged, api, web] = [null, "api", "web"].map((tag, index) =>
    reservation({ tag, port: 5000 + index })
  ) as [Reservation, Reservation, Reservation];
  const others = ["/w", "/w/app/sub", "/w/app2"].map((path, index) =>
    reservation({ path, port: 6000 + index, tag: "web" })
  );
  using home = homeWith(web, untagged, ...others, api);
  const database = home.open();
  assert.deepEqual(reading(database, (it) => atPath(it, untagged.path)), [untagged, api, web]);
  assert.deepEqual(reading(database, (it) => taggedAtPath(it, untagged.path)), [api, web]);
  assert.deepEqual(reading(database, (it) => atPath(it, absolute("/w/other"))), []);
});

// The byte after `/` is `0`, and the one before it is `.`.
const LOOK_ALIKES = [
  "/A/b",
  "/a",
  "/a/B",
  "/a/b",
  "/a/b!",
  "/a/b%",
  "/a/b-x",
  "/a/b-x/c",
  "/a/b.",
  "/a/b0",
  "/a/b/!",
  "/a/b/%",
  "/a/b/c",
  "/a/b/c/d",
  "/a/b/\uffff",
  "/a/b/😀",
  "/a/b\\c",
  "/a/b]",
  "/a/b_",
  "/a/bc",
  "/a/xb",
  "/a[b]/c",
  "/a_b/c",
  "/a%/c",
  "/a*/c",
  "/a?/c",
  // Windows takes this `\` for a separator, and so for no path that Unix wrote.
].filter((path) => nativePaths.isNormal(path));

for (
  const [path, expected] of [
    ["/a/b", ["/a/b", "/a/b/!", "/a/b/%", "/a/b/c", "/a/b/c/d", "/a/b/\uffff", "/a/b/😀"]],
    ["/a/b/c", ["/a/b/c", "/a/b/c/d"]],
    ["/a/b-x", ["/a/b-x", "/a/b-x/c"]],
    ["/A", ["/A/b"]],
    ["/a_b", ["/a_b/c"]],
    ["/a%", ["/a%/c"]],
    ["/a*", ["/a*/c"]],
    ["/a?", ["/a?/c"]],
    ["/a[b]", ["/a[b]/c"]],
    ["/a/b.", ["/a/b."]],
    ["/nothing", []],
    ["/", LOOK_ALIKES],
  ] as const
) {
  Deno.test(`underPath() of ${path} knows no wildcards (U30, X12)`, () => {
    using home = homeWith(
      ...LOOK_ALIKES.map((path, index) => reservation({ path, port: 5000 + index })),
    );
    const found = reading(home.open(), (it) => underPath(it, absolute(path)));
    assert.deepEqual(found.map(({ path }) => path), expected.toSorted(compareBytes));
  });
}

Deno.test("underPath() of the root gives each row once, in order (U30)", () => {
  const stored = [null, "a"].flatMap((tag, index) =>
    ["/", "/a"].map((path, column) => reservation({ path, tag, port: 5000 + 2 * index + column }))
  );
  using home = homeWith(...stored);
  const database = home.open();
  assert.deepEqual(reading(database, (it) => underPath(it, absolute("/"))), rowsOf(database));
  assert.equal(rowsOf(database).length, 4);
});

Deno.test("the ranges of a Windows directory hold both separators and no look-alike (U30)", () => {
  using home = databaseHome();
  const database = home.open();
  const paths = [
    "C:\\a\\b",
    "C:\\a/b",
    "C:\\a[b",
    "C:\\a]b",
    "C:\\a.b",
    "C:\\a0b",
    "c:\\a\\b",
    "C:\\b",
  ];
  const inRange = (directory: string) =>
    paths.filter((path) =>
      windowsPaths.subtree(absolute(directory)).some(({ from, until }) =>
        reading(
          database,
          (it) => it.prepare("SELECT ? >= ? AND ? < ?").get(path, from, path, until),
        )
          ?.[0] === 1n
      )
    );
  assert.deepEqual(inRange("C:\\a"), ["C:\\a\\b", "C:\\a/b"]);
  assert.deepEqual(inRange("C:\\"), paths.filter((path) => path.startsWith("C:\\")));
});

Deno.test("underPath() is a filter of list() by components, for 500 trees (U31)", () => {
  using home = databaseHome();
  const database = home.open();
  const name = fc.constantFrom("a", "b", "A", "a.", "a0", "a-", "a%", "_", "a b", "é", "😀");
  const path = fc.array(name, { maxLength: 4 }).map((names) => `/${names.join("/")}`);
  const tree = fc.uniqueArray(path, { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(tree, path, fc.nat(), (paths, other, index) => {
      const stored = paths.map((path, index) => reservation({ path, port: 1 + index }));
      const above = absolute(index % 2 === 0 ? other : paths[index % paths.length]!);
      withRows(database, stored, (transaction) => {
        assert.deepEqual(
          underPath(transaction, above),
          list(transaction).filter(({ path }) => isWithin(above, path)),
        );
      });
    }),
    { numRuns: 500 },
  );

  function isWithin(above: string, path: string): boolean {
    const [wanted, found] = [above, path].map((it) => it.split("/").filter((name) => name !== ""));
    return wanted!.every((name, index) => name === found![index]);
  }
});

for (const length of [1, 255, 4096, 32_000]) {
  Deno.test(`a path of ${length} bytes is stored and found (U32)`, () => {
    const stored = reservation({ path: "/".padEnd(length, "x") });
    using home = homeWith(stored);
    const database = home.open();
    assert.deepEqual(reading(database, (it) => get(it, stored)), stored);
    assert.deepEqual(rowsOf(database), [stored]);
  });
}

for (
  const path of [
    "/new\nline",
    "/tab\t",
    "/'single'",
    '/"double"',
    "/😀",
    "/\ufffd",
    "/e\u0301",
    "/ ",
  ]
) {
  Deno.test(`the path ${JSON.stringify(path)} is stored and found (U33)`, () => {
    const stored = reservation({ path, tag: "\ufffd'\"\n😀", project: path, task: "\ufeff" });
    using home = homeWith({ ...stored, project: `p${path}p` });
    const database = home.open();
    const expected = { ...stored, project: `p${path}p` };
    assert.deepEqual(reading(database, (it) => get(it, stored)), expected);
    assert.deepEqual(reading(database, (it) => underPath(it, stored.path)), [expected]);
  });
}

for (
  const [field, fields] of [
    ["path", { path: "/lone\ud800" }],
    ["path", { path: "/nul\0" }],
    ["path", { path: "" }],
    ["path", { path: "relative" }],
    ["path", { path: "/a/../b" }],
    ["path", { path: "/a/./b" }],
    ["path", { path: "/a//b" }],
    ["path", { path: "/a/" }],
    ["path", { path: "//" }],
    ["tag", { tag: "" }],
    ["tag", { tag: " " }],
    ["tag", { tag: " web" }],
    ["tag", { tag: "web\u0085" }],
    ["tag", { tag: "\udc00" }],
    ["tag", { tag: "a\0" }],
    ["project", { project: "" }],
    ["project", { project: "shop " }],
    ["project", { project: "\ud800" }],
    ["task", { task: "" }],
    ["task", { task: "\u2003" }],
    ["task", { task: "\0" }],
    ["port", { port: 0 }],
    ["port", { port: 65536 }],
    ["port", { port: 5000.5 }],
    ["port", { port: NaN }],
    ["timestamp", { createdAt: -1 }],
    ["timestamp", { lastUsedAt: 1.5 }],
    ["timestamp", { lastUsedAt: NaN }],
    ["timestamp", { createdAt: MAX_TIMESTAMP + 1 }],
  ] as const satisfies readonly (readonly [string, Partial<Fields>])[]
) {
  Deno.test(`create() refuses ${Deno.inspect(fields)} (U34, K13)`, () => {
    using home = homeWith(reservation());
    const database = home.open();
    for (const act of [create, createOne, removeIfUnchanged]) {
      const failure = failureOf(() => writing(database, (it) => act(it, reservation(fields))));
      assert(failure.code === "validation");
      assert.equal(failure.field, field);
    }
    assert.deepEqual(rowsOf(database), [reservation()]);
  });
}

for (const path of ["/lone\ud800", "/nul\0"]) {
  Deno.test(`create() tells what is wrong with the text ${JSON.stringify(path)} (U34)`, () => {
    using home = databaseHome();
    const failure = failureOf(() =>
      writing(home.open(), (it) => create(it, reservation({ path })))
    );
    assert(failure.code === "validation");
    assert.equal(failure.message, "Cannot contain null bytes or broken Unicode");
  });
}

for (const field of ["project", "task"]) {
  Deno.test(`updateMetadata() refuses a ${field} that cannot be stored (U34)`, () => {
    using home = homeWith(reservation());
    const database = home.open();
    for (const name of ["", " web", "\0"]) {
      const metadata = { project: null, task: null, now: 5, [field]: name };
      const failure = failureOf(() =>
        writing(database, (it) => updateMetadata(it, reservation(), metadata))
      );
      assert(failure.code === "validation");
      assert.equal(failure.field, field);
    }
    assert.deepEqual(rowsOf(database), [reservation()]);
  });
}

for (const now of [-1, 1.5, NaN, MAX_TIMESTAMP + 1]) {
  Deno.test(`no row is updated to the time ${now} (K13)`, () => {
    using home = homeWith(reservation());
    const database = home.open();
    const metadata = { project: "x", task: null, now };
    for (
      const act of [
        (it: WriteTransaction) => updateLastUsed(it, reservation(), now),
        (it: WriteTransaction) => updateMetadata(it, reservation(), metadata),
      ]
    ) assert.equal(failureOf(() => writing(database, act)).code, "validation");
    assert.deepEqual(rowsOf(database), [reservation()]);
  });
}

for (
  const [text, blank, name] of [["\u0085", true, "U+0085"], ["\ufeff", false, "U+FEFF"]] as const
) {
  Deno.test(`${name} ${blank ? "is" : "is no"} white space around a name (U35, P16)`, () => {
    using home = databaseHome();
    const database = home.open();
    for (const field of ["tag", "project", "task"]) {
      const named = reservation({ [field]: `${text}web` });
      const act = () => writing(database, (it) => create(it, named));
      if (blank) assert.equal(failureOf(act).code, "validation");
      else {
        act();
        assert.deepEqual(reading(database, (it) => get(it, named)), named);
        writing(database, (it) => remove(it, named));
      }
    }
  });
}

Deno.test("expired() wants an age above the limit, the longest unused first (U36)", () => {
  const [oldest, tied, tagged, older, atLimit, young, future] = [
    { path: "/w/z", lastUsedAt: 0 },
    { path: "/w/a", lastUsedAt: 10 },
    { path: "/w/a", tag: "web", lastUsedAt: 10 },
    { path: "/w/b", lastUsedAt: 10 },
    { path: "/w/limit", lastUsedAt: 100 },
    { path: "/w/young", lastUsedAt: 101 },
    { path: "/w/future", lastUsedAt: MAX_TIMESTAMP },
  ].map((fields, index) => reservation({ ...fields, port: 6000 - index }));
  using home = homeWith(older!, young!, tied!, atLimit!, future!, tagged!, oldest!);
  const database = home.open();
  const found = reading(database, (it) => expired(it, expiryCutoff(150, 50)));
  assert.deepEqual(found, [oldest, tied, tagged, older]);
});

for (
  const [now, maxAge, cutoff] of [
    [100, 0, 100],
    [100, 40, 60],
    [100, 100, 0],
    [100, 101, 0],
    [MONDAY, Number.MAX_SAFE_INTEGER, 0],
    [MONDAY, Infinity, 0],
  ] as const
) {
  Deno.test(`expiryCutoff() at ${now} of the age ${maxAge} is ${cutoff} (U36, X14)`, () => {
    assert.equal(expiryCutoff(now, maxAge), cutoff);
  });
}

Deno.test("expired() is a sorted filter of list() (U36)", () => {
  using home = databaseHome();
  const database = home.open();
  const times = fc.array(fc.nat(12), { maxLength: 20 });
  fc.assert(fc.property(times, fc.nat(14), (times, cutoff) => {
    const stored = times.map((lastUsedAt, index) =>
      reservation({ ...reservations(20)[index], lastUsedAt })
    );
    withRows(database, stored, (transaction) => {
      assert.deepEqual(
        expired(transaction, cutoff),
        list(transaction).filter(({ lastUsedAt }) => lastUsedAt < cutoff)
          .toSorted((a, b) => a.lastUsedAt - b.lastUsedAt),
      );
    });
  }));
});

Deno.test("reservedPorts() takes both bounds in and ascends (U37)", () => {
  const ports = [1, 4999, 5000, 5001, 7000, 7001, 65535];
  const stored = ports.map((port) => reservation({ path: `/w/${port}`, port }));
  using home = homeWith(...stored.toReversed());
  const database = home.open();
  const within = (min: number, max: number) =>
    reading(database, (it) => reservedPorts(it, { min: port(min), max: port(max) }));
  assert.deepEqual(within(5000, 7000), [5000, 5001, 7000]);
  assert.deepEqual(within(5000, 5000), [5000]);
  assert.deepEqual(within(5002, 6999), []);
  assert.deepEqual(within(1, 65535), ports);
});

Deno.test("reservedPorts() is a filter of the ports, and getByPort() finds each (U37)", () => {
  using home = databaseHome();
  const database = home.open();
  const somePort = fc.oneof(
    fc.integer({ min: 1, max: 65535 }),
    fc.integer({ min: 5000, max: 5030 }),
  );
  const somePorts = fc.uniqueArray(somePort, { maxLength: 20 });
  fc.assert(fc.property(somePorts, somePort, somePort, (ports, a, b) => {
    const [min, max] = [Math.min(a, b), Math.max(a, b)];
    const stored = ports.map((port) => reservation({ path: `/w/${port}`, port }));
    withRows(database, stored, (transaction) => {
      assert.deepEqual(
        reservedPorts(transaction, { min: port(min), max: port(max) }),
        ports.filter((port) => port >= min && port <= max).toSorted((a, b) => a - b),
      );
      for (const one of [...ports, a, b]) {
        const owner = stored.find(({ port }) => port === one);
        assert.deepEqual(getByPort(transaction, port(one)), owner);
        assert.equal(isPortReserved(transaction, port(one)), owner !== undefined);
      }
    });
  }));
});

Deno.test("isPortReserved() does not look at the rest of a damaged row (U37)", () => {
  using home = homeWith(reservation());
  doctorRows(home.path, "UPDATE reservations SET path = 'damaged'");
  const database = home.open();
  assert(reading(database, (it) => isPortReserved(it, port(5000))));
  assert.deepEqual(
    reading(database, (it) => reservedPorts(it, { min: port(5000), max: port(5000) })),
    [5000],
  );
  const failure = failureOf(() => reading(database, (it) => getByPort(it, port(5000))));
  assert.equal(failure.code, "database-corruption");
});

Deno.test("projects() are distinct, by bytes, and without NULL (U38)", () => {
  const names = ["b", "a", "A", "é", "😀", "\uff5e", "a", null, "b"];
  using home = homeWith(
    ...names.map((project, index) => reservation({ ...reservations(9)[index], project })),
  );
  assert.deepEqual(reading(home.open(), projects), ["A", "a", "b", "é", "\uff5e", "😀"]);
});

for (
  const [value, reason] of [
    ["x'61'", "expected TEXT, found BLOB"],
    ["' a'", "text is not trimmed or is blank"],
    ["''", "empty text where NULL is meant"],
    ["CAST(x'61ff' AS TEXT)", "text is not valid UTF-8"],
    ["CAST(x'6100' AS TEXT)", "text contains NUL"],
  ] as const
) {
  Deno.test(`projects() refuses a stored ${value} (U38)`, () => {
    using home = homeWith(reservation());
    doctorRows(home.path, `UPDATE reservations SET project = ${value}`);
    assert.deepEqual(failureOf(() => reading(home.open(), projects)), {
      code: "database-corruption",
      path: home.path,
      table: "reservations",
      field: "project",
      key: "<multiple reservation keys>",
      reason,
    });
  });
}

Deno.test("createAll() stores all rows, and none is no transaction's trouble", () => {
  using home = databaseHome();
  const database = home.open();
  const stored = reservations(20);
  writing(database, (it) => createAll(it, stored));
  writing(database, (it) => createAll(it, []));
  assert.deepEqual(rowsOf(database), stored);
});

Deno.test("createAll() lets keys of the batch exchange their ports", () => {
  const [a, b, c] = reservations(3) as [Reservation, Reservation, Reservation];
  using home = homeWith(a, b, c);
  const database = home.open();
  const rotated = [{ ...a, port: b.port }, { ...b, port: c.port }, { ...c, port: a.port }];
  writing(database, (it) => createAll(it, rotated));
  assert.deepEqual(rowsOf(database), rotated);
});

Deno.test("createAll() whose third row conflicts stores nothing (U21, X21)", () => {
  const holder = reservation({ path: "/w/holder", port: 5002 });
  using home = homeWith(holder);
  const database = home.open();
  assert.deepEqual(failureOf(() => writing(database, (it) => createAll(it, reservations(5)))), {
    code: "port-conflict",
    port: 5002,
    owner: { path: "/w/holder", tag: null },
  });
  assert.deepEqual(rowsOf(database), [holder]);
});

for (
  const [field, second] of [
    ["path", { port: 5001 }],
    ["port", { path: "/w/other" }],
  ] as const
) {
  Deno.test(`createAll() refuses the same ${field} twice`, () => {
    using home = databaseHome();
    const database = home.open();
    const twice = [reservation(), reservation(second)];
    const failure = failureOf(() => writing(database, (it) => createAll(it, twice)));
    assert(failure.code === "validation");
    assert.equal(failure.field, field);
    assert.deepEqual(rowsOf(database), []);
  });
}

Deno.test("removeAll() counts the rows that there were, each once", () => {
  const stored = reservations(3);
  using home = homeWith(...stored);
  const database = home.open();
  const keys = [stored[0]!, stored[2]!, key("/w/missing"), stored[0]!];
  assert.equal(writing(database, (it) => removeAll(it, keys)), 2);
  assert.deepEqual(rowsOf(database), [stored[1]]);
});

const someCharacters = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
const someName = someCharacters.map((text) => text.replaceAll("\0", "")).filter((text) => {
  return text !== "" && !/^\p{White_Space}|\p{White_Space}$/u.test(text);
});
const somePath = fc.array(someCharacters, { maxLength: 4 })
  .map((names) => `/${names.join("/")}`)
  .filter((path) => nativePaths.isNormal(path));

Deno.test("whatever can be written is read as it was", () => {
  using home = databaseHome();
  const database = home.open();
  const time = fc.integer({ min: 0, max: MAX_TIMESTAMP });
  const some = fc.record({
    path: somePath,
    tag: fc.option(someName),
    port: fc.integer({ min: 1, max: 65535 }),
    project: fc.option(someName),
    task: fc.option(someName),
    createdAt: time,
    lastUsedAt: time,
  });
  fc.assert(fc.property(some, (fields) => {
    const stored = reservation(fields);
    const found = withRows(database, [stored], (transaction) => {
      assert.deepEqual(get(transaction, stored), stored);
      return list(transaction);
    });
    assert.deepEqual(found, [stored]);
  }));
});

function absolute(path: string): AbsolutePath {
  return path as AbsolutePath;
}

function reading<T>(database: Database, act: (transaction: ReadTransaction) => T): T {
  return withRead(database, "reading in a test", act);
}

function writing<T>(database: Database, act: (transaction: WriteTransaction) => T): T {
  return withWrite(database, "writing in a test", act);
}

function rowsOf(database: Database): Reservation[] {
  return reading(database, list);
}

function createOne(transaction: WriteTransaction, one: Reservation): void {
  createAll(transaction, [one]);
}

/** What `act` finds in a database that holds `rows` and nothing else, as long as it runs. */
function withRows<T>(
  database: Database,
  rows: readonly Reservation[],
  act: (transaction: ReadTransaction) => T,
): T {
  return writing(database, (transaction) => {
    createAll(transaction, rows);
    const result = act(transaction);
    removeAll(transaction, rows);
    return result;
  });
}
