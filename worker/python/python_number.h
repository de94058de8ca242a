/* SPDX-License-Identifier: Apache-2.0 */
/* One number of Python as a value that is folded. */
#ifndef FANFOLD_WORKER_PYTHON_NUMBER_H
#define FANFOLD_WORKER_PYTHON_NUMBER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fanfold.h>
#include <stdbool.h>

/* What is wrong with a number, to stand behind it; NULL: nothing. */
const char *python_number_of_double(double x, char type, union ff_value *out);
const char *python_number_of_i64(int64_t x, char type, bool round,
                                 union ff_value *out);
const char *python_number_of_u64(uint64_t x, char type, bool round,
                                 union ff_value *out);

/* Any object that is a number, as a value of the type (struct python_field):
 * int, float, bool, what has __index__ or __float__. An int that the type
 * cannot hold exactly is none, unless it is to be rounded to a double. 1; 0: it
 * is no number; -1 with an exception that names the result. */
int python_number(PyObject *value, char type, bool round, const char *name,
                  union ff_value *out);

#endif
