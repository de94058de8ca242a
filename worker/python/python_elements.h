/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of an array, a list, a tuple ..., one after the other. */
#ifndef FANFOLD_WORKER_PYTHON_ELEMENTS_H
#define FANFOLD_WORKER_PYTHON_ELEMENTS_H

#include "python_buffer.h"

struct python_elements {
    uint64_t n;
    bool is_array;
    struct python_buffer array;
    PyObject *list;  /* borrowed */
    uint64_t done;   /* of the list */
};

/* A list, a tuple, or the like: no text, no dict. */
bool python_is_list(PyObject *value);

/* 1: to be closed, and the value must outlive it; 0: it has no elements; -1
 * with an exception. */
int python_elements_open(struct python_elements *e, PyObject *value,
                         const char *name);
void python_elements_close(struct python_elements *e);

/* The next n, as values of the type. -1 with an exception. */
int python_elements_take(struct python_elements *e, char type, bool round,
                         const char *name, union ff_value *out, uint64_t n);

/* All, if they lie there as values of the type already; or NULL. */
const void *python_elements_as(const struct python_elements *e, char type);

#endif
