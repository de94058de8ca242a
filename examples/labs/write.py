# SPDX-License-Identifier: Apache-2.0
"""The list is [1]. Another one writes 2 to it and ends. What does main read?
The other is a child process; a child, and the list is an array in memory that
both share; a thread."""
import multiprocessing
import sys
import threading


def write_two(x, in_child):
    x[0] = 2
    if in_child:
        sys.exit(x[0])  # main gets what the child reads


def ask(row, Worker, x):
    in_child = Worker is not threading.Thread
    worker = Worker(target=write_two, args=(x, in_child))
    worker.start()
    worker.join()
    its = worker.exitcode if in_child else x[0]
    print("row", row, its, x[0], sep="\t")


if __name__ == "__main__":
    Process = multiprocessing.get_context("fork").Process
    ask("Python child", Process, [1])
    ask("Python child, shared memory", Process,
        multiprocessing.RawArray("i", [1]))
    ask("Python thread", threading.Thread, [1])
