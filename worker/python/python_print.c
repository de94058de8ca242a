/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of Python to outputs: see python_print.h. What Python could not decode
 * (file names) goes out as the bytes that it was. */
#include "python_print.h"
#include "python_failed.h"

#include <stdbool.h>
#include <string.h>

static inline void emit(struct ff *ff, uint32_t output, const void *data,
                        size_t n)
{
    struct ff_bytes *b = &ff->bytes[output];
    if (n > b->room - b->n) {
        ff->calls->emit(ff, output, data, n);
        return;
    }
    memcpy(b->data + b->n, data, n);
    b->n += n;
}

static int emit_bytes(struct ff *ff, uint32_t output, PyObject *value)
{
    Py_buffer view;
    if (PyObject_GetBuffer(value, &view, PyBUF_SIMPLE) != 0)
        return -1;
    emit(ff, output, view.buf, (size_t)view.len);
    PyBuffer_Release(&view);
    return 0;
}

static int emit_text(struct ff *ff, uint32_t output, PyObject *text)
{
    Py_ssize_t n;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &n);
    if (utf8 != NULL) {
        emit(ff, output, utf8, (size_t)n);
        return 0;
    }
    PyErr_Clear();
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8",
                                                "surrogateescape");
    const int rc = bytes != NULL ? emit_bytes(ff, output, bytes) : -1;
    Py_XDECREF(bytes);
    return rc;
}

int python_emit(struct ff *ff, uint32_t output, PyObject *value)
{
    return PyUnicode_Check(value) ? emit_text(ff, output, value)
                                  : emit_bytes(ff, output, value);
}

/* An int of 64 bits, and the end of the line; false: it is wider. */
static bool print_int(struct ff *ff, uint32_t output, PyObject *value)
{
    char text[24], *p = text + sizeof text;
    int overflow;
    const long long n = PyLong_AsLongLongAndOverflow(value, &overflow);
    unsigned long long rest = n < 0 ? 0 - (unsigned long long)n
                                    : (unsigned long long)n;
    if (overflow != 0)
        return false;
    *--p = '\n';
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0)
        *--p = '-';
    emit(ff, output, p, (size_t)(text + sizeof text - p));
    return true;
}

/* What gives its values to who reads it, and nobody does: a generator, a map, a
 * coroutine. Printed it would be an address, another one each time. What gets
 * at them, or NULL: it is none of these. */
static const char *reader_of(PyObject *value)
{
    if (PyUnicode_Check(value) || PyFloat_Check(value))
        return NULL;
    if (PyIter_Check(value))
        return "list()";
    PyObject *waits = PyObject_GetAttrString(value, "cr_await");
    PyErr_Clear();
    Py_XDECREF(waits);
    return waits != NULL ? "asyncio.run()" : NULL;
}

int python_print(struct ff *ff, uint32_t output, PyObject *value)
{
    if (PyBytes_Check(value))
        return emit_bytes(ff, output, value);
    if (PyLong_CheckExact(value) && print_int(ff, output, value))
        return 0;
    const char *reader = reader_of(value);
    if (reader != NULL)
        return python_fail("%.80R was returned, which holds no values yet: "
                           "return %s of it", value, reader);
    PyObject *text = PyObject_Str(value);
    const int rc = text != NULL ? emit_text(ff, output, text) : -1;
    Py_XDECREF(text);
    if (rc == 0)
        emit(ff, output, "\n", 1);
    return rc;
}
