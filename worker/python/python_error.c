/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions as texts: see python_error.h. How they read is failure.py's
 * business. When that cannot be asked, for memory is short or the exception is
 * hostile, there is the name of its type.
 */
#include "python_error.h"
#include "python_parts.h"

#include <stdio.h>
#include <string.h>

/* The exception that is set, which is no longer; a new reference, or NULL. */
static PyObject *take(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value != NULL && traceback != NULL
        && PyException_SetTraceback(value, traceback) != 0)
        PyErr_Clear();
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
}

static void copy(char *text, size_t room, PyObject *bytes)
{
    size_t n = (size_t)PyBytes_Size(bytes);
    n = n < room ? n : room - 1;
    memcpy(text, PyBytes_AsString(bytes), n);
    text[n] = '\0';
}

static void name_type(char *text, size_t room, PyObject *error)
{
    PyErr_Clear();
    PyObject *name = error != NULL ? PyType_GetName(Py_TYPE(error)) : NULL;
    const char *utf8 =
        name != NULL ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
    snprintf(text, room, "%s, which cannot be shown",
             utf8 != NULL ? utf8 : "an exception");
    PyErr_Clear();
    Py_XDECREF(name);
}

/* Ends with the bytes `told`, which may be NULL, in text. */
static void put(char *text, size_t room, PyObject *error, PyObject *told)
{
    if (told != NULL && PyBytes_Check(told) && PyBytes_Size(told) > 0)
        copy(text, room, told);
    else
        name_type(text, room, error);
    Py_XDECREF(told);
    Py_XDECREF(error);
}

void python_error_take(char *text, size_t room)
{
    PyObject *error = take();
    PyObject *part = error != NULL ? python_part("_fanfold_failure") : NULL;
    put(text, room, error,
        part == NULL ? NULL
            : PyObject_CallMethod(part, "text_of", "On", error,
                                  (Py_ssize_t)room - 1));
}

int python_error_open(const struct python_request *request,
                      struct ff_error *err)
{
    char text[sizeof err->text];
    PyObject *error = take();
    PyObject *part = error != NULL ? python_part("_fanfold_failure") : NULL;
    put(text, sizeof text, error,
        part == NULL ? NULL
            : PyObject_CallMethod(part, "opening_text", "Osn", error,
                                  request->name,
                                  (Py_ssize_t)sizeof text - 1));
    return ff_error_set(err, FF_USAGE, "%s", text);
}
