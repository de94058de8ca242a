# SPDX-License-Identifier: Apache-2.0
"""Runs on several nodes, beside MPI programs of the same kernels with a static
split (mpi_loops.c); and whole clusters in the SimGrid simulator."""
import json
import os
import shutil
import subprocess
import time

from table import Figure

MS, PERCENT = (1e3, "ms"), (100, "%")
FLAGS = ["-std=gnu11", "-O3", "-march=native", "-ffp-contract=off"]
ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


class Clusters:
    """source, build, scratch: folders; fanfold: the program."""

    def __init__(self, source, build, scratch, fanfold, quick):
        self.source, self.build, self.scratch = source, build, scratch
        self.fanfold, self.quick = fanfold, quick
        self.loops = os.path.join(build, "bench", "mpi_loops")
        os.environ.update(ROOT)

    def pick(self, full, quick):
        return quick if self.quick else full

    def example(self, name):
        return os.path.join(self.source, "examples", name + ".c")

    def missing(self):
        """Why there can be no figures, or None; builds the peer."""
        for tool in "mpicc.openmpi", "mpirun.openmpi":
            if shutil.which(tool) is None:
                return "%s is not installed" % tool
        if not os.path.exists(os.path.join(self.build, "launcher",
                                           "fanfold-mpi")):
            return "fanfold was built without Open MPI"
        source = os.path.join(self.source, "bench", "mpi_loops.c")
        subprocess.run(["mpicc.openmpi", *FLAGS, "-o", self.loops, source,
                        "-lm"], check=True)
        return None

    # ---- commands -----------------------------------------------------------

    # OMP_NUM_THREADS is for other sections.
    OURS = "--threads", "1", "--quiet"

    @staticmethod
    def mpirun(*words):
        return ["mpirun.openmpi", "--oversubscribe", "-n", "2", *words]

    def ours(self, *words):
        return self.mpirun(self.fanfold, "run", *self.OURS, *words)

    def theirs(self, *words):
        return self.mpirun(self.loops, *words)

    def report(self, command):
        """Runs fanfold, as `command` + kernel: its report."""
        path = os.path.join(self.scratch, "cluster.json")
        at = command.index("--quiet")
        subprocess.run([*command[:at], "--json", path, *command[at:]],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=True)
        with open(path) as f:
            return json.load(f)

    def cases(self):
        """Name, goal of the row, words for fanfold, words for the peer, the
        result that both have."""
        strips = self.pick(2_000_000_000, 200_000_000)
        n = self.pick(15, 14)
        size, limit = self.pick((800, 8000), (600, 4000))
        return [
            ("pi, even", (1,), False,
             ["--range", "0:%d" % strips, self.example("pi")],
             ["pi", str(strips)], "pi"),
            ("queens, uneven: speed", (1.3,), True,
             ["--arg", "n=%d" % n, "--range", "0:%d" % (n * n // 2),
              self.example("queens")],
             ["queens", str(n)], "solutions"),
            ("mandelbrot, uneven: speed", (1.3,), True,
             ["--arg", "size=%d" % size, "--arg", "limit=%d" % limit,
              "--range", "0:%d" % (size // 2), self.example("mandelbrot")],
             ["mandelbrot", str(size), str(limit)], "inside")]

    @staticmethod
    def check(name, ours, theirs):
        if abs(ours - theirs) > 1e-9 * abs(theirs):
            raise SystemExit("bench: %s: %r is not %r" % (name, ours, theirs))

    # ---- sections -----------------------------------------------------------

    def starting(self, start_to_end, row):
        empty = os.path.join(self.source, "bench", "kernels", "empty.c")
        ours, theirs = start_to_end(
            self.pick(40, 9), [self.ours(empty), self.theirs("hello")])
        extra = Figure(a - b for a, b in zip(ours, theirs))
        ours, theirs = Figure(ours), Figure(theirs)
        name = "mpirun -n 2, MPI_Init and MPI_Finalize"
        return [row("mpirun -n 2 fanfold run, start to end", ours, MS, name,
                    theirs, (1,)),
                row("the difference", extra, MS, "", None, (20, "ms"))]

    def peers(self, row):
        rows = []
        for name, goal, speedup, ours, theirs, result in self.cases():
            samples = []
            for _ in range(self.pick(7, 3)):
                run = self.report(self.ours(*ours))
                done = subprocess.run(self.theirs(*theirs), check=True,
                                      stdout=subprocess.PIPE, text=True)
                ns, value = done.stdout.split()
                self.check(name, run["results"][result]["value"], float(value))
                spent = run["time"]
                samples.append((
                    spent["compute_s"], float(ns) / 1e9,
                    spent["idle_s"] / spent["compute_s"] / 2))
            mine, peer, idle = map(Figure, zip(*samples))
            rows.append(row(name + ", 2 ranks", mine, MS,
                            "static split, MPI_Reduce", peer, goal,
                            speedup=speedup))
            rows.append(row("executors without a chunk", idle, PERCENT, "",
                            None, (1, "%")))
        return rows

    def on_hosts(self, n, row):
        """Nodes are network namespaces of this machine, with a worker each.
        They share its cores, and do not know of each other: nothing is bound,
        else all would be to the first core."""
        hosts = ",".join("node%d" % (k + 1) for k in range(n))
        env = {**os.environ, "top_srcdir": self.source,
               "top_builddir": self.build, "FANFOLD": self.fanfold}
        rows = []
        for name, goal, speedup, ours, theirs, result in self.cases():
            path = os.path.join(self.build, "bench", "host.json")
            ours = [self.fanfold, "run", "--host", hosts, "--ppn", "1",
                    "--bind-to", "none", *self.OURS, "--json", path, *ours]
            done = subprocess.run(
                ["bash", os.path.join(self.source, "bench", "on_hosts"),
                 str(n), str(self.pick(5, 3)),
                 "sh", "-c", '"$@" >/dev/null 2>&1 && cat "$0"', path, *ours,
                 "--", "mpirun.openmpi", "-H", hosts, "--bind-to",
                 "none", self.loops, *theirs],
                stdout=subprocess.PIPE, env=env, text=True, check=True)
            if "# SKIP" in done.stdout:
                print("skipped: " + done.stdout.strip())
                return rows
            mine, peer = self.split(name, done.stdout, result)
            rows.append(row("%s, %d hosts" % (name, n), mine, MS,
                            "static split, MPI_Reduce", peer, goal,
                            speedup=speedup))
        return rows

    def split(self, name, text, result):
        """Reports and lines of the peer, in turn: a Figure of each."""
        mine, peer = [], []
        decoder = json.JSONDecoder()
        while text.strip():
            run, end = decoder.raw_decode(text.lstrip())
            text = text.lstrip()[end:].lstrip()
            line, _, text = text.partition("\n")
            ns, value = line.split()
            self.check(name, run["results"][result]["value"], float(value))
            mine.append(run["time"]["compute_s"])
            peer.append(float(ns) / 1e9)
        return Figure(mine), Figure(peer)

    # ---- what a launcher uses -----------------------------------------------

    @staticmethod
    def cpu_s(pid):
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def below(pid):
        """The process and all below it: name, pid."""
        found, todo = [], [pid]
        while todo:
            pid = todo.pop()
            try:
                with open("/proc/%d/comm" % pid) as f:
                    found.append((f.read().strip(), pid))
                with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
                    todo += [int(child) for child in f.read().split()]
            except OSError:
                pass
        return found

    def waiting(self, row):
        """The share of a core that each launcher uses while its worker's items
        only sleep."""
        nap = os.path.join(self.source, "bench", "kernels", "nap.c")
        span_s = self.pick(5, 2)
        shares = {"fanfold": [], "fanfold-mpi": []}
        for _ in range(self.pick(3, 2)):
            run = subprocess.Popen(self.ours("--range", "0:100000", nap),
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
            time.sleep(1.5)
            pids = [(name, pid, self.cpu_s(pid))
                    for name, pid in self.below(run.pid) if name in shares]
            time.sleep(span_s)
            for name, pid, before in pids:
                shares[name].append((self.cpu_s(pid) - before) / span_s)
            run.terminate()
            run.wait()
        return [row("of a core, " + what, Figure(shares[name]), PERCENT, "",
                    None, (2, "%"))
                for name, what in (("fanfold", "the root"),
                                   ("fanfold-mpi", "a node"))
                if shares[name]]

    # ---- simulated ----------------------------------------------------------

    HEAD = ["nodes", "cores", "items", "sigma", "makespan, s", "ideal, s",
            "one queue, s", "to ideal", "to one queue", "waited",
            "messages a node", "a node in 10 ms", "exact"]

    def simulated(self):
        """Costs are lognormal with a mean of 1 s, 100 items a core of 16 a
        node; every tenth node is half as fast."""
        if shutil.which("smpicc") is None:
            print("skipped: smpicc (not installed)")
            return []
        rows = []
        nodes = os.environ.get("NODES") or self.pick("16 64", "16")
        for n in map(int, nodes.split()):
            for sigma in "0.1", "0.5":
                rows.append(self.simulation(n, sigma))
        return rows

    def simulation(self, n, sigma):
        patience = "1" if n < 100 else "10"
        done = subprocess.run(
            ["sh", os.path.join(self.source, "tests", "sim", "simulate"),
             self.scratch, "10us", str(n), "16", "100", sigma, "1", patience],
            stdout=subprocess.PIPE, text=True, check=True)
        v = dict(word.split("=") for word in done.stdout.split())
        makespan = float(v["makespan"])
        return [v["nodes"], v["cores"], v["items"], sigma, v["makespan"],
                v["ideal"], v["queue"],
                "%.4f" % (float(v["ideal"]) / makespan),
                "%.4f" % (float(v["queue"]) / makespan),
                "%.3f %%" % (100 * float(v["waited"])), v["messages"],
                v["per_10ms"], "yes" if v["exact"] == "1" else "no"]
