import assert from "node:assert/strict";

import { parseLsof } from "../../src/allocation/listeners_lsof.ts";

// Recorded with lsof 4.95, `-F pcLftPnT`; the fields are the same on macOS.
const RECORDED = `\
p22814
cpython3
Ldev
fcwd
tDIR
n/home/dev/shop
f3
tIPv4
PTCP
n*:45001
TST=LISTEN
TQR=0
TQS=0
f4
tIPv4
PTCP
n127.0.0.1:45001->127.0.0.1:35570
TST=ESTABLISHED
TQR=0
TQS=0
p23122
cdeno
Lroot
fcwd
tDIR
n/
f21
tIPv6
PTCP
n*:45002
TST=LISTEN
TQR=0
TQS=0
f22
tIPv4
PUDP
n127.0.0.1:45003
TQR=0
TQS=0
f24
tIPv6
PTCP
n127.0.0.1:45004
TST=LISTEN
TQR=0
TQS=0
f25
tIPv6
PTCP
n[::1]:45005
TST=LISTEN
f26
tIPv6
PTCP
n[fe80::1]:45006
TST=LISTEN
f27
tIPv4
PUDP
n*:*
p24000
cbash
Ldev
fcwd
tDIR
n/home/dev
`;

Deno.test("parseLsof() reads sockets with their processes and directories", () => {
  const python = {
    processId: 22814,
    processName: "python3",
    user: "dev",
    directory: "/home/dev/shop",
  };
  const deno = { processId: 23122, processName: "deno", user: "root", directory: "/" };
  const [tcp4, udp4, tcp6] = [
    { protocol: "tcp", family: "ipv4" },
    { protocol: "udp", family: "ipv4" },
    { protocol: "tcp", family: "ipv6" },
  ];
  assert.deepEqual(parseLsof(RECORDED), [
    { ...tcp4, reach: "wildcard", port: 45001, listening: true, owner: python },
    { ...tcp4, reach: "loopback", port: 45001, listening: false, owner: python },
    { ...tcp6, reach: "wildcard", port: 45002, listening: true, owner: deno },
    { ...udp4, reach: "loopback", port: 45003, listening: true, owner: deno },
    { ...tcp4, reach: "loopback", port: 45004, listening: true, owner: deno },
    { ...tcp6, reach: "loopback", port: 45005, listening: true, owner: deno },
    { ...tcp6, reach: "other", port: 45006, listening: true, owner: deno },
  ]);
});

Deno.test("parseLsof() does without what this user may not see", () => {
  const [socket] = parseLsof("p7\nf3\ntIPv4\nPTCP\nn*:80\nTST=LISTEN\n");
  const owner = { processId: 7, processName: null, user: null, directory: null };
  assert.deepEqual(socket?.owner, owner);
});

for (const text of ["", "\n", "lsof: no such option\n", "p1\ncinit\nfcwd\ntDIR\nn/\n"]) {
  Deno.test(`parseLsof() finds no socket in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseLsof(text), []);
  });
}
