# SPDX-License-Identifier: Apache-2.0
"""Resumes copies of a store that are damaged, one after the other.

usage: damaged.py FANFOLD FROM TO REFERENCE ITEMS < cases

A case is "FILE BYTES", cut to so many, or "FILE BYTE BIT", which is changed. Each
is copied from the folder FROM to TO, and resumed: the results are those of
REFERENCE and ITEMS items are done ("R"), or it is exit 5, and says which store
("5"). All else is told, from "bad" on.

(A shell will not do here: tens of thousands of processes end, and where their
numbers come round it takes the end of one for that of another.)"""
import glob
import json
import os
import shutil
import subprocess
import sys

fanfold, origin, to, reference, n_items = sys.argv[1:]
store = os.path.join(to, "run.sqlite")
report = os.path.join(to, "json")
os.makedirs(os.path.join(to, "tmp"))
os.environ["TMPDIR"] = os.path.join(to, "tmp")
with open(reference, "rb") as f:
    right = f.read()


def damage(name, at, bit):
    for path in glob.glob(store + "*"):
        os.unlink(path)
    for path in glob.glob(os.path.join(origin, "run.sqlite*")):
        shutil.copy(path, to)
    with open(os.path.join(to, name), "r+b") as f:
        if bit is None:
            f.truncate(at)
            return
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1 << bit]))


def done():
    with open(report) as f:
        return json.load(f)["items"]["done"]


for line in sys.stdin:
    file, *numbers = line.split()
    damage(file, int(numbers[0]), int(numbers[1]) if numbers[1:] else None)
    end = subprocess.run([fanfold, "resume", store, "--json", report, "-n", "1"],
                         stdin=subprocess.DEVNULL, capture_output=True)
    told = end.stderr.decode(errors="replace")
    if end.returncode == 0 and end.stdout == right and done() == int(n_items):
        print("R", flush=True)
    elif end.returncode == 5 and not end.stdout and any(
            t.startswith("fanfold: ") and "run.sqlite" in t
            for t in told.splitlines()):
        print("5", flush=True)
    else:
        print("bad %s: exit status %d: %s" % (line.strip(), end.returncode,
                                              told[:300].replace("\n", " ")),
              flush=True)
