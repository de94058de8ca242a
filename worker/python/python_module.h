/* SPDX-License-Identifier: Apache-2.0 */
/* The module _fanfold, the part in C of the module fanfold (fanfold.py): where
 * the function runs, the item that it is called for, its random numbers,
 * outputs, failures. */
#ifndef FANFOLD_WORKER_PYTHON_MODULE_H
#define FANFOLD_WORKER_PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_plugin.h"

/* The module, a new reference; NULL with an exception. Once a process, by who
 * has the lock; the request outlives the interpreter. */
PyObject *python_module_create(const struct python_request *request);

/* The declarations of the kernel, whose outputs are those of emit(). They get
 * their numbers later, and outlive the interpreter. */
void python_module_declare(struct ff_decl *const *decl, size_t n);

#endif
