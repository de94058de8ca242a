/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of numbers: see python_buffer.h. An element is known by what it is and
 * its size, since the letters of formats (l) are not of one size everywhere. */
#include "python_buffer.h"
#include "python_failed.h"
#include "python_number.h"

#include <string.h>

/* 'f', 'i', 'u', 'b', or 0. */
static char kind_of(const char *format, Py_ssize_t size)
{
    static const char little[] = "<=@";
    if (format == NULL)
        format = "B";
    if (*format != '\0' && strchr(little, *format) != NULL)
        format++;
    if (*format == '\0' || format[1] != '\0')
        return 0;
    const bool whole = size == 1 || size == 2 || size == 4 || size == 8;
    if (strchr("df", *format) != NULL)
        return size == 8 || size == 4 ? 'f' : 0;
    if (strchr("bhilqn", *format) != NULL)
        return whole ? 'i' : 0;
    if (*format == '?')
        return whole ? 'b' : 0;
    return strchr("BHILQN", *format) != NULL && whole ? 'u' : 0;
}

int python_buffer_open(struct python_buffer *b, PyObject *value,
                       const char *name)
{
    if (!PyObject_CheckBuffer(value) || PyBytes_Check(value))
        return 0;
    if (PyObject_GetBuffer(value, &b->view, PyBUF_FULL_RO) != 0)
        return -1;
    if (b->view.ndim == 0) {
        PyBuffer_Release(&b->view);
        return 0;
    }
    b->kind = kind_of(b->view.format, b->view.itemsize);
    if (b->kind == 0 || b->view.suboffsets != NULL) {
        python_fail("result '%s': elements '%s' of an array are none that are "
                    "folded: numbers of C in this machine's order are (a NumPy "
                    "array: .astype(float))", name, b->view.format);
        PyBuffer_Release(&b->view);
        return -1;
    }
    b->n = (uint64_t)(b->view.len / b->view.itemsize);
    b->done = 0;
    b->at = b->view.buf;
    memset(b->index, 0, (size_t)b->view.ndim * sizeof b->index[0]);
    return 1;
}

void python_buffer_close(struct python_buffer *b)
{
    PyBuffer_Release(&b->view);
}

/* To the next element, the last dimension first. (An array of ctypes tells no
 * strides: its elements lie side by side.) */
static void step(struct python_buffer *b)
{
    const Py_buffer *v = &b->view;
    int d = v->ndim - 1;
    b->done++;
    if (v->strides == NULL) {
        b->at += v->itemsize;
        return;
    }
    b->at += v->strides[d];
    while (++b->index[d] == v->shape[d] && d > 0) {
        b->at -= v->strides[d] * v->shape[d];
        b->index[d--] = 0;
        b->at += v->strides[d];
    }
}

static double load_float(const char *at, Py_ssize_t size)
{
    double x;
    float single;
    if (size == 4) {
        memcpy(&single, at, 4);
        return single;
    }
    memcpy(&x, at, 8);
    return x;
}

static uint64_t load_unsigned(const char *at, Py_ssize_t size)
{
    uint64_t x = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&x, at, (size_t)size);
#else
    memcpy((char *)&x + 8 - size, at, (size_t)size);
#endif
    return x;
}

static int64_t load_int(const char *at, Py_ssize_t size)
{
    const int unused = 64 - 8 * (int)size;
    return (int64_t)(load_unsigned(at, size) << unused) >> unused;
}

/* What is wrong with it. */
static const char *load(const struct python_buffer *b, char type, bool round,
                        union ff_value *out)
{
    const Py_ssize_t size = b->view.itemsize;
    if (b->kind == 'f')
        return python_number_of_double(load_float(b->at, size), type, out);
    if (b->kind == 'i')
        return python_number_of_i64(load_int(b->at, size), type, round, out);
    const uint64_t x = load_unsigned(b->at, size);
    return python_number_of_u64(b->kind == 'b' ? x != 0 : x, type, round, out);
}

int python_buffer_take(struct python_buffer *b, char type, bool round,
                       uint32_t places, const char *name, union ff_value *out,
                       uint64_t n)
{
    for (uint64_t i = 0; i < n; i++, out += places) {
        const char *wrong = load(b, type, round, out);
        if (wrong != NULL)
            return python_fail("result '%s': element %llu of the array %s",
                               name, (unsigned long long)b->done, wrong);
        step(b);
    }
    return 0;
}

const void *python_buffer_as(const struct python_buffer *b, char type)
{
    const Py_buffer *v = &b->view;
    const char kind = type == 'd' ? 'f' : type;
    const bool same = v->itemsize == 8 && b->kind == kind
                      && (uintptr_t)v->buf % sizeof(union ff_value) == 0;
    return same && PyBuffer_IsContiguous(v, 'C') ? v->buf : NULL;
}
