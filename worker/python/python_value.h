/* SPDX-License-Identifier: Apache-2.0 */
/* What the function returns: into the fields that were asked for, or, without
 * any, printed. */
#ifndef FANFOLD_WORKER_PYTHON_VALUE_H
#define FANFOLD_WORKER_PYTHON_VALUE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_plugin.h"

/* Before the first value. Fields stay where they are; `name` is the kernel's,
 * for what is wrong. `printed` is the declaration of the output that values go
 * to without any fields, or NULL: there is none. */
void python_value_bind(const struct python_field *field, uint32_t n,
                       const char *name, const struct ff_decl *printed);

/* Takes the value that was returned for items [item, end); the lock is held. 0,
 * or -1 with an exception set that says what is wrong with it. */
int python_value_take(struct ff *ff, uint64_t item, uint64_t end,
                      PyObject *value);

#endif
