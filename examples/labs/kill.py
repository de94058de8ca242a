# SPDX-License-Identifier: Apache-2.0
"""Tries to end a thread from outside, and then a process: what is left of it
after 200 ms, and how long it took until it was gone. A thread that does not go
is asked after 300 ms."""
import ctypes
import subprocess
import sys
import threading
import time

stop = False


def compute():
    while not stop:
        pass


def sleep():
    time.sleep(0.6)  # one long call


def careless():
    while not stop:
        try:
            compute()
        except BaseException:  # catches what was to end it, too
            pass


def ask(thread):
    global stop
    stop = True


def throw(thread):
    """Python's only way: an exception, raised between two of its steps."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))


def tell(label, start, left, remark="-"):
    ms = 1e3 * (time.perf_counter() - start)
    print("row", label, f"{ms:.1f}", left, remark, sep="\t", flush=True)


def end_thread(label, work, way):
    global stop
    stop, remark = False, "-"
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    time.sleep(0.02)
    start = time.perf_counter()
    try:
        way(thread)
    except Exception as e:
        remark = type(e).__name__
    thread.join(0.2)
    left = threading.active_count() - 1
    thread.join(0.1)
    ask(thread)
    thread.join()
    tell(label, start, left, remark)


def end_process(label):
    loop = "print(flush=True)\nwhile True: pass"
    child = subprocess.Popen([sys.executable, "-c", loop],
                             stdout=subprocess.PIPE)
    child.stdout.readline()  # it has begun
    start = time.perf_counter()
    child.kill()
    child.wait()
    tell(label, start, 0)


end_thread("computes, asked", compute, ask)
end_thread("computes, kill()", compute, lambda thread: thread.kill())
end_thread("computes, exception", compute, throw)
end_thread("sleeps, exception", sleep, throw)
end_thread("catches all, exception", careless, throw)
end_process("process, kill()")
