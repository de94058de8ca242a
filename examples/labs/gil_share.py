# SPDX-License-Identifier: Apache-2.0
"""Which part of a core does each of two threads of one Python program get? For
any interpreter, Python 2.7 and later; without a clock for a thread: -."""
from __future__ import print_function
import threading
import time

clock = getattr(time, "perf_counter", time.time)
cpu_clock = getattr(time, "thread_time", None)  # seconds that a thread computed


def spin(shares):
    x = 1
    begin, cpu = clock(), cpu_clock()
    while clock() < begin + 0.6:
        for _ in range(1000):
            x = (x * 69069 + 5) % 4294967296
    shares.append(100 * (cpu_clock() - cpu) / (clock() - begin))


def measure():
    shares = []
    threads = [threading.Thread(target=spin, args=(shares,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ["%.1f" % share for share in shares + [sum(shares)]]


percents = measure() if cpu_clock else ["-", "-", "-"]
print("row", "thread 1", percents[0], sep="\t")
print("row", "thread 2", percents[1], sep="\t")
print("row", "both together", percents[2], sep="\t")
