/* SPDX-License-Identifier: Apache-2.0 */
/* The exception fanfold.Failed: see python_failed.h. */
#include "python_failed.h"

#include <stdarg.h>

PyObject *python_failed(void)
{
    static PyObject *type;
    if (type == NULL)
        type = PyErr_NewExceptionWithDoc(
            "fanfold.Failed", "The item cannot be done; the text says why.",
            NULL, NULL);
    return type;
}

int python_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (python_failed() != NULL)
        PyErr_FormatV(python_failed(), format, args);
    va_end(args);
    return -1;
}
