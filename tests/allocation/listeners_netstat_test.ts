import assert from "node:assert/strict";

import { parseNetstat, parseTasklist } from "../../src/allocation/listeners_netstat.ts";

// As Windows prints it in German.
const NETSTAT = `\r
Aktive Verbindungen\r
\r
  Proto  Lokale Adresse         Remoteadresse          Status           PID\r
  TCP    0.0.0.0:135            0.0.0.0:0              ABHÖREN          1044\r
  TCP    127.0.0.1:5000         0.0.0.0:0              ABHÖREN          9412\r
  TCP    127.0.0.1:5000         127.0.0.1:50122        HERGESTELLT      9412\r
  TCP    192.168.0.10:50200     93.184.216.34:443      WARTEND          0\r
  TCP    [::]:135               [::]:0                 ABHÖREN          1044\r
  TCP    [::1]:5001             [::]:0                 ABHÖREN          9412\r
  UDP    0.0.0.0:5353           *:*                                    2220\r
  UDP    [fe80::1c2a:30%12]:1900  *:*                                  2220\r
`;

Deno.test("parseNetstat() reads sockets in whatever language", () => {
  const tcp4 = { protocol: "tcp", family: "ipv4" };
  const tcp6 = { protocol: "tcp", family: "ipv6" };
  assert.deepEqual(parseNetstat(NETSTAT), [
    { ...tcp4, reach: "wildcard", port: 135, listening: true, processId: 1044 },
    { ...tcp4, reach: "loopback", port: 5000, listening: true, processId: 9412 },
    { ...tcp4, reach: "loopback", port: 5000, listening: false, processId: 9412 },
    { ...tcp4, reach: "other", port: 50200, listening: false, processId: 0 },
    { ...tcp6, reach: "wildcard", port: 135, listening: true, processId: 1044 },
    { ...tcp6, reach: "loopback", port: 5001, listening: true, processId: 9412 },
    {
      protocol: "udp",
      family: "ipv4",
      reach: "wildcard",
      port: 5353,
      listening: true,
      processId: 2220,
    },
    {
      protocol: "udp",
      family: "ipv6",
      reach: "other",
      port: 1900,
      listening: true,
      processId: 2220,
    },
  ]);
});

Deno.test("parseTasklist() reads names and accounts, and knows what it may not know", () => {
  const text = [
    '"System Idle Process","0","Services","0","8 K","Unknown","NT AUTHORITY\\SYSTEM","9:00:00","N/A"',
    '"node.exe","9412","Console","1","52.096 K","Running","DESKTOP-1\\dev","0:00:03","shop ""dev"""',
    '"svchost.exe","1044","Services","0","9.012 K","Unknown","Nicht zutreffend","0:00:01","N/A"',
    "INFO: No tasks are running.",
    "",
  ].join("\r\n");
  assert.deepEqual(
    [...parseTasklist(text)],
    [
      [0, { name: "System Idle Process", user: "SYSTEM" }],
      [9412, { name: "node.exe", user: "dev" }],
      [1044, { name: "svchost.exe", user: null }],
    ],
  );
});

for (const text of ["", "\r\n", "Access denied.", "  TCP  nonsense\r\n"]) {
  Deno.test(`parseNetstat() finds nothing in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseNetstat(text), []);
  });
}
