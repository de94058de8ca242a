/* SPDX-License-Identifier: Apache-2.0 */
/* Values of Python into buffers of results: see python_value.h. */
#include "python_value.h"

static const struct python_field *fields;
static uint32_t n_fields;
static const struct ff_decl *output;

void python_value_bind(const struct python_field *field, uint32_t n,
                       const char *name, const struct ff_decl *printed)
{
    (void)name;
    fields = field;
    n_fields = n;
    output = printed;
}

static int print(struct ff *ff, PyObject *value)
{
    PyObject *text = PyObject_Str(value);
    Py_ssize_t n;
    const char *utf8 =
        text != NULL ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
    if (utf8 != NULL) {
        ff->calls->emit(ff, output->index, utf8, (size_t)n);
        ff->calls->emit(ff, output->index, "\n", 1);
    }
    Py_XDECREF(text);
    return utf8 != NULL ? 0 : -1;
}

int python_value_take(struct ff *ff, uint64_t item, uint64_t end,
                      PyObject *value)
{
    (void)end;
    for (uint32_t i = 0; i < n_fields; i++) {
        const double x = PyFloat_AsDouble(value);
        if (x == -1 && PyErr_Occurred() != NULL)
            return -1;
        struct ff_buffer *b = &ff->buffer[fields[i].index];
        if (b->n + 2 > b->room)
            ff->calls->flush(ff, fields[i].index);
        b->value[b->n].f64 = x;
        b->value[b->n + 1].u64 = item;
        b->n += 2;
    }
    return n_fields == 0 && value != Py_None && output != NULL
               ? print(ff, value) : 0;
}
