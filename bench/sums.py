# SPDX-License-Identifier: Apache-2.0
"""Exact sums beside the sums that people write, and CPython's math.fsum."""
import math
import random
import time

from table import Figure

NS = (1, "ns")
L1, L2, MEMORY = 2048, 49152, 1 << 25
BEST_FIRST = "avx512", "avx2", "portable"
PLACES = 512  # in an executor's buffer


def parse(text):
    """The output of bench/sum: a Figure a name."""
    names, *rounds = (line.split() for line in text.splitlines())
    return {name: Figure(map(float, column))
            for name, column in zip(names, zip(*rounds))}


def fsum_ns(rounds):
    values = [random.random() for _ in range(L2)]
    samples = []
    for _ in range(rounds):
        begun = time.thread_time()
        math.fsum(values)
        samples.append((time.thread_time() - begun) / L2 * 1e9)
    return Figure(samples)


def rows(measure, row, rounds):
    """measure(WORDS...): the output of bench/sum; row: see run.py."""
    def one(what, data, n, batch, share=1, work="sum"):
        return what, parse(measure(work, data, str(n), str(batch),
                                   str(max(3, rounds // share))))

    def best(figures):
        return next(figures[v] for v in BEST_FIRST if v in figures)

    lines = []
    narrow = [one("L1 (16 KiB)", "narrow", L1, L1),
              one("L2 (384 KiB)", "narrow", L2, L2),
              one("memory (256 MiB)", "narrow", MEMORY, MEMORY, 10)]
    for (where, f), goal in zip(narrow, (None, (3.5,), (1.1,))):
        lines.append(row("a double of an array, " + where, best(f), NS,
                         "fast-math loop", f["fast"], goal))
    for where, f in narrow[:2]:
        lines.append(row("the same, " + where, best(f), NS, "plain loop",
                         f["plain"], (2.5,), speedup=True))
    l2 = narrow[1][1]
    lines.append(row("the same, L2", best(l2), NS, "math.fsum of CPython",
                     fsum_ns(rounds)))
    for version in (*BEST_FIRST, "none"):
        if version in l2:
            lines.append(row("the same, version " + version, l2[version], NS,
                             "", None))
    for what, f in (one("over 2^200", "wide", L2, L2),
                    one("over 2^200, %d a call" % PLACES, "wide", L2, PLACES),
                    one("of all exponents", "any", L2, L2)):
        for version in BEST_FIRST:
            if version in f:
                lines.append(row("a double of an array %s, %s" % (
                    what, version), f[version], NS, "", None, (2, "ns")))
    what, f = one("a double, %d a call" % PLACES, "narrow", L2, PLACES)
    lines.append(row(what, best(f), NS, "plain loop", f["plain"], (3, "ns")))
    for what, work, n in (("a double of a variance", "variance", L2),
                          ("a double of a norm2", "norm2", L2),
                          ("a pair of a dot", "dot", L2 // 2)):
        few = PLACES * n // L2
        for where, batch in ("L2", n), ("%d a call" % few, few):
            _, f = one(what, "narrow", n, batch, work=work)
            lines.append(row("%s, %s" % (what, where), best(f), NS,
                             "plain loop", f["plain"], (1.5, "ns")))
        lines.append(row("the same", best(f), NS, "fast-math loop", f["fast"]))
        lines.append(row("the same, in integers", f["none"], NS, "", None))
    f = parse(measure("merge", str(rounds)))
    lines.append(row("a merge of two sums", f["merge"], NS, "", None,
                     (10, "ns")))
    lines.append(row("a sum normalised", f["normalise"], NS, "", None))
    return lines
