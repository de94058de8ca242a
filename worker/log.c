/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that kernels log: see log.h. */
#include "log.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static size_t write_head(const struct ff *ff, char *line, size_t room)
{
    int n;
    if (ff->threads > 1)
        n = snprintf(line, room, "fanfold: worker %" PRIu32 " thread %" PRIu32
                     ": ", ff->rank, ff->thread);
    else
        n = snprintf(line, room, "fanfold: worker %" PRIu32 ": ", ff->rank);
    return (size_t)n;
}

void log_line(const struct ff *ff, const char *format, va_list args)
{
    char line[PIPE_BUF];
    size_t n = write_head(ff, line, sizeof line);
    const size_t room = sizeof line - n;
    const int length = vsnprintf(line + n, room, format, args);
    if (length < 0)
        return;
    n += (size_t)length < room ? (size_t)length : room - 1;
    while (n > 0 && line[n - 1] == '\n')
        n--;
    for (size_t i = 0; i < n; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, n) < 0) {
        /* Nobody reads it. */
    }
}
