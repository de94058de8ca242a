/* SPDX-License-Identifier: Apache-2.0 */
/* Failures whose text is all that there is to say: without a traceback. */
#ifndef FANFOLD_WORKER_PYTHON_FAILED_H
#define FANFOLD_WORKER_PYTHON_FAILED_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* fanfold.Failed, an exception: made when it is first asked for. NULL, with an
 * exception, when memory is short. Borrowed. */
PyObject *python_failed(void);

/* Raises it, with a text as of PyErr_Format. Always -1. */
int python_fail(const char *format, ...);

#endif
