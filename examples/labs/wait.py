# SPDX-License-Identifier: Apache-2.0
"""Work that only waits, as wait.c does it. time.sleep gives the interpreter's
lock back, as all functions do that wait: for a file, a socket, a pipe, a
process.

    fanfold run wait.py:answer --range 0:32 --fold sum -n 1 --threads 8
"""
import time


def answer(item) -> int:
    time.sleep(0.02)
    return 1
