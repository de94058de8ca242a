/* SPDX-License-Identifier: Apache-2.0 */
/* What a function returned, into rows of an array file. */
#ifndef FANFOLD_WORKER_PYTHON_ROW_H
#define FANFOLD_WORKER_PYTHON_ROW_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_plugin.h"

/* A field that is PYTHON_ROW: as many elements as the items [begin, end) have
 * in their rows, row by row; one number for one item and column. -1 with an
 * exception. */
int python_row_take(struct ff *ff, const struct python_field *field,
                    uint64_t begin, uint64_t end, bool round, PyObject *value);

#endif
