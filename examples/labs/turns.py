# SPDX-License-Identifier: Apache-2.0
"""One thread computes and never stops by itself. Another one sleeps for 1 ms
and then wants its turn: how late does it get one? The interpreter takes the
lock away from the one that computes when the switch interval is over.

    python3 turns.py 50     a switch interval of 50 ms
"""
from __future__ import print_function
import sys
import threading
import time

clock = getattr(time, "perf_counter", time.time)


def compute(seconds):
    end = clock() + seconds
    while clock() < end:
        sum(range(100))


def wait_for_turns(busy):
    """How late each turn came, in ms."""
    late = []
    while busy.is_alive():
        begin = clock()
        time.sleep(0.001)
        late.append(max(0, clock() - begin - 0.001) * 1e3)
    return late


def main(interval_ms):
    if hasattr(sys, "setswitchinterval"):
        sys.setswitchinterval(interval_ms / 1e3)
    busy = threading.Thread(target=compute, args=(0.5,))
    busy.start()
    late = wait_for_turns(busy)
    mean = "%.2f" % (sum(late) / len(late)) if late else "-"  # no turn at all
    print("row", "%g ms" % interval_ms, mean, len(late), sep="\t")


if __name__ == "__main__":
    main(float(sys.argv[1]))
