/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, whole: see line_writer.h. Descriptors are pipes to the launcher, or
 * with --serial the user's; as many bytes as a pipe takes at once are written
 * only when it has room, so that we never wait in a write. */
#include "line_writer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_BYTES 65536u
#define WAIT_MS 20

static void flush(struct line_writer *w)
{
    const char *data = w->out;
    size_t n = w->n_out;
    w->n_out = 0;
    while (n > 0) {
        struct pollfd on = {.fd = w->fd, .events = POLLOUT};
        const int ready = poll(&on, 1, WAIT_MS);
        if (ready <= 0) {
            w->tick(w->arg);
            continue;
        }
        const ssize_t sent = write(w->fd, data, n < PIPE_BUF ? n : PIPE_BUF);
        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return; /* nobody reads it any more */
        if (sent > 0) {
            data += sent;
            n -= (size_t)sent;
        }
    }
}

static void put(struct line_writer *w, const char *data, size_t n)
{
    while (n > 0) {
        const size_t room = LINE_BYTES - w->n_out, part = n < room ? n : room;
        memcpy(w->out + w->n_out, data, part);
        w->n_out += part;
        data += part;
        n -= part;
        if (w->n_out == LINE_BYTES)
            flush(w);
    }
}

/* The buffer, with the tag at the start of a line. */
static void put_part(struct line_writer *w, bool whole)
{
    if (!w->inside)
        put(w, w->tag.at, w->tag.n);
    put(w, w->part, w->n);
    w->inside = !whole;
    w->n = 0;
}

void line_writer_add(struct line_writer *w, const char *data, size_t n)
{
    if (w->part == NULL)
        w->part = malloc(2 * LINE_BYTES);
    if (w->part == NULL)
        return;
    w->out = w->part + LINE_BYTES;
    while (n > 0) {
        const char *end = memchr(data, '\n', n);
        const size_t line = end != NULL ? (size_t)(end - data) + 1 : n;
        const size_t room = LINE_BYTES - w->n;
        const size_t part = line < room ? line : room;
        memcpy(w->part + w->n, data, part);
        w->n += part;
        data += part;
        n -= part;
        if ((end != NULL && part == line) || w->n == LINE_BYTES)
            put_part(w, end != NULL && part == line);
    }
    flush(w);
}

void line_writer_end(struct line_writer *w)
{
    if (w->n > 0)
        put_part(w, false);
    flush(w);
    w->inside = false;
}

void line_writer_release(struct line_writer *w)
{
    free(w->part);
    w->part = NULL;
}
