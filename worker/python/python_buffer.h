/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of numbers: whatever has Python's buffer protocol, as array.array,
 * memoryview and NumPy's, of any shape and stride. */
#ifndef FANFOLD_WORKER_PYTHON_BUFFER_H
#define FANFOLD_WORKER_PYTHON_BUFFER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fanfold.h>
#include <stdbool.h>
#include <stdint.h>

struct python_buffer {
    Py_buffer view;
    uint64_t n;      /* elements */
    char kind;       /* of them: 'f'loat, 'i'nt, 'u'nsigned, 'b'ool */
    /* The next element. */
    uint64_t done;
    const char *at;
    Py_ssize_t index[64]; /* in each dimension; more than buffers may have */
};

/* 1: to be closed; 0: it is no array of numbers (a scalar neither, nor bytes,
 * which are a text); -1 with an exception: its elements are none that are
 * folded. */
int python_buffer_open(struct python_buffer *b, PyObject *value,
                       const char *name);
void python_buffer_close(struct python_buffer *b);

/* The next n elements, from the first on, rows first, as values of the type;
 * each takes `places`. -1 with an exception. */
int python_buffer_take(struct python_buffer *b, char type, bool round,
                       uint32_t places, const char *name, union ff_value *out,
                       uint64_t n);

/* All elements, if they lie there as values of the type already; or NULL. */
const void *python_buffer_as(const struct python_buffer *b, char type);

#endif
