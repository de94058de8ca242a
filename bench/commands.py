# SPDX-License-Identifier: Apache-2.0
"""Commands as the work: beside a C loop that starts them, xargs and GNU
parallel."""
import os
import random
import re
import shutil
import subprocess
import sys
import time

from table import Figure

US, MS, MB = (1e6, "us"), (1e3, "ms"), (1 / 1024, "MB")
TRUE, SLEEP = "/bin/true", "/bin/sleep"
SHORT, LONG = "0.0001", "0.2"  # seconds of items of mixed length


class Commands:
    """fanfold(WORDS...): the command line of a run; start_to_end: see run.py;
    spawn_loop, empty: the program and the kernel; quick: smaller."""

    def __init__(self, fanfold, start_to_end, row, scratch, quick):
        self.fanfold, self.start_to_end, self.row = fanfold, start_to_end, row
        self.scratch, self.quick = scratch, quick
        # No notice in its place, and no other home than ours.
        os.environ["PARALLEL_HOME"] = scratch

    def pick(self, full, quick):
        return quick if self.quick else full

    def lines(self, name, texts):
        """A file of these lines."""
        path = os.path.join(self.scratch, name)
        with open(path, "w") as f:
            f.writelines(text + "\n" for text in texts)
        return path

    def times(self, rounds, *commands):
        return map(Figure, self.start_to_end(rounds, list(commands)))

    # ---- processes ----------------------------------------------------------

    def processes(self, spawn_loop):
        n = self.pick(20_000, 2_000)
        n_slow = n // 20  # GNU parallel takes its time
        items = self.lines("items", map(str, range(n)))
        few = self.lines("few", map(str, range(n_slow)))
        commands = [self.fanfold("-a", items, TRUE),
                    [spawn_loop, "2", items, TRUE],
                    ["xargs", "-a", items, "-P2", "-n1", TRUE]]
        if shutil.which("parallel") is None:
            print("skipped: GNU parallel (not installed)")
        else:
            commands.append(["parallel", "--will-cite", "-j2", "-a", few, TRUE])
        figures = list(self.times(self.pick(5, 3), *commands))
        counts = n, n, n, n_slow
        ours, *theirs = [Figure(t / count for t in figure.samples)
                         for figure, count in zip(figures, counts)]
        peers = (("vfork, exec, wait in C, 2 at a time: speed", 0.95),
                 ("xargs -P2 -n1: speed", 1.2),
                 ("GNU parallel -j2: speed", 6))
        return [self.row("%d x /bin/true, one" % n, ours, US, name, figure,
                         (goal,), speedup=True)
                for (name, goal), figure in zip(peers, theirs)]

    def many_arguments(self):
        n = self.pick(1_000_000, 100_000)
        items = self.lines("many", map(str, range(n)))
        ours, theirs = self.times(
            self.pick(9, 5),
            self.fanfold("-a", items, "--max-args", "1000", TRUE),
            ["xargs", "-a", items, "-P2", "-n1000", TRUE])
        return self.row("%d lines, 1,000 a command" % n, ours, MS,
                        "xargs -P2 -n1000: speed", theirs, (1,), speedup=True)

    def starting(self, empty):
        """Without the process that is run, in each round."""
        ours, theirs, process = self.times(
            self.pick(60, 15), self.fanfold(TRUE, ":::", "1"),
            self.fanfold("--range", "0:1", empty), [TRUE])
        bare = Figure(a - b for a, b in zip(ours.samples, process.samples))
        return self.row("start to end, less one /bin/true", bare, MS,
                        "a C kernel", theirs, (1,))

    # ---- the end of a run ---------------------------------------------------

    def tail(self, spawn_loop):
        """Items of mixed length in an order of chance, long ones among the
        last."""
        rng = random.Random(6)
        seconds = [LONG] * 20 + [SHORT] * self.pick(2000, 500)
        rng.shuffle(seconds)
        seconds += [SHORT] * 5 + [LONG] + [SHORT] * 10 + [LONG]
        items = self.lines("mixed", seconds)
        rows = []
        for what, words in (("", []), (", -k", ["-k"])):
            ours, ideal = self.times(
                self.pick(5, 3), self.fanfold(*words, "-a", items, SLEEP),
                [spawn_loop, "2", items, SLEEP])
            rows.append(self.row(
                "%d x sleep, %s or %s s%s" % (len(seconds), SHORT, LONG, what),
                ours, MS, "list scheduling in C", ideal, (1.02,)))
        return rows

    # ---- memory -------------------------------------------------------------

    def memory(self):
        n = self.pick(1_000_000, 20_000)
        items = self.lines("memory", map(str, range(n)))
        run = subprocess.Popen(self.fanfold("-a", items, TRUE),
                               stdout=subprocess.DEVNULL)
        peak, parts = 0, ""
        while run.poll() is None:
            kb = {pid: pss_kb(pid) for pid in tree(run.pid)}
            if sum(kb.values()) > peak:
                peak = sum(kb.values())
                parts = sorted(kb.values(), reverse=True)
            time.sleep(0.2)
        if run.returncode != 0:
            sys.exit("bench: a run of %d commands ends with %d"
                     % (n, run.returncode))
        print("(largest processes of %d items, kB: %s)" % (n, parts[:4]))
        return self.row("%d items: all processes, PSS" % n, Figure([peak]), MB,
                        "", None, (100, "MB"))

    def rows(self, spawn_loop, empty):
        return (self.processes(spawn_loop)
                + [self.many_arguments(), self.starting(empty)]
                + self.tail(spawn_loop) + [self.memory()])


# ---- processes that may be gone ---------------------------------------------

def read(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return ""


def pss_kb(pid):
    found = re.search(r"^Pss:\s+(\d+) kB", read("/proc/%d/smaps_rollup" % pid),
                      re.M)
    return int(found.group(1)) if found else 0


def parent(pid):
    found = re.search(r"^PPid:\s+(\d+)", read("/proc/%d/status" % pid), re.M)
    return int(found.group(1)) if found else 0


def tree(pid):
    """The process and all below it. (Not every kernel lists children.)"""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    children = {}
    for p in pids:
        children.setdefault(parent(p), []).append(p)
    found = [pid]
    for p in found:
        found += children.get(p, [])
    return found
