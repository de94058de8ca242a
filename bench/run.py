#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: each claim of fanfold beside its peer or its limit.

Samples of fanfold and its peers are taken in turn (A B A B ...), so that all
see the same machine; a figure is the median, with the quartiles in brackets.
Figures are told as they came out: no timing passes or fails. A peer that is
not installed is skipped.

Environment: FANFOLD, abs_top_srcdir, abs_top_builddir, CC; QUICK=1 for short
samples; ONLY=makespan for the sections that begin so; MEGABYTES=200 for the
size of the file of numbers; NODES="16 256 1024" for simulated clusters (an
hour for all of these). The report is printed
and written to bench/results.md in the build tree; to record it: cp
bench/results.md SOURCE/docs/benchmarks.md
"""
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from fractions import Fraction

import clusters
import commands
import commands_pipe
import deaths
import kept
import machine
import pythons
import sketches
import sums
from table import Figure, digits, slope, table

FANFOLD = os.environ["FANFOLD"]
SOURCE = os.environ["abs_top_srcdir"]
BUILD = os.environ["abs_top_builddir"]
QUICK = os.environ.get("QUICK", "") not in ("", "0")
ONLY = os.environ.get("ONLY", "").lower()

LAWS = "constant", "linear", "exponential", "lognormal", "bimodal"
SCHEDULES = "static", "dynamic", "guided"
NS, US, MS = 1e9, 1e6, 1e3


def pick(full, quick):
    return quick if QUICK else full


def program(name):
    return os.path.join(BUILD, "bench", name)


def kernel(name):
    return os.path.join(SOURCE, "bench", "kernels", name)


def example(name):
    return os.path.join(SOURCE, "examples", name)


# ---- running ----------------------------------------------------------------

def output_of(command, **env):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          check=True, env={**os.environ, **env})
    return done.stdout


def fanfold(*words):
    return [FANFOLD, "run", "-n", "2", "--quiet", *words]


def fanfold_json(*words):
    """Runs fanfold: its report."""
    path = os.path.join(os.environ["XDG_CACHE_HOME"], "run.json")
    output_of(fanfold("--json", path, *words))
    with open(path) as f:
        return json.load(f)


def limited_json(*words):
    """The same of a run that may be stopped by --time-limit."""
    path = os.path.join(os.environ["XDG_CACHE_HOME"], "run.json")
    done = subprocess.run(fanfold("--json", path, *words),
                          stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 124):
        sys.exit("bench: %s ended with %d" % (" ".join(words),
                                              done.returncode))
    with open(path) as f:
        return json.load(f)


def compute_time(*words):
    return fanfold_json(*words)["time"]["compute_s"]


def peer(*words, **env):
    """Runs a peer that prints ns and a count: seconds, count."""
    ns, count = output_of([program(words[0]), *words[1:]], **env).split()
    return float(ns) / NS, int(count)


def object_of(path):
    """The object that fanfold compiles a kernel to."""
    done = subprocess.run([FANFOLD, "run", "--verbose", "--range", "0:0",
                           path], capture_output=True, text=True, check=True)
    return re.search(r"kernel (\S+\.so) \(", done.stderr).group(1)


def in_turn(rounds, *measures):
    """Calls each measure once a round: a Figure of each."""
    samples = [[measure() for measure in measures] for _ in range(rounds)]
    return [Figure(column) for column in zip(*samples)]


def start_to_end(rounds, commands):
    """Start-to-end times in s: a list a command, a sample a round."""
    words = [program("spawn"), str(rounds)]
    for i, command in enumerate(commands):
        words += (["--"] if i > 0 else []) + command
    rows = [line.split() for line in output_of(words).splitlines()]
    return [[float(ns) / NS for ns in column] for column in zip(*rows)]


# ---- reporting --------------------------------------------------------------

class Report:
    def __init__(self):
        self.lines = []

    def say(self, *lines):
        for line in lines:
            print(line, flush=True)
            self.lines.append(line)

    def section(self, title, head, measure):
        """measure() returns rows; meanwhile we look who else is at work."""
        if not title.lower().startswith(ONLY):
            return
        others = machine.Others()
        begun = time.monotonic()
        rows = measure()
        self.say("", "## " + title, "", *table(head, rows), "",
                 "(%.0f s; others used %.0f %% of the cores meanwhile)" % (
                     time.monotonic() - begun, 100 * others.share()))


HEAD = ["what", "fanfold", "beside", "takes", "ratio", "goal", "reached"]


def row(what, ours, unit, beside, theirs, goal=None, speedup=False):
    """A line of a table. unit: (scale, name); theirs: None, or a Figure in the
    same unit; goal: (bound of the ratio, or of the figure when it comes with
    the unit's name)."""
    ratio = None
    if theirs is not None:
        ratio = ours.median / theirs.median
        ratio = 1 / ratio if speedup else ratio
    reached = wish = "-"
    if goal is not None:
        absolute = len(goal) > 1
        bound, value = goal[0], ours.median * unit[0] if absolute else ratio
        wish = "%s %s %s" % (">=" if speedup else "<=", digits(bound),
                             goal[1] if absolute else "x")
        reached = (value >= bound) == speedup or value == bound
        reached = "yes" if reached else "no"
    return [what, ours.text(*unit), beside,
            theirs.text(*unit) if theirs is not None else "-",
            "%.3f" % ratio if ratio is not None else "-",
            wish.strip(), reached]


# ---- 1, 2: starting ---------------------------------------------------------

def mpi_starters():
    """Name, goal of the ratio, command."""
    root = ["--allow-run-as-root"] if os.getuid() == 0 else []
    starters = [
        ("mpiexec.hydra -n 2 true", 1,
         ["mpiexec.hydra", "-n", "2", "true"]),
        ("Open MPI: mpirun -n 2 true", 0.1,
         ["mpirun", *root, "--oversubscribe", "-n", "2", "true"])]
    for name, _, command in starters:
        if shutil.which(command[0]) is None:
            print("skipped: %s (not installed)" % name)
    return [s for s in starters if shutil.which(s[2][0]) is not None]


def start():
    starters = mpi_starters()
    ours, limit, *theirs = map(Figure, start_to_end(
        pick(60, 15), [fanfold(kernel("empty.c")), ["true"]]
        + [command for _, _, command in starters]))
    rows = [row("start to end, 2 workers", ours, (MS, "ms"), name, figure,
                (goal,))
            for (name, goal, _), figure in zip(starters, theirs)]
    rows.append(row("start to end, 2 workers", ours, (MS, "ms"),
                    "one vfork, exec, wait of true", limit))
    return rows


def one_more():
    counts = pick(range(2, 17), range(2, 17, 2))
    n_forks = 16
    *ours, one, two = start_to_end(
        pick(25, 9),
        [[FANFOLD, "run", "-n", str(n), "--quiet", kernel("empty.c")]
         for n in counts] + [["@fork", str(n_forks)],
                             ["@forks", str(n_forks)]])
    more = Figure(slope(counts, times) for times in zip(*ours))
    unit = (US, "us")
    return [row("one worker more", more, unit, "fork, exit, wait",
                Figure(t / n_forks for t in one), (1.3,)),
            row("one worker more", more, unit, "the same, 2 at a time",
                Figure(t / n_forks for t in two))]


# ---- 3: handing out ---------------------------------------------------------

def chunk():
    n = pick(200_000_000, 20_000_000)
    ours, theirs = in_turn(
        pick(5, 3),
        lambda: compute_time("--range", "0:%d" % n, "--chunk", "1",
                             kernel("empty.c")) / n,
        lambda: peer("loops", "empty", str(n))[0] / n)
    unit = (NS, "ns")
    return [row("a chunk of 1 item, empty", ours, unit, "", None, (15, "ns")),
            row("a chunk of 1 item, empty", ours, unit, "libgomp dynamic,1",
                theirs, (1,))]


def item():
    rows = []
    for exponent in (6, 7, 9):
        n = 10 ** exponent
        ours, theirs = in_turn(
            pick(15, 5),
            lambda: compute_time("--range", "0:%d" % n,
                                 kernel("items.c")) / n,
            lambda: peer("loops", "items", str(n))[0] / n)
        rows.append(row("an item of 10^%d, chunks by default" % exponent,
                        ours, (NS, "ns"), "libgomp static", theirs,
                        (0.5, "ns") if exponent > 6 else None))
    return rows


# ---- 4: balance -------------------------------------------------------------

def steps_a_second(work):
    n, mean = 1000, 20_000
    seconds, steps = peer("peer", work, "cores", "n=%d" % n, "mean=%d" % mean)
    return steps / 2 / seconds


def makespan(work, law, n, mean, rounds):
    """Figures: fanfold, the ideal, then libgomp's schedules."""
    args = "law=" + law, "n=%d" % n, "mean=%d" % mean
    counted = set()

    def ours():
        run = fanfold_json(*("--arg=" + a for a in args), kernel("work.c"))
        counted.add(run["results"]["steps"]["value"])
        return run["time"]["compute_s"]

    def theirs(mode):
        seconds, steps = peer("peer", work, mode, *args)
        counted.add(steps)
        return seconds

    figures = in_turn(rounds, ours, lambda: theirs("cores"),
                      *(lambda s=s: theirs(s) for s in SCHEDULES))
    if len(counted) != 1:
        sys.exit("bench: the peers did not do the same work: %s" % counted)
    return figures


BALANCE_HEAD = ["costs", "ideal, ms", "fanfold, ms", *SCHEDULES, "to ideal",
                "<= 1.02", "to best", "<= 1"]


def balance(n, total_s, rounds):
    work = object_of(kernel("work.c"))
    mean = int(steps_a_second(work) * total_s / n)
    rows = []
    for law in LAWS:
        ours, ideal, *theirs = makespan(work, law, n, mean, rounds)
        to_ideal = ours.median / ideal.median
        to_best = ours.median / min(f.median for f in theirs)
        rows.append([law, ideal.text(MS, "").replace(" (", "("),
                     ours.text(MS, "").replace(" (", "("),
                     *(digits(f.median * MS) for f in theirs),
                     "%.3f" % to_ideal, "yes" if to_ideal <= 1.02 else "no",
                     "%.3f" % to_best, "yes" if to_best <= 1 else "no"])
    return rows


# ---- 5: programs ------------------------------------------------------------

def programs():
    cases = [ep_case(), primes_case()]
    rows = []
    for name, commands in cases:
        ours, plain, *openmp = map(Figure, start_to_end(
            3, [command for _, command in commands]))
        rows.append(row(name, ours, (1, "s"), commands[1][0], plain, (1.95,),
                        speedup=True))
        for (what, _), figure in zip(commands[2:], openmp):
            rows.append(row(name, ours, (1, "s"), what, figure, (1,)))
    return rows


def ep_case():
    problem = pick("A", "W")
    ep = object_of(example("ep.c"))
    return "EP class " + problem, [
        ("fanfold", fanfold("--arg", "problem=" + problem, example("ep.c"))),
        ("plain loop, one core: speed-up",
         [program("peer"), ep, "plain", "problem=" + problem]),
        ("OpenMP dynamic",
         [program("peer"), ep, "dynamic", "problem=" + problem])]


def primes_case():
    n = str(pick(10_000_000, 3_000_000))
    loops = [program("loops"), "primes"]
    return "primes below " + n, [
        ("fanfold", fanfold("--range", "0:" + n, example("primes.c"))),
        ("plain loop, one core: speed-up", [*loops, "plain", n]),
        ("OpenMP dynamic", [*loops, "dynamic", n]),
        ("OpenMP dynamic,1000", [*loops, "dynamic,1000", n]),
        ("OpenMP guided", [*loops, "guided", n])]


# ---- teams ------------------------------------------------------------------

def team_time(threads, *words):
    return compute_time("-n", "1", "--threads", str(threads), *words)


def openmp_time(what, threads, turns, wait):
    """wait: a policy of OpenMP, or "" for its default."""
    env = {"OMP_WAIT_POLICY": wait} if wait else {}
    return peer("openmp_team", what, str(threads), str(turns), **env)[0]


def meetings():
    """Barriers and forks, with a core for each thread and without."""
    rows = []
    for threads, turns in ((2, pick(2_000_000, 500_000)),
                           (4, pick(40_000, 10_000)),
                           (8, pick(20_000, 5_000))):
        wait = "active" if threads == 2 else ""
        goal = (1,) if threads == 2 else (1.3,)
        unit = (US, "us")
        ours, theirs, fork, their_fork = in_turn(
            pick(9, 5),
            lambda: team_time(threads, "--arg", "turns=%d" % turns,
                              kernel("turns.c")) / turns,
            lambda: openmp_time("barrier", threads, turns, wait) / turns,
            lambda: team_time(threads, "--range", "0:%d" % turns, "--chunk",
                              "1", kernel("turns.c")) / turns,
            lambda: openmp_time("fork", threads, turns, wait) / turns)
        name = "libgomp" + (", active" if wait else "")
        rows.append(row("a barrier, %d threads on 2 cores" % threads, ours,
                        unit, name, theirs, goal))
        rows.append(row("fork and join, %d threads on 2 cores" % threads, fork,
                        unit, name, their_fork, goal))
    return rows


def compare_counts(what, ours, theirs):
    if ours != theirs:
        sys.exit("bench: %s: %s is not %s" % (what, ours, theirs))


def heat(size, wait):
    def ours():
        run = fanfold_json("-n", "1", "--threads", "2", "--arg", "n=%d" % size,
                           example("heat.c"))
        counted.add(int(run["results"]["steps"]["value"]))
        return run["time"]["compute_s"]

    def theirs():
        env = {"OMP_WAIT_POLICY": wait} if wait else {}
        seconds, steps = peer("openmp_team", "heat", "2", str(size), **env)
        counted.add(steps)
        return seconds

    counted = set()
    figures = in_turn(pick(9, 3), ours, theirs)
    compare_counts("heat", len(counted), 1)
    return row("heat, %d x %d points, 2 threads" % (size, size), figures[0],
               (MS, "ms"), "OpenMP" + (", active" if wait else ""),
               figures[1], (1,))


def matmul(size):
    def ours():
        run = fanfold_json("-n", "1", "--threads", "2", "--arg", "n=%d" % size,
                           example("matmul.c"))
        counted.add(int(run["results"]["trace"]["value"]))
        return run["time"]["compute_s"]

    def theirs():
        seconds, trace = peer("openmp_matmul", "2", str(size))
        counted.add(trace)
        return seconds

    counted = set()
    figures = in_turn(pick(9, 3), ours, theirs)
    compare_counts("matmul", len(counted), 1)
    return row("matmul, %d rows, 2 threads" % size, figures[0], (MS, "ms"),
               "OpenMP", figures[1], (1,))


def teams():
    return meetings() + [heat(127, ""), heat(127, "active"),
                         heat(pick(511, 255), "active"),
                         matmul(512), matmul(pick(1024, 768))]


# ---- 6: memory --------------------------------------------------------------

def proc_kb(pid, file, *names):
    """The sum of these lines of /proc/PID/FILE."""
    with open("/proc/%d/%s" % (pid, file)) as f:
        lines = dict(re.findall(r"^(\w+):\s+(\d+) kB", f.read(), re.M))
    return sum(int(lines[name]) for name in names)


def private_kb(pid):
    return proc_kb(pid, "smaps_rollup", "Private_Clean", "Private_Dirty")


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(child) for child in f.read().split()]


