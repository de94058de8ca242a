#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""order.py JSON ITEMS CHUNK N BAD: are these the results of tests/kernels/
order.c? Sums are made by the definition of the tree of chunks, in Python's
floats; products are fractions, rounded once."""
import json
import math
import struct
import sys
from fractions import Fraction

path, items, size, n, bad = sys.argv[1], *map(int, sys.argv[2:])
results = json.load(open(path))["results"]


def hash_of(i, j):
    return (i * 2654435761 + j * 40503) % 2**32


def element(i, j):
    h = hash_of(i, j)
    x = 2 ** (h % 31) / (i + 1 + j)
    return -x if h >> 31 else x


def small_factor(i):
    f = 1 + (hash_of(i, 0) >> 8) * 2**-24
    return 1 / f if i % 2 else -f


def factor(i):
    if 10 <= i < 12:
        return 1e300
    if 20 <= i < 22:
        return 1e-300
    return small_factor(i)


def integer(i, j):
    k = hash_of(i, j) * 0x9E3779B97F4A7C15 % 2**64
    return k - 2**64 if k >> 63 else k


def is_good(c):
    mine = range(c * size, min((c + 1) * size, items))
    return bad == 0 or all(i % bad != 3 for i in mine)


def leaf(c):
    """The sum of a chunk, in the order of its items; None if it failed."""
    if c >= chunks or not is_good(c):
        return None
    total = None
    for i in range(c * size, min((c + 1) * size, items)):
        row = [element(i, j) for j in range(n)]
        total = row if total is None else [a + b for a, b in zip(total, row)]
    return total


def node(level, k):
    """The state of the chunks k 2^level and on."""
    if level == 0:
        return leaf(k)
    left, right = node(level - 1, 2 * k), node(level - 1, 2 * k + 1)
    if left is None or right is None:
        return left if right is None else right
    return [a + b for a, b in zip(left, right)]


def same(name, got, expected):
    if got != expected:
        sys.exit(f"{name}: {got}, not {expected}")


def product(factors):
    while len(factors) > 1:
        factors = [math.prod(factors[i:i + 2])
                   for i in range(0, len(factors), 2)]
    return Fraction(factors[0])


def as_float(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def nearest_float(x):
    """A fraction, rounded once to 24 bits (it is far from subnormal)."""
    scale = Fraction(2) ** (math.frexp(float(x))[1] - 24)
    return float(round(x / scale) * scale)


chunks = -(-items // size)
done = [i for c in range(chunks) if is_good(c)
        for i in range(c * size, min((c + 1) * size, items))]
same("product", results["product"]["value"],
     float(product([Fraction(factor(i)) for i in done])))
floats = [Fraction(as_float(small_factor(i))) for i in done]
same("product_float", results["product_float"]["value"],
     nearest_float(product(floats)))
same("product_int", int(results["product_int"]["value"]),
     (-3) ** sum(i % 50 == 0 for i in done))
if items > 100:
    same("too_large", results["too_large"]["value"], None)
same("sum", results["sum"]["values"], node(chunks.bit_length(), 0))
columns = [[element(i, j) for i in done] for j in range(n)]
same("exact", results["exact"]["values"], [math.fsum(c) for c in columns[:5]])
same("least", results["least"]["values"], [min(c) for c in columns])
columns = [[integer(i, j) for i in done] for j in range(n)]
same("sum_int", [int(x) for x in results["sum_int"]["values"]],
     [sum(c) for c in columns])
same("most_int", results["most_int"]["values"], [max(c) for c in columns])
if results["sum"]["values"][:5] == results["exact"]["values"] and items > 100:
    sys.exit("the sums do not round: this is no test")
