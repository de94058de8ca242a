/* SPDX-License-Identifier: Apache-2.0 */
/* The call that a thread is in: see python_now.h. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_now.h"

_Thread_local struct python_now python_now;

struct python_now *python_call_of(const char *function)
{
    if (python_now.ff != NULL)
        return &python_now;
    PyErr_Format(PyExc_RuntimeError, "fanfold.%s() outside of a call of the "
                 "kernel: it means nothing while the file is imported, nor in "
                 "a thread that the kernel started", function);
    return NULL;
}

struct python_now *python_item_of(const char *function)
{
    struct python_now *now = python_call_of(function);
    if (now == NULL || now->has_item)
        return now;
    if (now->stage != PYTHON_ITEMS)
        PyErr_Format(PyExc_RuntimeError, "fanfold.%s() has no item in setup "
                     "and teardown", function);
    else
        PyErr_Format(PyExc_RuntimeError, "fanfold.%s() of which item? A kernel "
                     "that is called with (begin, end) says it by "
                     "fanfold.at(item)", function);
    return NULL;
}
