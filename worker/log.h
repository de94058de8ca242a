/* SPDX-License-Identifier: Apache-2.0 */
/* ff_log. */
#ifndef FANFOLD_WORKER_LOG_H
#define FANFOLD_WORKER_LOG_H

#include <fanfold.h>
#include <stdarg.h>

/* Writes "fanfold: worker 2: TEXT" to standard error, in one write of a length
 * that a pipe takes as a whole. Longer texts are cut, line ends become
 * blanks. */
void log_line(const struct ff *ff, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
