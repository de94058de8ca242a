/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays and lists, read alike: see python_elements.h. */
#include "python_elements.h"
#include "python_failed.h"
#include "python_number.h"

bool python_is_list(PyObject *value)
{
    return PySequence_Check(value) && !PyUnicode_Check(value)
           && !PyBytes_Check(value) && !PyDict_Check(value);
}

int python_elements_open(struct python_elements *e, PyObject *value,
                         const char *name)
{
    const int opened = python_buffer_open(&e->array, value, name);
    e->is_array = opened == 1;
    e->list = value;
    e->done = 0;
    if (opened == 1)
        e->n = e->array.n;
    if (opened != 0)
        return opened;
    if (!python_is_list(value))
        return 0;
    const Py_ssize_t n = PySequence_Size(value);
    e->n = (uint64_t)n;
    return n < 0 ? -1 : 1;
}

void python_elements_close(struct python_elements *e)
{
    if (e->is_array)
        python_buffer_close(&e->array);
}

static int take_one(struct python_elements *e, char type, bool round,
                    const char *name, union ff_value *out)
{
    PyObject *x = PySequence_GetItem(e->list, (Py_ssize_t)e->done);
    const int rc = x == NULL ? -1 : python_number(x, type, round, name, out);
    if (rc == 0)
        python_fail("result '%s': element %llu, %.80R, is no number", name,
                    (unsigned long long)e->done, x);
    Py_XDECREF(x);
    e->done++;
    return rc == 1 ? 0 : -1;
}

int python_elements_take(struct python_elements *e, char type, bool round,
                         const char *name, union ff_value *out, uint64_t n)
{
    if (e->is_array)
        return python_buffer_take(&e->array, type, round, 1, name, out, n);
    for (uint64_t i = 0; i < n; i++)
        if (take_one(e, type, round, name, &out[i]) != 0)
            return -1;
    return 0;
}

const void *python_elements_as(const struct python_elements *e, char type)
{
    return e->is_array ? python_buffer_as(&e->array, type) : NULL;
}
