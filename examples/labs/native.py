# SPDX-License-Identifier: Apache-2.0
"""Python that lets C compute: nearly all of the time is spent in a function
written in C, which gives the interpreter's lock back while it works.

    fanfold run native.py:work --range 0:100 --fold sum -n 1 --threads 2
    python3 native.py               says which function it is
"""
try:
    import numpy

    NAME = "numpy.sin"
    NUMBERS = numpy.linspace(0, 1, 400_000)

    def work(item):
        return numpy.sin(NUMBERS)[item]

except ImportError:
    import hashlib

    NAME = "hashlib.sha256"
    BYTES = bytes(1_500_000)

    def work(item):
        return hashlib.sha256(BYTES).digest()[item % 32]


if __name__ == "__main__":
    print("the function in C that Python calls here:", NAME)
