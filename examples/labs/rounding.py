# SPDX-License-Identifier: Apache-2.0
"""The sum of rounding.c in Python: a block of terms for each thread, the sums
of the threads added in the order of their ranks; and by math.fsum, which keeps
all digits of the threads' terms and rounds once."""
import math
import sys
from concurrent.futures import ThreadPoolExecutor

TERMS = 200_000


def add(begin, end):
    total = 0.0
    for i in range(begin, end):  # not sum(): since 3.12 that is nearly exact
        total += 1 / (i + 1)
    return total


def by_rank(n):
    begins = [TERMS * i // n for i in range(n + 1)]
    with ThreadPoolExecutor(n) as threads:
        total = 0.0
        for part in threads.map(add, begins[:-1], begins[1:]):
            total += part
    return total


def exactly(n):
    begins = [TERMS * i // n for i in range(n + 1)]
    return math.fsum(1 / (i + 1)
                     for begin, end in zip(begins, begins[1:])
                     for i in range(begin, end))


for n in map(int, sys.argv[1:]):
    doubles, exact = by_rank(n), exactly(n)
    off = abs(doubles - exact) / math.ulp(exact)  # in units of its last digit
    print("row", n, repr(doubles), f"{off:.0f}", repr(exact), sep="\t",
          flush=True)
