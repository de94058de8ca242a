/* SPDX-License-Identifier: Apache-2.0 */
/* Two streams in one order: see printer.h. */
#include "printer.h"

#include <stdlib.h>
#include <unistd.h>

int printer_open(struct printer *p, bool to_stderr, struct ff_error *err)
{
    *p = (struct printer){.sink = {{.fd = -1}, {.fd = -1}}};
    p->bytes = malloc(PRINTER_BYTES);
    if (p->bytes == NULL)
        return ff_error_errno(err, FF_LOST, "cannot write what is printed");
    const int out = to_stderr ? STDERR_FILENO : STDOUT_FILENO;
    if (sink_open_stream(&p->sink[PRINTER_STDOUT], out, err) != 0
        || sink_open_stream(&p->sink[PRINTER_STDERR], STDERR_FILENO, err) != 0)
        return -1;
    return 0;
}

void printer_release(struct printer *p)
{
    for (int i = 0; p->bytes != NULL && i < PRINTER_N_STREAMS; i++)
        sink_close(&p->sink[i], NULL);
    free(p->bytes);
    *p = (struct printer){.bytes = NULL};
}

int printer_flush(struct printer *p, struct ff_error *err)
{
    p->blocked = false;
    while (p->at < p->n) {
        const long done = sink_write(&p->sink[p->to], p->bytes + p->at,
                                     p->n - p->at, err);
        if (done < 0)
            return -1;
        p->blocked = done == 0;
        if (p->blocked)
            return 0;
        p->at += (size_t)done;
        p->middle = p->bytes[p->at - 1] != '\n';
    }
    p->at = p->n = 0;
    return 1;
}

int printer_room(struct printer *p, enum printer_stream to, char **at,
                 size_t *n, struct ff_error *err)
{
    if (p->n + PRINTER_LEAST > PRINTER_BYTES || (p->n > 0 && p->to != to)) {
        const int rc = printer_flush(p, err);
        if (rc <= 0)
            return rc;
    }
    p->to = to;
    *at = p->bytes + p->n;
    *n = PRINTER_BYTES - p->n;
    return 1;
}

void printer_put(struct printer *p, size_t n)
{
    p->n += n;
}
