# SPDX-License-Identifier: Apache-2.0
"""The squares exercise in Python: squares.py threads|processes N

Each of N workers computes the squares of its part of the numbers. Threads write
to a list of their process; processes need an array in shared memory."""
import multiprocessing
import sys
import threading
from time import perf_counter

NUMBERS = 100000


def work(squares, begin, end):
    for i in range(begin, end):
        squares[i] = i * i


def main():
    how = sys.argv[1] if len(sys.argv) > 1 else "threads"
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    if how == "threads":
        Worker = threading.Thread
        squares = [0] * NUMBERS
    else:
        Worker = multiprocessing.get_context("fork").Process
        squares = multiprocessing.RawArray("q", NUMBERS)

    t0 = perf_counter()
    workers = []
    for i in range(n):
        part = (squares, i * NUMBERS // n, (i + 1) * NUMBERS // n)
        workers.append(Worker(target=work, args=part))
    t1 = perf_counter()  # created: objects of Python, nothing runs yet
    for worker in workers:
        worker.start()
    t2 = perf_counter()  # started: from here on they work
    for worker in workers:
        worker.join()
    t3 = perf_counter()  # joined: all have ended

    times = [f"{1e6 * t:.1f}" for t in (t1 - t0, t2 - t1, t3 - t2)]
    print("row", f"{n} Python {how}", *times, sum(squares), sep="\t")
    print(f"End main ({n} Python {how})")


if __name__ == "__main__":
    main()
