# SPDX-License-Identifier: Apache-2.0
"""kill.c in Python: each process kills itself in its fifth item."""
import os
import signal
import time

import fanfold

begun = 0  # items, in this process


@fanfold.kernel(items=40, squares="sum")
def square(item) -> int:
    global begun
    time.sleep(0.015)
    begun += 1
    if begun == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return item * item
