/* SPDX-License-Identifier: Apache-2.0 */
/* Error text as a value: see error.h. */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0)))
static void set(struct ff_error *err, int status, const char *format,
                va_list args)
{
    if (err == NULL)
        return;
    err->status = status;
    vsnprintf(err->text, sizeof err->text, format, args);
}

int ff_error_set(struct ff_error *err, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(err, status, format, args);
    va_end(args);
    return -1;
}

int ff_error_errno(struct ff_error *err, int status, const char *format, ...)
{
    const int cause = errno;
    va_list args;
    va_start(args, format);
    set(err, status, format, args);
    va_end(args);
    if (err != NULL) {
        const size_t n = strlen(err->text);
        snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(cause));
    }
    errno = cause;
    return -1;
}
