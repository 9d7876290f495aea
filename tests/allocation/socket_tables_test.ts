import assert from "node:assert/strict";

import { parseSocketTable, readSocketTables } from "../../src/allocation/socket_tables.ts";

// Recorded with Linux 6.18 on x86-64.
const TCP = `\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 00000000:AFC9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 80479 1 00000000648f5b5c 100 0 0 10 0                     
   1: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 539 1 000000006c165015 100 0 0 10 0                       
   2: 0100007F:AFC9 0100007F:D162 01 00000000:00000000 00:00000000 00000000     0        0 79694 1 00000000740bcfe0 20 0 0 10 -1                     
   3: 0202000A:AFC9 0302000A:D163 06 00000000:00000000 03:00001756 00000000     0        0 0 3 00000000b000c7a9                                      
`;
const TCP6 = `\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000100007F:AFCC 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 79695 1 00000000e0b3cf8e 100 0 0 10 0
   1: 00000000000000000000000000000000:AFCA 00000000000000000000000000000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 79691 2 00000000d0eff44a 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:AFCA 0000000000000000FFFF00000100007F:DC56 01 00000000:00000000 00:00000000 00000000     0        0 0 1 00000000aa06c7ef 20 0 0 10 -1
   3: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 79699 1 0000000044d7a8c5 100 0 0 10 0
   4: 000080FE00000000FF005450B6ADDE00:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 79700 1 0000000044d7a8c6 100 0 0 10 0
`;
const UDP = `\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            
15942: 0100007F:AFCB 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 79692 2 00000000d658e3e8 0         
15943: 0100007F:AFCC 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 79693 2 00000000d658e3e9 0         
`;

Deno.test("parseSocketTable() reads listeners, connections and TIME_WAIT of tcp", () => {
  const tcp = { protocol: "tcp", family: "ipv4" };
  assert.deepEqual(parseSocketTable(TCP, "tcp", "ipv4"), [
    { ...tcp, reach: "wildcard", port: 45001, listening: true, uid: 0, inode: "80479" },
    { ...tcp, reach: "loopback", port: 2024, listening: true, uid: 1000, inode: "539" },
    { ...tcp, reach: "loopback", port: 45001, listening: false, uid: 0, inode: "79694" },
    { ...tcp, reach: "other", port: 45001, listening: false, uid: 0, inode: "0" },
  ]);
});

Deno.test("parseSocketTable() takes a mapped address of tcp6 as one of IPv4", () => {
  const found = parseSocketTable(TCP6, "tcp", "ipv6");
  assert.deepEqual(found.map(({ family, reach, port }) => [family, reach, port]), [
    ["ipv4", "loopback", 45004],
    ["ipv6", "wildcard", 45002],
    ["ipv4", "loopback", 45002],
    ["ipv6", "loopback", 8080],
    ["ipv6", "other", 8080],
  ]);
});

Deno.test("parseSocketTable() takes every UDP socket as one that receives", () => {
  const udp = { protocol: "udp", family: "ipv4", reach: "loopback", listening: true, uid: 0 };
  assert.deepEqual(parseSocketTable(UDP, "udp", "ipv4"), [
    { ...udp, port: 45003, inode: "79692" },
    { ...udp, port: 45004, inode: "79693" },
  ]);
});

for (
  const text of ["", "\n", TCP.split("\n", 1).join(), `${TCP.split("\n", 1)}\n  0: nonsense\n`]
) {
  Deno.test(`parseSocketTable() finds nothing in ${JSON.stringify(text.slice(-20))}`, () => {
    assert.deepEqual(parseSocketTable(text, "tcp", "ipv4"), []);
  });
}

function linuxTest(name: string, fn: () => void): void {
  Deno.test({ name: `(Linux only) ${name}`, ignore: Deno.build.os !== "linux", fn });
}

linuxTest("readSocketTables() is complete, and leaves out the sockets that it opens itself", () => {
  const inFiles: number[] = [];
  const tables = readSocketTables((path) => {
    const text = Deno.readTextFileSync(path);
    inFiles.push(...parseSocketTable(text, "tcp", "ipv4").map(({ port }) => port));
    return text;
  });
  assert.ok(tables?.isComplete("tcp") && tables.isComplete("udp"));
  const inTables = Array.from({ length: 65536 }, (_, port) => tables?.at(port) ?? []).flat();
  // One for each of four tables; without IPv6 there are two.
  assert.equal(inFiles.length - inTables.length, hasIpv6() ? 4 : 2);
});

linuxTest("readSocketTables() does not believe a table that lacks a socket of ours", () => {
  const tables = readSocketTables((path) => {
    return path === "/proc/net/udp6" ? "header\n" : Deno.readTextFileSync(path);
  });
  assert.equal(tables?.isComplete("tcp"), true);
  assert.equal(tables?.isComplete("udp"), false);
});

for (const [what, readFile] of [["empty", () => ""], ["denied", deny]] as const) {
  Deno.test(`readSocketTables() has nothing to say when all tables are ${what}`, () => {
    assert.equal(readSocketTables(readFile), undefined);
  });
}

function deny(): never {
  throw new Deno.errors.NotCapable();
}

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
