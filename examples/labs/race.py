# SPDX-License-Identifier: Apache-2.0
"""Two Python threads add 1 to a counter, each of them N times:
race.py plain|call|lock N

The interpreter's lock lets one thread run at a time, and changes threads only
at certain places: at the begin of a function and at the end of a loop's round,
in CPython since 3.10."""
import sys
import threading
from time import process_time

counter = 0
lock = threading.Lock()


def one():
    return 1


def plain(n):  # no change of threads between reading and writing
    global counter
    for _ in range(n):
        counter += 1


def call(n):  # reads counter, calls one() - another thread's turn? - writes it
    global counter
    for _ in range(n):
        counter += one()


def locked(n):
    global counter
    for _ in range(n):
        with lock:
            counter += one()


if __name__ == "__main__":
    how = sys.argv[1] if len(sys.argv) > 1 else "plain"
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 300000
    sys.setswitchinterval(1e-5)  # s: let threads change often
    add = {"plain": plain, "call": call, "lock": locked}[how]
    threads = [threading.Thread(target=add, args=(n,)) for _ in range(2)]
    begin = process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ns = 1e9 * (process_time() - begin)
    lost = 2 * n - counter
    print("row", f"Python {how}", lost, f"{50 * lost / n:.4f}",
          f"{ns / (2 * n):.2f}", sep="\t")
