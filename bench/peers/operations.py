"""The work of operations.ts, by the sqlite3 module of Python."""

import json
import sqlite3
import sys
import time

path, request = sys.argv[1:]
work = json.loads(request)
rows, writes, reads = work["rows"], work["writes"], work["reads"]

connection = sqlite3.connect(path, timeout=5, isolation_level=None)
for sql in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", *work["schema"]]:
    connection.execute(sql)

INSERT = "INSERT INTO reservations VALUES (?, '', ?, ?, NULL, ?, ?)"
UPDATE = "UPDATE reservations SET last_used_at = ? WHERE path = ? AND tag = ?"
SELECT = "SELECT * FROM reservations WHERE path = ? AND tag = ?"


def path_of(index):
    return f"/home/dev/project-{index % 50}/checkout-{index}"


def seconds(act):
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def batch():
    connection.execute("BEGIN IMMEDIATE")
    for index in range(rows):
        project = f"project-{index % 50}"
        connection.execute(INSERT, (path_of(index), 1 + index, project, 1_000_000, 1_000_000))
    connection.execute("COMMIT")


def write():
    for index in range(writes):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(UPDATE, (2_000_000 + index, path_of(index * 7919 % rows), ""))
        connection.execute("COMMIT")


def read():
    for index in range(reads):
        connection.execute(SELECT, (path_of(index * 7919 % rows), "")).fetchone()


times = {"batch": seconds(batch), "write": seconds(write), "read": seconds(read)}
print(json.dumps({"version": sqlite3.sqlite_version, **times}))
