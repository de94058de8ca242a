/* SPDX-License-Identifier: Apache-2.0 */
/* What kernels print: see output.h. */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FILLING_BYTES 16384 /* of 64 KiB */

struct output *output_create(int fd, FILE *to, bool tag, bool stamp,
                             uint32_t rank)
{
    struct output *o = malloc(sizeof *o);
    if (o == NULL)
        return NULL;
    o->fd = fd;
    o->to = to;
    o->tag = tag;
    o->stamp = stamp;
    o->rank = rank;
    o->n = 0;
    o->error = 0;
    o->middle = o->ended = false;
    return o;
}

const char *output_stamp(char out[OUTPUT_STAMP])
{
    struct timespec now;
    struct tm t;
    char text[24];
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &t);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &t);
    snprintf(out, OUTPUT_STAMP, "%s.%03ld ", text, now.tv_nsec / 1000000);
    return out;
}

/* Right after what may have failed. */
static void note_error(struct output *o)
{
    if (o->error == 0 && ferror(o->to))
        o->error = errno;
}

static void write_part(struct output *o, const char *p, size_t n, bool ends)
{
    char stamp[OUTPUT_STAMP];
    if (o->stamp && !o->middle)
        fputs(output_stamp(stamp), o->to);
    if (o->tag && !o->middle)
        fprintf(o->to, "[%u] ", o->rank);
    fwrite(p, 1, n, o->to);
    note_error(o);
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

bool output_can_write(const struct output *o)
{
    struct pollfd on = {.fd = fileno(o->to), .events = POLLOUT};
    return poll(&on, 1, 0) != 0;
}

bool output_is_filling(const struct output *o)
{
    int n = 0;
    return ioctl(o->fd, FIONREAD, &n) != 0 || n > FILLING_BYTES;
}

/* Once: how many bytes came; 0 nothing now or the end. */
static size_t read_once(struct output *o)
{
    const ssize_t n = read(o->fd, o->text + o->n, OUTPUT_BYTES - o->n);
    if (n <= 0) {
        o->ended = n == 0 || (errno != EAGAIN && errno != EINTR);
        return 0;
    }
    o->n += (size_t)n;
    write_lines(o);
    return (size_t)n;
}

bool output_forward(struct output *o)
{
    if (read_once(o) > 0) {
        fflush(o->to);
        note_error(o);
    }
    return !o->ended;
}

void output_finish(struct output *o)
{
    int left = 0;
    if (ioctl(o->fd, FIONREAD, &left) != 0)
        left = 0;
    for (size_t n; left > 0 && (n = read_once(o)) > 0;)
        left -= (int)n;
    if (o->n > 0)
        write_part(o, o->text, o->n, false);
    if (o->middle)
        fputc('\n', o->to); /* what comes next is a line of its own */
    o->middle = false;
    o->n = 0;
    fflush(o->to);
    note_error(o);
}

void output_destroy(struct output *o)
{
    if (o == NULL)
        return;
    close(o->fd);
    free(o);
}
