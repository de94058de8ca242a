/* SPDX-License-Identifier: Apache-2.0 */
/* What kernels print: see output.h. */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct output *output_create(int fd, FILE *to, bool tag, uint32_t rank)
{
    struct output *o = malloc(sizeof *o);
    if (o == NULL)
        return NULL;
    o->fd = fd;
    o->to = to;
    o->tag = tag;
    o->rank = rank;
    o->n = 0;
    o->middle = false;
    return o;
}

static void write_part(struct output *o, const char *p, size_t n, bool ends)
{
    if (o->tag && !o->middle)
        fprintf(o->to, "[%u] ", o->rank);
    fwrite(p, 1, n, o->to);
    o->middle = !ends;
}

/* Writes the whole lines of the buffer, or all of a full one. */
static void write_lines(struct output *o)
{
    char *p = o->text;
    size_t left = o->n;
    for (;;) {
        const char *end = memchr(p, '\n', left);
        if (end == NULL)
            break;
        const size_t n = (size_t)(end - p) + 1;
        write_part(o, p, n, true);
        p += n;
        left -= n;
    }
    if (left == OUTPUT_BYTES) {
        write_part(o, p, left, false);
        left = 0;
    }
    memmove(o->text, p, left);
    o->n = left;
}

/* Once: 1 something came, 0 nothing now, -1 the end. */
static int read_once(struct output *o)
{
    const ssize_t n = read(o->fd, o->text + o->n, OUTPUT_BYTES - o->n);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (n == 0)
        return -1;
    o->n += (size_t)n;
    write_lines(o);
    return 1;
}

bool output_forward(struct output *o)
{
    int rc = 0;
    for (int i = 0; i < 4 && (rc = read_once(o)) > 0; i++)
        continue;
    fflush(o->to);
    return rc >= 0;
}

void output_finish(struct output *o)
{
    while (read_once(o) > 0)
        continue;
    if (o->n > 0)
        write_part(o, o->text, o->n, false);
    if (o->middle)
        fputc('\n', o->to); /* what comes next is a line of its own */
    o->middle = false;
    o->n = 0;
    fflush(o->to);
}

void output_destroy(struct output *o)
{
    if (o == NULL)
        return;
    close(o->fd);
    free(o);
}
