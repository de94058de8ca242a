# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on, and who else used it meanwhile."""
import os
import platform
import subprocess
import time


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              check=False)
    except OSError:
        return "none"
    return (done.stdout or done.stderr).split("\n")[0]


def cpu_model():
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.machine()


def describe():
    """Lines for the head of a report."""
    hypervisor = first_line(["systemd-detect-virt", "--vm"])
    return [
        "- date: " + time.strftime("%Y-%m-%d %H:%M %Z"),
        "- processor: %s, %d cores%s" % (
            cpu_model(), os.cpu_count(),
            ", virtual (%s)" % hypervisor
            if hypervisor not in ("none", "") else ""),
        "- Linux " + platform.release(),
        "- compiler: " + first_line([os.environ.get("CC", "cc").split()[0],
                                     "--version"]),
        "- Open MPI: " + first_line(["mpirun", "--version"]),
        "- Hydra: " + " ".join(hydra_version().split()),
    ]


def hydra_version():
    try:
        done = subprocess.run(["mpiexec.hydra", "--version"], text=True,
                              capture_output=True, check=False)
    except OSError:
        return "none"
    for line in done.stdout.split("\n"):
        if "Version:" in line:
            return line.split(":")[1]
    return "unknown"


class Others:
    """The share of the cores that was used by others since it was made."""

    def __init__(self):
        self.start = self.sample()

    @staticmethod
    def sample():
        with open("/proc/stat") as f:
            ticks = [int(t) for t in f.readline().split()[1:9]]
        idle = ticks[3] + ticks[4]
        hz = os.sysconf("SC_CLK_TCK")
        return sum(ticks) / hz, (sum(ticks) - idle) / hz, sum(os.times()[:4])

    def share(self):
        total, busy, own = (now - then for now, then
                            in zip(self.sample(), self.start))
        return max(0.0, (busy - own) / total) if total > 0 else 0.0
