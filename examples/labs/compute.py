# SPDX-License-Identifier: Apache-2.0
"""Work that only computes, as compute.c does it: how many steps does Collatz's
rule need to get from a number to 1? All of it is Python, so whoever runs it
must hold the interpreter's lock.

    fanfold run compute.py:steps --range 1:30000 --fold steps=sum -n 2
"""


def steps(n: int) -> int:
    count = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
    return count
