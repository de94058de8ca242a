# SPDX-License-Identifier: Apache-2.0
"""deadlock.c in Python: each item is two threads that both need two locks. In
item `crosswise` they take them in opposite order, and each waits for the lock
that the other one holds, for ever."""
import threading

import fanfold

crosswise = int(fanfold.param("crosswise", 3, "the item; -1: none"))


def use_both(first, second, both):
    with first:
        if both is not None:
            both.wait()  # the bad luck, which else is rare: both have one
        with second:
            pass


@fanfold.kernel(items=8, finished="number")
def transfer(item):
    a, b = threading.Lock(), threading.Lock()
    order, both = (a, b), None
    if item == crosswise:
        order, both = (b, a), threading.Barrier(2)
    thread = threading.Thread(target=use_both, args=(a, b, both))
    thread.start()
    use_both(*order, both)
    thread.join()
    return 1
