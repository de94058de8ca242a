#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What tests/kernels/emit.c hands over, worked out by itself.

outputs.py write FOLDER ITEMS [BIG MUCH] [LO HI]: the files that are right;
the chunk of the items LO to HI - 1 has failed. Files: bytes, numbers, and the
rows (without a header) pairs, triples, low.
outputs.py rows FILE.npy DESCR SHAPE ROWS: has the file the header that NumPy's
documentation of the format, version 1.0, asks for, and these rows?
"""
import ast
import struct
import sys


def item_bytes(i):
    return bytes((i * 31 + k * 7) & 255 for k in range(i * i % 97))


def write(folder, items, big=-1, much=0, lo=0, hi=0):
    with open(folder + "/bytes", "wb") as out, \
            open(folder + "/numbers", "wb") as numbers:
        for i in range(items):
            if lo <= i < hi:
                continue
            if i == big:
                out.write(b"x" * much)
            out.write(item_bytes(i))
            numbers.write(struct.pack("<Q", i))
    nan = float("nan")
    rows = {"pairs": b"", "triples": b"", "low": b""}
    rows["pairs"] = b"".join(
        struct.pack("<dd", nan, nan) if lo <= i < hi
        else struct.pack("<dd", i + 0.5, -float(i)) for i in range(items))
    rows["triples"] = b"".join(
        struct.pack("<i", 0 if lo <= i < hi else 3 * i) for i in range(items))
    rows["low"] = bytes(0 if lo <= i < hi else i & 255 for i in range(items))
    for name, data in rows.items():
        with open(folder + "/" + name, "wb") as out:
            out.write(data)


def check_rows(path, descr, shape, rows):
    with open(path, "rb") as f:
        data = f.read()
    with open(rows, "rb") as f:
        right = f.read()
    if data[:8] != b"\x93NUMPY\x01\x00":
        sys.exit("%s does not begin as version 1.0" % path)
    (length,) = struct.unpack("<H", data[8:10])
    header = data[10:10 + length].decode("latin1")
    if (10 + length) % 64 != 0 or not header.endswith("\n"):
        sys.exit("%s: the header is not aligned" % path)
    expected = {"descr": descr, "fortran_order": False,
                "shape": ast.literal_eval(shape)}
    if ast.literal_eval(header) != expected:
        sys.exit("%s: the header is %s" % (path, header))
    if data[10 + length:] != right:
        sys.exit("%s has other rows" % path)
    try:
        import numpy
    except ImportError:
        return
    a = numpy.load(path)
    if a.shape != expected["shape"] or a.tobytes() != right:
        sys.exit("%s: numpy reads something else" % path)


if sys.argv[1] == "write":
    write(sys.argv[2], *map(int, sys.argv[3:]))
else:
    check_rows(*sys.argv[2:])