def bare_kb(path):
    """Private memory of a process that has but opened the object."""
    hold = subprocess.Popen([program("hold"), object_of(path)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    hold.stdout.readline()
    kb = private_kb(hold.pid)
    hold.communicate()
    return kb


def memory_sample(path, *words):
    """Launcher's resident set and a worker's private memory, in kB, in the
    middle of a run."""
    run = subprocess.Popen(fanfold(*words, path), stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    time.sleep(0.4)
    server, = children(run.pid)
    workers = children(server)
    sample = (proc_kb(run.pid, "status", "VmHWM"),
              sum(private_kb(w) for w in workers) / len(workers))
    run.terminate()
    run.wait()
    return sample


def memory():
    rows = []
    for name, *words in (("pi", "--range", "0:100000000000"),
                         ("ep", "--arg", "problem=C")):
        path = example(name + ".c")
        bare = Figure(bare_kb(path) for _ in range(3))
        launcher, worker = zip(*(memory_sample(path, *words)
                                 for _ in range(3)))
        unit = (1 / 1024, "MB")
        beyond = Figure(kb - bare.median for kb in worker)
        rows.append(row("launcher, resident (%s)" % name, Figure(launcher),
                        unit, "", None, (8, "MB")))
        rows.append(row("a worker's own, over the kernel's (%s)" % name,
                        beyond, unit, "a process with the kernel open", bare,
                        (1.5, "MB")))
    return rows


# ---- outputs ----------------------------------------------------------------

def in_scratch(name):
    return os.path.join(os.environ["XDG_CACHE_HOME"], name)


def lines_sample(n):
    """Emitted MB a second, and the resident set of the largest process of the
    run in MB: the launcher's is not more."""
    path = in_scratch("run.json")
    words = fanfold("--json", path, "--range", "0:%d" % n, "--output",
                    in_scratch("lines"), kernel("lines.c"))
    _, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, words[0], words), 0)
    if status != 0:
        sys.exit("bench: %s failed" % words)
    with open(path) as f:
        run = json.load(f)
    return (run["outputs"][0]["bytes"] / run["time"]["compute_s"] / 1e6,
            usage.ru_maxrss / 1024)


def outputs():
    n = pick(10_000_000, 2_000_000)
    object_of(kernel("lines.c"))  # the compiler is larger than all of us
    rate, resident = map(Figure, zip(*(lines_sample(n)
                                       for _ in range(pick(7, 3)))))
    n_bytes = pick(1 << 30, 1 << 27)

    def rows():
        return compute_time("--range", "0:%d" % (n_bytes // 8), "--output",
                            in_scratch("rows.npy"), kernel("rows.c"))

    def copy():
        return peer("copy", in_scratch("copy"), str(n_bytes))[0]
    ours, theirs = in_turn(pick(7, 3), rows, copy)
    return [row("%d lines of 20 bytes, in order" % n, rate, (1, "MB/s"), "",
                None, (200, "MB/s"), speedup=True),
            row("the same: largest process, resident", resident, (1, "MB"),
                "", None, (32, "MB")),
            row("an array of %d MiB: speed" % (n_bytes >> 20), ours, (MS, "ms"),
                "memcpy into a mapped file", theirs, (0.8,), speedup=True)]


# ---- exact sums -------------------------------------------------------------

def fold_time(row, values, op="sum"):
    """ns of the worker's CPU a value of a whole run, `row` of them a call."""
    n = values // max(1, row)
    report = fanfold_json("-n", "1", "--range", "0:%d" % n,
                          "--arg", "row=%d" % row, "--fold", "total=" + op,
                          kernel("folds.c"))
    return report["time"]["cpu_s"] * NS / n / max(1, row)


def exact_sums():
    lines = sums.rows(lambda *words: output_of([program("sum"), *words]), row,
                      pick(60, 11))
    n, rounds = pick(200_000_000, 50_000_000), pick(11, 3)
    single, of_rows, variance, of_row = in_turn(
        rounds, lambda: fold_time(0, n), lambda: fold_time(1000, n),
        lambda: fold_time(0, n, "variance"),
        lambda: fold_time(1000, n, "variance"))
    return lines + [
        row("ff_sum, a value of a run", single, sums.NS, "", None, (3, "ns")),
        row("ff_sum_array of 1,000, a value", of_rows, sums.NS, "", None),
        row("ff_variance, a value of a run", variance, sums.NS, "",
            None),
        row("ff_variance_array of 1,000, a value", of_row, sums.NS, "", None)]


def sketch_folds():
    return sketches.rows(output_of([program("sketch"), str(pick(30, 7))]), row)


# ---- lines of a file --------------------------------------------------------

AWK = """{ x = $1; s += x; q += x * x
    if (NR == 1 || x < lo) { lo = x; first_lo = NR }
    if (NR == 1 || x > hi) { hi = x; first_hi = NR } }
END { printf "%d %.17g %.17g %.17g %.17g %.17g %d %d", NR, s, s / NR,
    (q - s * s / NR) / (NR - 1), lo, hi, first_lo, first_hi }"""

COLUMNS = "count 1 sum 1 mean 1 svar 1 min 1 max 1".split()


def readers(path):
    """Programs that compute of a file of numbers what stats.c does, as far as
    they can: name, goal of the speed-up, command, its standard input."""
    all_of_them = [
        ("mawk", 5, ["mawk", AWK, path], None),
        ("gawk", 5, ["gawk", AWK, path], None),
        ("datamash (no argmin)", 5, ["datamash", *COLUMNS], path),
        ("wc -l: only counts lines", None, ["wc", "-l", path], None)]
    for name, _, command, _ in all_of_them:
        if shutil.which(command[0]) is None:
            print("skipped: %s (not installed)" % name)
    return [r for r in all_of_them if shutil.which(r[2][0]) is not None]


def write_numbers(path, form, n_bytes):
    """A file of normal deviates: a block of some megabytes again and again.
    The numbers of the block, and how often it is there."""
    random.seed(form)
    texts = [form % random.gauss(1000, 300) for _ in range(400_000)]
    block = ("\n".join(texts) + "\n").encode()
    times = max(1, n_bytes // len(block))
    with open(path, "wb") as f:
        for _ in range(times):
            f.write(block)
    return [float(t) for t in texts], times


def exact_statistics(numbers, times):
    """Sum, mean and variance of the numbers, `times` times over: computed in
    integers, rounded once."""
    scaled = [int(math.ldexp(x, 200)) for x in numbers]
    n = len(scaled) * times
    s = Fraction(sum(scaled) * times, 2 ** 200)
    q = Fraction(sum(x * x for x in scaled) * times, 2 ** 400)
    return {"count": n, "sum": float(s), "mean": float(s / n),
            "variance": float((n * q - s * s) / (n * (n - 1))),
            "min": min(numbers), "max": max(numbers)}


def read_time(command, source):
    begun = time.monotonic()
    with open(source or os.devnull, "rb") as f:
        subprocess.run(command, stdin=f, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - begun


def check_exact(path, wanted):
    found = fanfold_json("-a", path, example("stats.c"))["results"]
    for name, value in wanted.items():
        if found[name]["value"] != value:
            sys.exit("bench: %s of %s is %r, not %r"
                     % (name, path, found[name]["value"], value))


def numbers():
    megabytes = int(os.environ.get("MEGABYTES") or pick(1000, 50))
    rows = []
    for form in "%.6f", "%.17g":
        path = os.path.join(os.environ["XDG_CACHE_HOME"], "numbers")
        try:
            block, times = write_numbers(path, form, megabytes * 10 ** 6)
            check_exact(path, exact_statistics(block, times))
            peers = readers(path)
            ours, *theirs = in_turn(
                3, lambda: read_time(fanfold("-a", path, example("stats.c")),
                                     None),
                *(lambda p=p: read_time(p[2], p[3]) for p in peers))
        finally:
            os.unlink(path)
        what = "stats of %d MB, %s" % (megabytes, form.replace("%", ""))
        rows += [row(what, ours, (1, "s"), name, figure,
                     (goal,) if goal else None, speedup=True)
                 for (name, goal, *_), figure in zip(peers, theirs)]
    return rows


# ---- commands ---------------------------------------------------------------

def run_commands():
    c = commands.Commands(fanfold, start_to_end, row,
                          os.environ["XDG_CACHE_HOME"], QUICK)
    return c.rows(program("spawn_loop"), kernel("empty.c"))


def run_pipes():
    return commands_pipe.rows(fanfold, start_to_end, row,
                              os.environ["XDG_CACHE_HOME"], QUICK)


# ---- runs that are kept -----------------------------------------------------

def run_kept():
    k = kept.Kept(fanfold, limited_json, in_turn, row,
                  os.environ["XDG_CACHE_HOME"], QUICK)
    return k.rows(Figure, kernel("work.c"))


# ---- deaths -----------------------------------------------------------------

def run_deaths():
    d = deaths.Deaths(fanfold, kernel("deaths.c"),
                      os.environ["XDG_CACHE_HOME"])
    return d.rows(pick(100, 20), row, (MS, "ms"))


# ---- Python -----------------------------------------------------------------

def run_pythons():
    p = pythons.Pythons(fanfold_json, in_turn, row,
                        os.environ["XDG_CACHE_HOME"], QUICK)
    return p.rows()


# ---- plans and pictures -----------------------------------------------------

def recorded(name):
    """A machine that tests/topo/machine.py writes, as a file."""
    path = os.path.join(os.environ["XDG_CACHE_HOME"], name + ".xml")
    with open(path, "w") as f:
        subprocess.run(["/usr/bin/python3", "-B", os.path.join(
            SOURCE, "tests", "topo", "machine.py"), name], stdout=f,
            check=True)
    return path


def plans():
    """Start to end. The peer of the picture reads and draws the same file."""
    large, node = recorded("epyc128"), recorded("xeon64")
    cluster = [FANFOLD, "plan", "--host", "n[001-156]", "--topology", node]
    commands = [cluster, [*cluster, "--json", "-"],
                [FANFOLD, "topo", "--topology", large], ["true"]]
    peer_name = shutil.which("lstopo-no-graphics")
    if peer_name is not None:
        commands.append([peer_name, "-i", large, "--of", "console"])
    else:
        print("skipped: lstopo-no-graphics (not installed)")
    text, json_, picture, limit, *theirs = map(
        Figure, start_to_end(pick(40, 10), commands))
    name = "one vfork, exec, wait of true"
    rows = [row("plan of 156 nodes x 64 cores", text, (MS, "ms"), name, limit,
                (50, "ms")),
            row("the same as JSON", json_, (MS, "ms"), name, limit,
                (50, "ms")),
            row("picture of 128 recorded cores", picture, (MS, "ms"), name,
                limit, (20, "ms"))]
    for figure in theirs:
        rows.append(row("picture of 128 recorded cores", picture, (MS, "ms"),
                        "lstopo, as text", figure, (1,)))
    return rows


# ---- several nodes --------------------------------------------------------

def nodes(report):
    c = clusters.Clusters(SOURCE, BUILD, os.environ["XDG_CACHE_HOME"], FANFOLD,
                          QUICK)
    title = "Clusters: "
    if any((title + t).lower().startswith(ONLY)
           for t in ("starting", "beside MPI", "3 hosts", "waiting")):
        why = c.missing()
        if why is not None:
            print("skipped: %s (%s)" % (title, why))
        else:
            report.section(title + "starting", HEAD,
                           lambda: c.starting(start_to_end, row))
            report.section(title + "beside MPI", HEAD, lambda: c.peers(row))
            report.section(title + "3 hosts on this machine", HEAD,
                           lambda: c.on_hosts(3, row))
            report.section(title + "waiting launchers", HEAD,
                           lambda: c.waiting(row))
    report.section(title + "simulated by SimGrid", c.HEAD, c.simulated)


# ---- all --------------------------------------------------------------------

def run_all(report):
    report.say("# Benchmarks", "",
               "Made by `make bench%s`; each figure is a median, with the "
               "quartiles in brackets," % pick("", " QUICK=1"),
               "of samples taken in turn with those of what stands beside it. "
               "A ratio is fanfold's",
               "time over the other's; a speed-up is the other's over "
               "fanfold's.", "")
    report.say(*machine.describe(),
               "- load average at the start: %.2f %.2f %.2f"
               % os.getloadavg())
    report.say("", "In makespans the ideal is the time of all items, "
               "measured on both cores at once,",
               "over 2; libgomp's schedules are as they are by default. Of "
               "2,000 bimodal items two",
               "take a quarter of all work each: who does not know which "
               "cannot reach the ideal. The blocks of a static split over "
               "two ranks are 45 and 55 % of",
               "the work of queens, 5 and 95 % of that of mandelbrot; over "
               "three 27, 36, 37 and 0, 26,",
               "74 %: so much, and no more, can be gained over them.")
    report.section("Starting", HEAD, lambda: start() + one_more())
    report.section("Handing out", HEAD, lambda: chunk() + item())
    for n, total_s, rounds in pick([(100_000, 1.0, 5), (2_000, 1.0, 5),
                                    (100_000, 0.1, 11)],
                                   [(100_000, 0.3, 3), (2_000, 0.3, 3),
                                    (100_000, 0.1, 3)]):
        report.section("Makespan: %d items, %g s of work over 2 workers"
                       % (n, total_s), BALANCE_HEAD,
                       lambda: balance(n, total_s, rounds))
    report.section("Programs, start to end", HEAD, programs)
    report.section("Teams", HEAD, teams)
    report.section("Memory", HEAD, memory)
    report.section("Lines of a file, start to end", HEAD, numbers)
    report.section("Outputs and arrays", HEAD, outputs)
    report.section("Commands, start to end", HEAD, run_commands)
    report.section("Pipes: an input in blocks, start to end", HEAD, run_pipes)
    report.section("Python kernels", HEAD, run_pythons)
    report.section("Runs that are kept", HEAD, run_kept)
    report.section("Deaths of workers", HEAD, run_deaths)
    report.section("Plans and pictures, start to end", HEAD, plans)
    nodes(report)
    report.section("Exact sums", HEAD, exact_sums)
    report.section("Quantiles, distinct values, bins", HEAD, sketch_folds)


def main():
    report = Report()
    scratch = tempfile.mkdtemp(prefix="fanfold-bench-")
    os.environ["XDG_CACHE_HOME"] = scratch
    os.environ["OMP_NUM_THREADS"] = "2"
    os.environ["OMP_PROC_BIND"] = "true"
    try:
        run_all(report)
    finally:
        shutil.rmtree(scratch)
    with open(os.path.join(BUILD, "bench", "results.md"), "w") as f:
        f.write("\n".join(report.lines) + "\n")


if __name__ == "__main__":
    main()
