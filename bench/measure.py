"""Runs whole processes and measures them as the kernel does.

A line of JSON on standard input names the words, the working directory and the variables of a
process; a line on standard output tells its cost. The launcher has to be small: Linux counts the
memory of the launcher as the first memory of the process, and a Deno is larger than what is
measured.
"""

import json
import os
import sys
import time

NOTHING = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
PEAK_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10

for line in sys.stdin:
    request = json.loads(line)
    words, env = request["words"], request["env"]
    os.chdir(request["cwd"])
    start = time.perf_counter()
    pid = os.posix_spawnp(words[0], words, env, file_actions=NOTHING)
    _, status, usage = os.wait4(pid, 0)
    cost = {
        "wallMs": (time.perf_counter() - start) * 1e3,
        "cpuMs": (usage.ru_utime + usage.ru_stime) * 1e3,
        "peakMiB": usage.ru_maxrss / PEAK_PER_MIB,
        "status": status,
    }
    print(json.dumps(cost), flush=True)
