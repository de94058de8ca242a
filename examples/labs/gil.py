# SPDX-License-Identifier: Apache-2.0
"""Do the threads of one Python program share a lock? A plain script that asks
by measuring; for any interpreter, Python 2.7 and later.

    python3 gil.py lock     how much do two threads compute, and how much one?
    python3 gil.py share    which part of a core does each of two threads get?
"""
from __future__ import print_function
import platform
import sys
import threading
import time

clock = getattr(time, "perf_counter", time.time)
thread_cpu = getattr(time, "thread_time", None)  # seconds, where there are any
process_cpu = getattr(time, "process_time", None)


def spin(seconds, results):
    """Computes for so long: million rounds a second, per cent of a core."""
    rounds, x, begin = 0, 1, clock()
    cpu = thread_cpu() if thread_cpu else 0
    while clock() < begin + seconds:
        for _ in range(1000):
            x = (x * 69069 + 5) % 4294967296
        rounds += 1000
    took = clock() - begin
    share = "%.1f" % ((thread_cpu() - cpu) / took * 100) if thread_cpu else "-"
    results.append((rounds / took / 1e6, share))


def spin_in_threads(n, seconds):
    results = []
    threads = [threading.Thread(target=spin, args=(seconds, results))
               for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def lock():
    best = [0, 0]
    for _ in range(4):  # in turn, so that others on the machine hit both
        for n in 1, 2:
            both = sum(speed for speed, _ in spin_in_threads(n, 0.15))
            best[n - 1] = max(best[n - 1], both)
    one, two = best
    name = platform.python_implementation() + " " + platform.python_version()
    says = str(getattr(sys, "_is_gil_enabled", lambda: "-")())
    print("row", name, "%.2f" % one, "%.2f" % two,
          "no lock" if two / one > 1.4 else "a lock", says, sep="\t")


def share():
    begin, cpu = clock(), process_cpu() if process_cpu else 0
    for i, (_, percent) in enumerate(spin_in_threads(2, 0.6)):
        print("row", "thread %d" % (i + 1), percent, sep="\t")
    if process_cpu:
        both = (process_cpu() - cpu) / (clock() - begin) * 100
        print("row", "both together", "%.1f" % both, sep="\t")


if __name__ == "__main__":
    {"lock": lock, "share": share}[sys.argv[1]]()
