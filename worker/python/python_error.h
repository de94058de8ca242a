/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions as texts. */
#ifndef FANFOLD_WORKER_PYTHON_ERROR_H
#define FANFOLD_WORKER_PYTHON_ERROR_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_plugin.h"

/* Takes the exception that is set and writes what it says into text, at most
 * `room` bytes with the zero byte: the traceback without our frames, the
 * innermost kept when it is too long. Always writes something, whatever the
 * exception does when it is asked. */
void python_error_take(char *text, size_t room);

/* The same of an exception while the file is opened: a fault of our caller is
 * one line, one of the file has FILE:LINE. -1, FF_USAGE. */
int python_error_open(const struct python_request *request,
                      struct ff_error *err);

#endif
