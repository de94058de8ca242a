/* SPDX-License-Identifier: Apache-2.0 */
/* Which part of what was returned a result folds: the entry of a dict, the
 * element of a sequence, the attribute of an object. */
#ifndef FANFOLD_WORKER_PYTHON_ENTRY_H
#define FANFOLD_WORKER_PYTHON_ENTRY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_plugin.h"

struct python_key {
    PyObject *name;      /* the field's, or the result's */
    Py_ssize_t position; /* "1", "2" ... of a sequence; 0: it is no number */
    bool given;          /* the field was asked for */
};

/* One for each field. NULL with an exception. Never freed. */
struct python_key *python_keys(const struct python_field *field, uint32_t n);

/* Is it an entry of the value that is folded, and never the value? */
static inline bool python_key_wants_entry(const struct python_key *key,
                                          PyObject *value)
{
    return key->given || PyDict_Check(value);
}

/* 1: a new reference to the entry; 0: the value has no entries of names, and
 * none was asked for; -1 with an exception that names what entries there
 * are. */
int python_key_find(const struct python_key *key, PyObject *value,
                    const struct python_field *field, PyObject **entry);

#endif
