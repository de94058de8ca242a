# SPDX-License-Identifier: Apache-2.0
"""Lets every allocation, pipe, fork and thread creation of the launcher fail
once, one a run: see allocations.test.

  allocations.py LIBRARY SCRATCH N_WAYS DESCRIPTION COMMAND...

N_WAYS: at most so many ways to a call, taken evenly; 0: every call. Prints the
ways at which something is wrong; status 1 when there is one."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

LIBRARY, SCRATCH, N_WAYS = sys.argv[1], sys.argv[2], int(sys.argv[3])
DESCRIPTION, COMMAND = sys.argv[4], sys.argv[5:]
PATIENCE_S = 60
excused = {}

# fanfold(1), EXIT STATUS; 0 only with the right output.
DOCUMENTED = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 124, 126, 127}

# Libraries that do not survive a failed allocation of their own, how they die of
# it, and why nothing can be done about it. Even then nothing may be left.
DEADLY = {"libhwloc.so": ((-11, -6), "reads through what it was not given, while it "
                               "looks at the machine")}


def run(nth, folder):
    """One run: status, output, error, what the library noted, and for how long
    something of the run was left."""
    log = os.path.join(folder, "log")
    for name in ("tmp", "state", "runtime", "work"):
        os.makedirs(os.path.join(folder, name), mode=0o700)
    environment = dict(os.environ, LD_PRELOAD=LIBRARY, FAIL_NTH=str(nth),
                       FAIL_NTH_LOG=log, FF_TEST_MARK=folder,
                       TMPDIR=os.path.join(folder, "tmp"),
                       XDG_STATE_HOME=os.path.join(folder, "state"),
                       XDG_RUNTIME_DIR=os.path.join(folder, "runtime"))
    with open(os.path.join(folder, "out"), "wb") as out, \
            open(os.path.join(folder, "err"), "wb") as err:
        try:
            status = subprocess.run(
                COMMAND, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env=environment, cwd=os.path.join(folder, "work"),
                timeout=PATIENCE_S).returncode
        except subprocess.TimeoutExpired:
            status = "still running after %d s" % PATIENCE_S
    outputs = read(folder, "out")
    for name in sorted(os.listdir(os.path.join(folder, "work"))):
        if name.startswith("out.") and not name.startswith("out.db"):
            outputs += read(folder, os.path.join("work", name))
    return status, outputs, read(folder, "err"), read(folder, "log")


def read(folder, name):
    try:
        with open(os.path.join(folder, name), "rb") as f:
            return f.read().decode("latin1")
    except FileNotFoundError:
        return ""


def marked(folder):
    """Processes that carry the run's mark."""
    mark, pids = ("FF_TEST_MARK=" + folder).encode(), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as f:
                if mark in f.read().split(b"\0"):
                    pids.append(int(pid))
        except OSError:
            pass
    return pids


def left(folder):
    """What is left of the run, two seconds after it and later."""
    end = time.monotonic() + 10
    while (pids := marked(folder)) and time.monotonic() < end:
        time.sleep(0.02)
    for pid in pids:
        os.kill(pid, 9)
    files = [os.path.join(name, f) for name in ("tmp", "runtime", "work")
             for _, _, fs in os.walk(os.path.join(folder, name)) for f in fs]
    # A core that is leased is a locked file, which stays and is not locked.
    # What the user named may be there.
    files = [f for f in files if f.startswith(("tmp/", "work/."))]
    return ["process %d" % p for p in pids] + files


def culprit(noted):
    words = noted.split()[2:]
    return re.sub(r"(\.so).*", r"\1", words[0]) if words else ""


def complaints(nth, reference):
    folder = tempfile.mkdtemp(dir=SCRATCH)
    try:
        status, out, err, noted = run(nth, folder)
        # How much is done is told as well, of a run that has begun.
        lines = [s for s in err.splitlines() if s.startswith("fanfold: ")
                 and not s.startswith("fanfold: interrupted: ")]
        wrong = []
        if not noted:
            return []  # that call was not made this time: threads
        deadly = DEADLY.get(culprit(noted), ())
        if deadly and status in deadly[0]:
            excused[deadly[1]] = excused.get(deadly[1], 0) + 1
        elif status not in DOCUMENTED:
            wrong.append("ended with %s" % status)
        elif status == 0 and out != reference:
            wrong.append("status 0 with other results: %r" % out[:200])
        elif status != 0 and len(lines) != 1:
            wrong.append("%d lines that say why: %r" % (len(lines), err[:600]))
        for thing in left(folder):
            wrong.append("left: " + thing)
        return ["%s: %s" % (noted.strip()[:400], w) for w in wrong]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ways(noted):
    """One call for each way."""
    return [int(line.split()[0]) for line in noted.splitlines()]


def main():
    folder = tempfile.mkdtemp(dir=SCRATCH)
    status, reference, err, noted = run(0 if N_WAYS else -1, folder)
    if status != 0 or not noted:
        print("# without a fault: status %s: %s" % (status, err))
        return 1
    numbers = ways(noted)
    n_all = len(numbers)
    if N_WAYS and n_all > N_WAYS:
        numbers = [numbers[i * n_all // N_WAYS] for i in range(N_WAYS)]
    print("# %s: %d of them, %d taken" % (DESCRIPTION, n_all, len(numbers)))
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda n: complaints(n, reference), numbers):
            for line in found:
                bad += 1
                if bad <= 40:
                    print("# " + line)
    for reason, times in excused.items():
        print("# %d times bearable: a library %s" % (times, reason))
    return 1 if bad or not numbers else 0


sys.exit(main())
