# SPDX-License-Identifier: Apache-2.0
"""Tries to end a thread from outside: what is left of it after 200 ms, and how
long it took until it was gone. If it does not go, we ask it after 300 ms."""
import ctypes
import threading
import time

stop = False


def compute():
    while not stop:
        pass


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


def end(label, work, way):
    global stop
    stop, it_said = False, "-"
    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.02)
    start = time.perf_counter()
    try:
        way(thread)
    except Exception as e:
        it_said = type(e).__name__
    thread.join(0.2)
    left = threading.active_count() - 1
    thread.join(0.1)
    ask(thread)
    thread.join()
    ms = 1e3 * (time.perf_counter() - start)
    print("row", label, f"{ms:.1f}", left, it_said, sep="\t", flush=True)


end("computes, asked", compute, ask)
end("computes, kill()", compute, lambda thread: thread.kill())
end("computes, exception", compute, throw)
end("sleeps, exception", lambda: time.sleep(0.6), throw)  # one long call
end("catches all, exception", careless, throw)
