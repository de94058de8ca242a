# SPDX-License-Identifier: Apache-2.0
"""Python kernels beside a plain interpreter and multiprocessing."""
import os
import shlex
import subprocess
import sys

NS, US, MS = (1e9, "ns"), (1e6, "us"), (1e3, "ms")

# What is done, by fanfold and by a plain interpreter: the import of a kernel.
KERNEL = """
import math

def loop(begin, end) -> float:
    s = 0.0
    for i in range(begin, end):
        s += math.sqrt(i) * 0.5
    return s

def square(i) -> int:
    return i * i

def nothing(i):
    pass
"""

# Each prints seconds: of the loop over n items; of n calls in a plain loop,
# beyond the loop itself; of n tasks of a pool.
LOOP = """
import sys, time
from kernel import loop
begun = time.perf_counter()
loop(0, int(sys.argv[1]))
print(time.perf_counter() - begun)
"""
CALLS = """
import sys, time
import kernel
def bare(n):
    begun = time.perf_counter()
    for i in range(n):
        pass
    return time.perf_counter() - begun
def calls(f, n):
    begun = time.perf_counter()
    for i in range(n):
        f(i)
    return time.perf_counter() - begun
n, f = int(sys.argv[2]), getattr(kernel, sys.argv[1])
print(calls(f, n) - bare(n))
"""
POOL = """
import multiprocessing, sys, time
from kernel import square
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.map(square, range(100))
        begun = time.perf_counter()
        pool.map(square, range(int(sys.argv[1])), chunksize=1)
        print(time.perf_counter() - begun)
"""

# The interpreter as its shared library has it. That of Debian is slower than its
# program, into which the same code is linked for one place in memory.
EMBEDDED = """
#include <Python.h>
int main(int argc, char **argv) { return Py_BytesMain(argc, argv); }
"""


class Pythons:
    """fanfold(WORDS...): the command line of a run on two workers;
    fanfold_json: runs it, its report; in_turn, row: see run.py."""

    def __init__(self, fanfold_json, in_turn, row, scratch, quick):
        self.fanfold_json = fanfold_json
        self.in_turn, self.row = in_turn, row
        self.folder = os.path.join(scratch, "pythons")
        self.quick = quick
        os.makedirs(self.folder, exist_ok=True)
        for name, text in (("kernel", KERNEL), ("loop", LOOP),
                           ("calls", CALLS), ("pool", POOL)):
            with open(self.path(name), "w") as f:
                f.write(text)

    def pick(self, full, quick):
        return quick if self.quick else full

    def path(self, name):
        return os.path.join(self.folder, name + ".py")

    def plain(self, name, *words, program=sys.executable):
        """Seconds, as a plain interpreter prints them: the one that fanfold
        was built for."""
        done = subprocess.run([program, self.path(name), *map(str, words)],
                              stdout=subprocess.PIPE, text=True, check=True)
        return float(done.stdout)

    def embedded(self):
        """A program that is the shared library and nothing else."""
        program = os.path.join(self.folder, "embedded")
        with open(program + ".c", "w") as f:
            f.write(EMBEDDED)
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "python3-embed"],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        subprocess.run([*shlex.split(os.environ["CC"]), "-O2", "-o", program,
                        program + ".c", *shlex.split(flags)], check=True)
        return program

    def ours(self, function, n, *words):
        """Seconds from the first chunk to the last."""
        report = self.fanfold_json("--range",
                                   "0:%d" % n, *words,
                                   self.path("kernel") + ":" + function)
        return report["time"]["compute_s"]

    def loop(self):
        n = self.pick(40_000_000, 10_000_000)
        what = "a loop over %d items in chunks" % n
        embedded = self.embedded()
        ours, theirs, library = self.in_turn(
            self.pick(9, 3),
            lambda: self.ours("loop", n, "--fold", "s=sum"),
            lambda: self.plain("loop", n) / 2,
            lambda: self.plain("loop", n, program=embedded) / 2)
        return [self.row(what, ours, MS, "a plain interpreter, divided by 2",
                         theirs, (1.15,)),
                self.row(what, ours, MS, "its shared library, divided by 2",
                         library, (1.15,))]

    def call(self, function, n, *words):
        """An item of one worker, beyond the call in a plain loop."""
        samples = self.in_turn(
            self.pick(9, 3),
            lambda: (self.ours(function, n, "-n", "1", *words)
                     - self.plain("calls", function, n)) / n)
        return samples[0]

    def calls(self):
        n = self.pick(5_000_000, 1_000_000)
        return [
            self.row("an item, beyond its call: nothing returned",
                     self.call("nothing", n), NS, "", None, (500, "ns")),
            self.row("an item, beyond its call: an int folded",
                     self.call("square", n, "--fold", "s=sum"), NS, "", None,
                     (500, "ns")),
            self.row("an item, beyond its call: an int printed",
                     self.call("square", n, "--output", "values=/dev/null"),
                     NS, "", None, (500, "ns"))]

    def pool(self):
        n = self.pick(200_000, 50_000)
        folded, printed, theirs = self.in_turn(
            self.pick(9, 3),
            lambda: self.ours("square", n, "--chunk", "1", "--fold",
                              "s=sum") / n,
            lambda: self.ours("square", n, "--chunk", "1", "--output",
                              "values=/dev/null") / n,
            lambda: self.plain("pool", n) / n)
        peer = "Pool(2).map, chunksize 1"
        return [
            self.row("a task, chunks of 1, folded", folded, US, peer, theirs,
                     (10,), True),
            self.row("a task, chunks of 1, all values in order", printed, US,
                     peer, theirs, (10,), True)]

    def rows(self):
        return [*self.loop(), *self.calls(), *self.pool()]
