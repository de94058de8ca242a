# SPDX-License-Identifier: Apache-2.0
"""Kills a process that computes: how long it took until it was gone."""
import subprocess
import sys
import time

program = """
print("begun", flush=True)
while True:
    pass
"""
child = subprocess.Popen([sys.executable, "-c", program],
                         stdout=subprocess.PIPE)
child.stdout.readline()  # it has begun
start = time.perf_counter()
child.kill()
child.wait()
ms = 1e3 * (time.perf_counter() - start)
print("row", "process, kill()", f"{ms:.1f}", 0, "-", sep="\t")
