# SPDX-License-Identifier: Apache-2.0
"""Memory of N workers in Python: memory.py N

Main has a list of 200000 numbers. The workers only look at it; what main and
they hold together is asked of the kernel, in KiB."""
import multiprocessing
import os
import sys
import threading

numbers = []


def work(barrier, look):
    if look:
        sum(numbers)
    barrier.wait()  # all are there: main looks at our memory
    barrier.wait()  # it has


def ask_kernel(pid):
    private = shared = proportional = 0
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        for line in lines:
            name, *size = line.split()
            if name.startswith("Private_"):
                private += int(size[0])
            elif name.startswith("Shared_"):
                shared += int(size[0])
            elif name == "Pss:":
                proportional = int(size[0])
    return private, shared, proportional


def measure(n, Worker, barrier, look=True):
    workers = [Worker(target=work, args=(barrier, look)) for _ in range(n)]
    for worker in workers:
        worker.start()
    barrier.wait()
    pids = {os.getpid(), *(getattr(w, "pid", os.getpid()) for w in workers)}
    uses = [ask_kernel(pid) for pid in pids]
    barrier.wait()
    for worker in workers:
        worker.join()
    return [sum(use) for use in zip(*uses)]


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    numbers.extend(0.5 + i for i in range(200000))
    fork = multiprocessing.get_context("fork")
    spawn = multiprocessing.get_context("spawn")
    columns = [measure(n, threading.Thread, threading.Barrier(n + 1)),
               measure(n, spawn.Process, spawn.Barrier(n + 1), False),
               measure(n, fork.Process, fork.Barrier(n + 1), False),
               measure(n, fork.Process, fork.Barrier(n + 1))]
    for row in zip(["private", "shared", "proportional"], *columns):
        print("row", *row, sep="\t")
