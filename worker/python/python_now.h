/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread is called for at the moment. */
#ifndef FANFOLD_WORKER_PYTHON_NOW_H
#define FANFOLD_WORKER_PYTHON_NOW_H

#include <fanfold.h>
#include <stdint.h>

enum python_stage {
    PYTHON_OUTSIDE, /* while the file is imported, or a thread that the kernel
                       started: ff is NULL */
    PYTHON_SETUP, PYTHON_ITEMS, PYTHON_TEARDOWN
};

/* Of this thread; set by python_call.c, which holds the interpreter's lock as
 * long as ff is not NULL. */
struct python_now {
    enum python_stage stage;
    struct ff *ff;
    uint64_t item; /* that the function is called for */
    uint64_t end;  /* behind the last item of this call */
};

extern _Thread_local struct python_now python_now;

#endif
