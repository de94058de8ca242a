/* SPDX-License-Identifier: Apache-2.0 */
/* The C part of the module fanfold: _fanfold. */
#ifndef FANFOLD_WORKER_PYTHON_MODULE_H
#define FANFOLD_WORKER_PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_plugin.h"

/* The module with its functions, a new reference; NULL with an exception set.
 * Once a process; the request outlives it. */
PyObject *python_module_create(const struct python_request *request);

#endif
