# SPDX-License-Identifier: Apache-2.0
"""Each item leaves 1 MB in a list, and one of them 16 MB. What a list of the
module holds, Python's garbage collector cannot free: so a worker grows from
item to item. Each item looks at how much memory its process has before and
after it: these are its results.

    fanfold run leak.py:work --range 0:60 --chunk 1 -n 1 --recycle 10 \\
        --fold peak=max --fold growth=mean --fold worst=argmax:growth
"""
import os

BAD = 37
kept = []


def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def work(item):
    before = resident_mb()
    kept.append(b"x" * (16_000_000 if item == BAD else 1_000_000))
    after = resident_mb()
    return {"peak": after, "growth": after - before}


def watch(item):
    """A row of the lab's table after item 1, 10, 20, ..."""
    peak = work(item)["peak"]
    if item == 0 or item % 10 == 9:
        return "row\t%d\t-\t%.1f" % (item + 1, peak)
    return None
