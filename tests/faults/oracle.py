#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""oracle.py JSON ITEMS CHUNK: are these the results of all items of tests/
kernels/oracle.c, 0 to ITEMS - 1 in chunks of CHUNK? Everything is made anew
here: hashes by the definition of MurmurHash3's finalizer, sums in fractions,
rounded once, and the sum that rounds by the definition of the tree of chunks."""
import json
import math
import sys
from fractions import Fraction

path, n, size = sys.argv[1], *map(int, sys.argv[2:])
with open(path) as f:
    results = json.load(f)["results"]


def hash_of(x):
    x = (x ^ x >> 33) * 0xff51afd7ed558ccd % 2**64
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53 % 2**64
    return (x ^ x >> 33) >> 32


def term(i):
    h = hash_of(i + 1)
    x = math.ldexp(1.0 / (i + 1), h % 49 if h >> 30 & 1 else -(h % 49))
    return -x if h >> 31 else x


def in_order(level, k):
    """The sum of the chunks k 2^level and on: a chunk's in the order of its
    items, two neighbours' added; None if there are none."""
    if k << level >= -(-n // size):
        return None
    if level == 0:
        terms = x[k * size:(k + 1) * size]
        total = terms[0]
        for t in terms[1:]:
            total += t
        return total
    left, right = in_order(level - 1, 2 * k), in_order(level - 1, 2 * k + 1)
    return left if right is None else left + right


def value(name):
    got = results[name].get("value", results[name].get("values"))
    return int(got) if isinstance(got, str) else got


def same(name, expected):
    if value(name) != expected:
        sys.exit("%s: %r, not %r" % (name, value(name), expected))


hashes = [hash_of(i + 1) for i in range(n)]
x = [term(i) for i in range(n)]
xor = 0
for h in hashes:
    xor ^= h
exact = sum(map(Fraction, x))
squares = sum(Fraction(t) ** 2 for t in x)
same("items", n)
same("index_sum", n * (n - 1) // 2)
same("hash_sum", sum(hashes))
same("hash_xor", xor)
same("total", float(exact))
same("in_order", [in_order(n.bit_length(), 0)])
same("mean", float(exact / n))
same("variance", float((squares - exact * exact / n) / (n - 1)))
same("least", min(x))
same("most", max(x))
same("least_hash", min(hashes))
same("most_hash", max(hashes))
