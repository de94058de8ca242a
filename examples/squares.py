# SPDX-License-Identifier: Apache-2.0
"""The first exercise of a course, in Python (squares.c is the same in C). As
many workers as cores, each squares the numbers 0 to 99 with a pause. -n 4 makes
four processes, -n 1 --threads 4 four threads of one process.

squares.py:square is a function like any other: fanfold run squares.py:square
--range 0:10 prints ten squares."""
import time

import fanfold

pause = fanfold.param("pause_s", 0.01, "between two numbers")


def square(i):
    """The square of a number."""
    return i * i


@fanfold.once(squares="sum")
def exercise() -> int:
    """Squares the numbers 0 to 99, in each thread."""
    total = 0
    for i in range(100):
        total += square(i)
        time.sleep(pause)
    print(f"worker {fanfold.rank()} thread {fanfold.thread()}: {total}")
    return total
