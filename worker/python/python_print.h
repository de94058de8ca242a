/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of Python to outputs, which go by their numbers. */
#ifndef FANFOLD_WORKER_PYTHON_PRINT_H
#define FANFOLD_WORKER_PYTHON_PRINT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fanfold.h>
#include <stdint.h>

/* The value as print() shows it, and the end of the line; bytes as they are. -1
 * with an exception. */
int python_print(struct ff *ff, uint32_t output, PyObject *value);

/* A text, as UTF-8, or the bytes of a buffer, and nothing else: TypeError. */
int python_emit(struct ff *ff, uint32_t output, PyObject *value);

#endif
