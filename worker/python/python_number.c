/* SPDX-License-Identifier: Apache-2.0 */
/* One number of Python as a value that is folded: see python_number.h. Nothing
 * is rounded unless the function says so: an int that comes out of a sum as
 * another one is worse than an item that fails. */
#include "python_number.h"
#include "python_failed.h"

#include <math.h>

static const char inexact[] = "is not exact as a double: annotate the function "
                              "'-> int', or '-> float' to round it";
static const char too_wide[] = "does not fit into 64 bits: annotate the "
                               "function '-> float' to round it";
static const char negative[] = "is negative, and this operator takes bits of "
                               "numbers from 0 on";
static const char not_whole[] = "is no whole number, as '-> int' says that it "
                                "is";
static const char no_bits[] = "is no whole number of 64 bits, which this "
                              "operator takes";

const char *python_number_of_double(double x, char type, union ff_value *out)
{
    if (type == 'd')
        out->f64 = x;
    else if (type == 'b')
        out->u64 = x != 0; /* NaN is true, as in Python */
    else if (type == 'i' && x >= -0x1p63 && x < 0x1p63 && x == floor(x))
        out->i64 = (int64_t)x;
    else if (type == 'u' && x >= 0 && x < 0x1p64 && x == floor(x))
        out->u64 = (uint64_t)x;
    else
        return type == 'i' ? not_whole : no_bits;
    return NULL;
}

/* Of more than 53 bits, between the lowest and the highest that is set? */
static bool is_inexact(uint64_t magnitude)
{
    return magnitude >> 53 != 0
           && magnitude >> __builtin_ctzll(magnitude) >> 53 != 0;
}

const char *python_number_of_u64(uint64_t x, char type, bool round,
                                 union ff_value *out)
{
    if (type == 'd' && !round && is_inexact(x))
        return inexact;
    if (type == 'i' && x > INT64_MAX)
        return too_wide;
    if (type == 'd')
        out->f64 = (double)x;
    else
        out->u64 = type == 'b' ? x != 0 : x;
    return NULL;
}

const char *python_number_of_i64(int64_t x, char type, bool round,
                                 union ff_value *out)
{
    if (x >= 0)
        return python_number_of_u64((uint64_t)x, type, round, out);
    if (type == 'd' && !round && is_inexact(0 - (uint64_t)x))
        return inexact;
    if (type == 'u')
        return negative;
    if (type == 'd')
        out->f64 = (double)x;
    else if (type == 'i')
        out->i64 = x;
    else
        out->u64 = 1;
    return NULL;
}

/* What is wrong with an int that is wider than 64 bits; NULL: nothing, or there
 * is an exception. */
static const char *of_wide(PyObject *x, int sign, char type, bool round,
                           union ff_value *out)
{
    if (type == 'b') {
        out->u64 = 1;
        return NULL;
    }
    if (type != 'd')
        return type == 'u' && sign < 0 ? negative
               : type == 'u' ? no_bits : too_wide;
    out->f64 = PyLong_AsDouble(x);
    if (out->f64 == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return "is larger than any double";
    }
    if (round)
        return NULL;
    PyObject *back = PyLong_FromDouble(out->f64);
    const int same = back == NULL ? -1 : PyObject_RichCompareBool(x, back,
                                                                  Py_EQ);
    Py_XDECREF(back);
    return same == 0 ? inexact : NULL;
}

static const char *of_int(PyObject *x, char type, bool round,
                          union ff_value *out)
{
    int overflow;
    const long long n = PyLong_AsLongLongAndOverflow(x, &overflow);
    if (overflow == 0)
        return python_number_of_i64(n, type, round, out);
    if (overflow > 0) {
        const unsigned long long u = PyLong_AsUnsignedLongLong(x);
        if (u != (unsigned long long)-1 || !PyErr_Occurred())
            return python_number_of_u64(u, type, round, out);
        PyErr_Clear();
    }
    return of_wide(x, overflow, type, round, out);
}

static int refuse(PyObject *value, const char *wrong, const char *name)
{
    return python_fail("result '%s': %.80R %s", name, value, wrong);
}

/* By __index__, else __float__, which knows no texts. */
static int convert(PyObject *value, PyObject **out)
{
    *out = NULL;
    if (PyComplex_Check(value))
        return 0;
    if (PyIndex_Check(value))
        *out = PyNumber_Index(value);
    if (*out == NULL && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
    }
    if (*out != NULL)
        return 1;
    const double x = PyFloat_AsDouble(value);
    if (x == -1 && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
        return 0;
    }
    return (*out = PyFloat_FromDouble(x)) != NULL ? 1 : -1;
}

int python_number(PyObject *value, char type, bool round, const char *name,
                  union ff_value *out)
{
    PyObject *own = NULL, *x = value;
    const char *wrong;
    if (!PyFloat_Check(value) && !PyLong_Check(value)) {
        const int rc = convert(value, &own);
        if (rc != 1)
            return rc;
        x = own;
    }
    if (PyFloat_Check(x))
        wrong = python_number_of_double(PyFloat_AsDouble(x), type, out);
    else
        wrong = of_int(x, type, round, out);
    Py_XDECREF(own);
    return wrong != NULL ? refuse(value, wrong, name)
           : PyErr_Occurred() ? -1 : 1;
}
