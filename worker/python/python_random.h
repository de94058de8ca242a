/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers of an item in Python: those that ff_rng gives a C kernel. */
#ifndef FANFOLD_WORKER_PYTHON_RANDOM_H
#define FANFOLD_WORKER_PYTHON_RANDOM_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Adds uniform, getrandbits, random and Stream to _fanfold. -1 with an
 * exception. */
int python_random_add(PyObject *module);

#endif
