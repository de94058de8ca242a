#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes machines as hwloc records them (XML, version 2): machine.py NAME.

Laid out as Linux numbers them: first one hardware thread of each core, then
the second ones. Who reads the file cannot tell it from one that lstopo wrote
on such a machine.
"""
import sys

# packages, NUMA nodes in each, L3 caches in each, cores in each, threads.
# kinds: cores of each L3 and their threads, fastest first. offline, barred:
# PUs. model: of the processor.
MACHINES = {
    "epyc128": {"shape": (2, 4, 2, 8), "threads": 2,
                "model": "AMD EPYC 9554 64-Core Processor"},
    "xeon64": {"shape": (2, 1, 1, 32), "threads": 1,
               "model": "Intel(R) Xeon(R) Platinum 8362 CPU"},
    # 8 performance cores with two threads, 16 efficiency cores, in one L3;
    # four of these share an L2.
    "hybrid": {"kinds": [(8, 2, 1), (16, 1, 4)],
               "model": "13th Gen Intel(R) Core(TM) i9-13900K"},
    # The second threads of cores 0 .. 3, and core 7 altogether, are offline.
    "offline": {"shape": (1, 1, 2, 4), "threads": 2,
                "offline": {8, 9, 10, 11, 7, 15}, "model": "Somebody's CPU"},
    # A cpuset of cores 4 .. 9, of core 9 only one thread.
    "cpuset": {"shape": (2, 1, 1, 8), "threads": 2,
               "barred": set(range(32)) - {4, 5, 6, 7, 8, 9, 20, 21, 22, 23,
                                           24}},
}


def bitmap(pus):
    value = sum(1 << pu for pu in pus)
    words = []
    while value or not words:
        words.append("0x%08x" % (value & 0xffffffff))
        value >>= 32
    return ",".join(reversed(words))


class Writer:
    def __init__(self, machine, out):
        self.out = out
        self.depth = 0
        self.gp = 0
        self.offline = machine.get("offline", set())

    def line(self, text):
        self.out.write("  " * self.depth + text + "\n")

    def open(self, kind, pus, nodes, more="", empty=False):
        self.gp += 1
        online = pus - self.offline
        self.line('<object type="%s" cpuset="%s" complete_cpuset="%s" '
                  'nodeset="%s" complete_nodeset="%s" gp_index="%d"%s%s>' % (
                      kind, bitmap(online), bitmap(pus), bitmap(nodes),
                      bitmap(nodes), self.gp, more, "/" if empty else ""))
        self.depth += 0 if empty else 1

    def close(self):
        self.depth -= 1
        self.line("</object>")

    def cache(self, level, bytes_, pus, nodes):
        self.open("L%dCache" % level, pus, nodes,
                  ' cache_size="%d" depth="%d" cache_linesize="64" '
                  'cache_associativity="16" cache_type="0"' % (bytes_, level))

    def core(self, number, pus, nodes):
        """Nothing of a core that is offline altogether is there."""
        online = pus - self.offline
        if not online:
            return
        self.open("Core", pus, nodes, ' os_index="%d"' % number)
        for pu in sorted(online):
            self.open("PU", {pu}, nodes, ' os_index="%d"' % pu, empty=True)
        self.close()

    def cores(self, cores, pus_of, l2, nodes):
        """l2: so many cores share an L2 cache."""
        for i in range(0, len(cores), l2):
            pus = set().union(*(pus_of[c] for c in cores[i:i + l2]))
            if not pus - self.offline:
                continue
            self.cache(2, 1 << 20, pus, nodes)
            for c in cores[i:i + l2]:
                self.core(c, pus_of[c], nodes)
            self.close()


def number_pus(machine):
    """By core: its PUs, and of how many cores in an L2."""
    if "kinds" in machine:
        pus, first = [], 0
        for n, threads, _ in machine["kinds"]:
            for _ in range(n):
                pus.append(set(range(first, first + threads)))
                first += threads
        return pus
    packages, numas, l3s, cores = machine["shape"]
    n = packages * numas * l3s * cores
    return [{c + t * n for t in range(machine["threads"])} for c in range(n)]


def write_l3(w, machine, cores, pus_of, nodes):
    w.cache(3, 32 << 20, set().union(*(pus_of[c] for c in cores)), nodes)
    first = cores[0]
    for n, _, l2 in machine.get("kinds", [(len(cores), 0, 1)]):
        w.cores(list(range(first, first + n)), pus_of, l2, nodes)
        first += n
    w.close()


def write_numa(w, machine, cores, pus_of, node, n_l3):
    pus = set().union(*(pus_of[c] for c in cores))
    w.open("NUMANode", pus, {node}, ' os_index="%d" local_memory="%d"' % (
        node, 64 << 30), empty=True)
    size = len(cores) // n_l3
    for i in range(0, len(cores), size):
        write_l3(w, machine, cores[i:i + size], pus_of, {node})


def write_package(w, machine, package, pus_of):
    packages, numas, l3s, _ = machine.get("shape", (1, 1, 1, 0))
    n = len(pus_of) // packages
    cores = list(range(package * n, (package + 1) * n))
    pus = set().union(*(pus_of[c] for c in cores))
    nodes = set(range(package * numas, (package + 1) * numas))
    w.open("Package", pus, nodes, ' os_index="%d"' % package)
    if "model" in machine:
        w.line('<info name="CPUModel" value="%s"/>' % machine["model"])
    for i in range(numas):
        part = cores[i * n // numas:(i + 1) * n // numas]
        node = package * numas + i
        if numas > 1:
            w.open("Group", set().union(*(pus_of[c] for c in part)), {node},
                   ' kind="1001" subkind="0"')
        write_numa(w, machine, part, pus_of, node, l3s)
        if numas > 1:
            w.close()
    w.close()


def write_machine(name, out):
    machine = MACHINES[name]
    pus_of = number_pus(machine)
    packages, numas = machine.get("shape", (1, 1, 1, 0))[:2]
    every = set().union(*pus_of)
    nodes = set(range(packages * numas))
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n'
              '<!DOCTYPE topology SYSTEM "hwloc2.dtd">\n'
              '<topology version="2.0">\n')
    w = Writer(machine, out)
    w.depth = 1
    allowed = every - w.offline - machine.get("barred", set())
    w.open("Machine", every, nodes, ' os_index="0" allowed_cpuset="%s" '
           'allowed_nodeset="%s"' % (bitmap(allowed), bitmap(nodes)))
    w.line('<info name="HostName" value="%s"/>' % name)
    for package in range(packages):
        write_package(w, machine, package, pus_of)
    w.close()
    first = 0
    kinds = machine.get("kinds", [])
    for i, (n, _, _) in enumerate(kinds):
        pus = set().union(*pus_of[first:first + n])
        w.line('<cpukind cpuset="%s" forced_efficiency="%d"/>' % (
            bitmap(pus), len(kinds) - 1 - i))
        first += n
    out.write("</topology>\n")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in MACHINES:
        sys.exit("usage: machine.py " + "|".join(MACHINES))
    write_machine(sys.argv[1], sys.stdout)
