# SPDX-License-Identifier: Apache-2.0
"""What it costs to keep a run, and to go on with one."""
import os
import signal
import subprocess
import sys
import time

MS, S = (1e3, "ms"), (1, "s")


class Kept:
    """fanfold(WORDS...): the command line of a run; fanfold_json: runs it, its
    report; in_turn, row: see run.py."""

    def __init__(self, fanfold, fanfold_json, in_turn, row, scratch, quick):
        self.fanfold, self.fanfold_json = fanfold, fanfold_json
        self.in_turn, self.row = in_turn, row
        self.store = os.path.join(scratch, "kept.sqlite")
        self.quick = quick

    def pick(self, full, quick):
        return quick if self.quick else full

    def forget(self):
        for end in "", "-wal", "-journal":
            try:
                os.unlink(self.store + end)
            except FileNotFoundError:
                pass

    # ---- checkpoints ---------------------------------------------------------

    def work(self, kernel, n, steps, *words):
        self.forget()
        report = self.fanfold_json("--chunk", "1", "--arg", "n=%d" % n, "--arg",
                                   "mean=%d" % steps, *words, kernel)
        return report["time"]["compute_s"]

    def checkpoints(self, kernel, chunk_us, goal):
        """Chunks of that length on two workers, for some seconds."""
        steps = 1000 * chunk_us
        n = 20_000
        for _ in range(3):  # steps that take that long
            took = self.work(kernel, n, steps, "--checkpoint", "0")
            steps = max(1, round(steps * chunk_us * n / 2 / 1e6 / took))
        n = round(self.pick(6, 2.5) * 2e6 / chunk_us)
        kept, without = self.in_turn(
            self.pick(15, 3),
            lambda: self.work(kernel, n, steps, "--store", self.store),
            lambda: self.work(kernel, n, steps, "--checkpoint", "0"))
        return self.row("%d chunks of %d us, kept each second" % (n, chunk_us),
                        kept, S, "the same, not kept", without, (goal,))

    # ---- going on ------------------------------------------------------------

    def interrupt(self, command, after_s):
        """Begins a run that is kept, and stops it by Ctrl-C."""
        self.forget()
        run = subprocess.Popen([*command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        time.sleep(after_s)
        run.send_signal(signal.SIGINT)
        if run.wait() != 3:
            sys.exit("bench: a run that was interrupted ended with %d"
                     % run.returncode)

    def starts(self, rounds, words, after_s):
        """How long it takes until chunks can be taken, going on and not."""
        found = [], []
        for _ in range(rounds):
            self.interrupt(self.fanfold("--store", self.store, *words),
                           after_s)
            again = self.fanfold_json("--store", self.store, "--resume",
                                      "--time-limit", "0.3", *words)
            self.forget()
            fresh = self.fanfold_json("--time-limit", "0.3", *words)
            found[0].append(again["time"]["startup_s"])
            found[1].append(fresh["time"]["startup_s"])
        return found

    def rows(self, figure, work):
        rows = [self.checkpoints(work, 100, 1.005),
                self.checkpoints(work, 10, 1.02)]
        n = 1_000_000
        words = ("--chunk", "1", "--arg", "n=%d" % n, "--arg", "mean=10000",
                 work)
        again, fresh = map(figure, self.starts(self.pick(5, 2), words, 3))
        rows.append(self.row("going on with %d items: startup" % n, again, MS,
                             "a new run", fresh, (200, "ms")))
        n = self.pick(200_000, 20_000)
        words = ("--range", "0:%d" % n, "--quiet", "--", "/bin/true")
        again, fresh = map(figure, self.starts(2, words,
                                               n * self.pick(3e-4, 1e-4)))
        rows.append(self.row("going on with %d commands: startup" % n, again,
                             MS, "a new run", fresh, (200, "ms")))
        return rows
