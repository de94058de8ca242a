# SPDX-License-Identifier: Apache-2.0
"""Do the threads of one Python program share a lock? A plain script that asks
by measuring how much two threads compute, and how much one: million rounds a
second. For any interpreter, Python 2.7 and later."""
from __future__ import print_function
import os
import platform
import sys
import threading
import time

clock = getattr(time, "perf_counter", time.time)
thread_cpu = getattr(time, "thread_time", None)  # seconds, where there are any


def spin(seconds, results):
    """Computes for so long: million rounds, seconds, CPU seconds of them."""
    rounds, x = 0, 1
    begin, cpu = clock(), (thread_cpu or clock)()
    while clock() < begin + seconds:
        for _ in range(1000):
            x = (x * 69069 + 5) % 4294967296
        rounds += 1000
    cpu = (thread_cpu or clock)() - cpu
    results.append((rounds / 1e6, clock() - begin, cpu))


def spin_in_threads(n, seconds):
    results = []
    threads = [threading.Thread(target=spin, args=(seconds, results))
               for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def find_lock():
    """One thread: what it does with a whole core. Two: what they really do."""
    one = two = 0
    for _ in range(4):
        one = max(one, max(r / cpu for r, _, cpu in spin_in_threads(1, 0.15)))
        two = max(two, sum(r / took for r, took, _ in spin_in_threads(2, 0.15)))
    name = platform.python_implementation() + " " + platform.python_version()
    says = str(getattr(sys, "_is_gil_enabled", lambda: "-")())
    one_core = hasattr(os, "sched_getaffinity") and \
        len(os.sched_getaffinity(0)) == 1
    found = ("one core: cannot tell" if one_core else
             "no lock" if two > 1.4 * one else
             "a lock" if two > 0.6 * one else "too busy to tell")
    print("row", name, "%.2f" % one, "%.2f" % two, found, says, sep="\t")


find_lock()
