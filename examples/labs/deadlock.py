# SPDX-License-Identifier: Apache-2.0
"""deadlock.c in Python: each item is two threads that both need two locks. In
item `crosswise` they take them in opposite order, and each waits for the lock
that the other one holds, for ever."""
import threading

import fanfold

crosswise = fanfold.param("crosswise", 3, "the item; -1: none")


def a_then_b(a, b, both):
    with a:
        if both is not None:
            both.wait()  # the bad luck, which else is rare: both have a lock
        with b:
            pass


def b_then_a(a, b, both):
    with b:
        if both is not None:
            both.wait()
        with a:
            pass


@fanfold.kernel(items=8, finished="number")
def use_both(item):
    a, b = threading.Lock(), threading.Lock()
    both = threading.Barrier(2) if item == crosswise else None
    thread = threading.Thread(target=a_then_b, args=(a, b, both))
    thread.start()
    if item == crosswise:
        b_then_a(a, b, both)
    else:
        a_then_b(a, b, both)
    thread.join()
    return 1
