/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions as texts: see python_error.h. */
#include "python_error.h"

#include <stdio.h>

void python_error_take(char *text, size_t room)
{
    PyObject *type, *value, *traceback;
    Py_ssize_t n;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *told = value != NULL ? PyObject_Str(value) : NULL;
    const char *utf8 = told != NULL ? PyUnicode_AsUTF8AndSize(told, &n) : NULL;
    snprintf(text, room, "%s", utf8 != NULL ? utf8 : "exception");
    PyErr_Clear();
    Py_XDECREF(told);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

int python_error_open(const struct python_request *request,
                      struct ff_error *err)
{
    char text[sizeof err->text / 2];
    python_error_take(text, sizeof text);
    return ff_error_set(err, FF_USAGE, "cannot open kernel '%s': %s",
                        request->name, text);
}
