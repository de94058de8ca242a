# SPDX-License-Identifier: Apache-2.0
"""Two Python threads take and give back references to one object, N times each:
refcount.py N

CPython counts the references to each object. Its lock makes the counts right,
though they are plain numbers."""
import sys
import threading


def take_and_give_back(thing, n):
    for _ in range(n):
        mine = thing
        del mine


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    sys.setswitchinterval(1e-5)  # s: let threads change often
    thing = object()
    before = sys.getrefcount(thing)
    threads = [threading.Thread(target=take_and_give_back, args=(thing, n))
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    threads = thread = None
    after = sys.getrefcount(thing)
    print("row", "before", before, sep="\t")
    print("row", "after", after, sep="\t")
