# SPDX-License-Identifier: Apache-2.0
"""What does it cost to start something in Python that does nothing, and to see
it end? start.py thread|process|interpreter. The fastest of many tries."""
import multiprocessing
import subprocess
import sys
import threading
from time import perf_counter


def nothing():
    pass


def thread():
    worker = threading.Thread(target=nothing)
    worker.start()
    worker.join()


def process():  # a copy of this process, by fork
    worker = multiprocessing.get_context("fork").Process(target=nothing)
    worker.start()
    worker.join()


def interpreter():  # another Python, from its beginning
    subprocess.run([sys.executable, "-c", "pass"], check=True)


if __name__ == "__main__":
    how = sys.argv[1] if len(sys.argv) > 1 else "thread"
    start_and_wait = {"thread": thread, "process": process,
                      "interpreter": interpreter}[how]
    best, stop = 1e9, perf_counter() + 0.2
    for i in range(2000):
        begin = perf_counter()
        start_and_wait()
        end = perf_counter()
        best = min(best, end - begin)
        if i >= 5 and end > stop:
            break
    print("row", f"Python {how}", f"{1e6 * best:.1f}", sep="\t")
