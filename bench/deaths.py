# SPDX-License-Identifier: Apache-2.0
"""What the death of a worker costs besides the work that is lost: the time from
the kill until the chunk that it had begins again, on a worker that is free for
it; while the other worker goes on, and while it is in a chunk without an end."""
import os
import signal
import subprocess
import time

from table import Figure


class Deaths:
    def __init__(self, fanfold, kernel, folder):
        self.fanfold, self.kernel = fanfold, kernel
        self.begun = os.path.join(folder, "begun")
        self.gate = os.path.join(folder, "gate")

    def lines(self):
        """(item, pid, ns) of all chunks that have begun."""
        try:
            with open(self.begun) as f:
                text = f.read()
        except FileNotFoundError:
            return []
        return [tuple(map(int, line.split()))
                for line in text[:text.rfind("\n") + 1].splitlines()]

    def wait_for(self, found):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            result = found(self.lines())
            if result is not None:
                return result
            time.sleep(0.0002)
        raise RuntimeError("bench: nothing begins after a death")

    def kill_one(self, seen, spared):
        """Kills who has begun last: seconds until its replacement begins what it
        had, which it does before anything else."""
        def another(lines):
            mine = [line for line in lines[seen:] if line[1] not in spared]
            return mine[-1] if mine else None
        _, pid, _ = self.wait_for(another)
        known = {line[1] for line in self.lines()}
        killed_ns = time.monotonic_ns()
        os.kill(pid, signal.SIGKILL)

        def again(lines):
            return next((ns for _, p, ns in lines if p not in known), None)
        return (self.wait_for(again) - killed_ns) / 1e9

    def costs(self, n, endless):
        """Samples of n deaths in one run."""
        for path in (self.begun, self.gate):
            if os.path.exists(path):
                os.unlink(path)
        words = self.fanfold("--chunk", "1", "--range", "0:1000000",
                             "--crash-limit", "1000000",
                             "--arg", "us=20000", "--arg",
                             "endless=%d" % (0 if endless else -1),
                             "--arg", "begun=" + self.begun, "--arg",
                             "gate=" + self.gate, self.kernel)
        run = subprocess.Popen(words, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        samples = []
        try:
            spared = set()
            if endless:
                spared = {self.wait_for(lambda lines: next(
                    (p for i, p, _ in lines if i == 0), None))}
            for _ in range(n):
                samples.append(self.kill_one(len(self.lines()), spared))
        finally:
            run.send_signal(signal.SIGKILL)
            run.wait()
        return samples

    def rows(self, n, row, unit):
        return [row("a worker's death, besides its lost work: " + what,
                    Figure(self.costs(n, endless)), unit, "", None,
                    (5, unit[1]))
                for what, endless in (("the other goes on", False),
                                      ("the other is in a chunk without an "
                                       "end", True))]
