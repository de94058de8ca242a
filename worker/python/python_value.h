/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the function returned: to where its numbers are folded, or printed.
 *
 *   a number        int, float, bool, __index__, __float__: folded
 *   an array        (python_buffer.h) each element is a value
 *   a dict          the entry of the field, else of the result's name, is one
 *                   of the two above; also of another mapping, and the
 *                   attribute of another object
 *   a sequence      its element: fields 1, 2 ..., and -1 for the last; all of
 *                   it as a vector
 *   None            nothing: there is no value of this item, also as an entry
 *
 * The kernel of a process is one, and so is what it folds.
 */
#ifndef FANFOLD_WORKER_PYTHON_VALUE_H
#define FANFOLD_WORKER_PYTHON_VALUE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_plugin.h"

/* Which fields are folded; they stay where they are. `printed` is the output
 * that values go to when there are none; NULL: nowhere. The lock is not
 * needed. */
void python_value_bind(const struct python_field *field, uint32_t n,
                       const struct ff_decl *printed);

/* The function is annotated "-> float": an int is rounded to a double. */
void python_value_round(void);

/* When all is taken: tells it when there was never a value to fold. */
void python_value_tell(const struct ff *ff);

/* Folds or prints what the function returned for the items [begin, end). Of an
 * array with as many elements as there are items, each belongs to one; anything
 * else belongs to `begin`. The lock is held. 0, or -1 with an exception: the
 * items fail. */
int python_value_take(struct ff *ff, uint64_t begin, uint64_t end,
                      PyObject *value);

#endif
