/* SPDX-License-Identifier: Apache-2.0 */
/* Standard input of commands: see stdin_feed.h. A reader that ends early is no error;
 * SIGPIPE is blocked in this process (attempt.c). */
#include "stdin_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define PIPE_BYTES 1048576 /* what a user may ask for without privilege */
#define SMALL 65536u       /* fits into any pipe */
#define TURNS 64           /* then the caller looks at other things, too */

static int open_pipe(struct feed *f, uint64_t n, struct ff_error *err)
{
    int end[2];
    *f = FEED_NONE;
    if (pipe2(end, O_CLOEXEC) != 0)
        return ff_error_errno(err, FF_LOST, "cannot open a pipe to a command");
    f->reader = end[0];
    f->writer = end[1];
    fcntl(f->writer, F_SETFL, O_NONBLOCK);
    if (n > SMALL)
        fcntl(f->writer, F_SETPIPE_SZ, PIPE_BYTES); /* or as it is */
    return 0;
}

int feed_text(struct feed *f, const char *text, size_t n, struct ff_error *err)
{
    if (open_pipe(f, n, err) != 0)
        return -1;
    f->text = text;
    f->n = n;
    feed_push(f);
    return 0;
}

int feed_file(struct feed *f, int file, uint64_t at, uint64_t n,
              struct ff_error *err)
{
    if (open_pipe(f, n, err) != 0)
        return -1;
    f->file = file;
    f->at = at;
    f->left = n;
    feed_push(f);
    return 0;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void feed_started(struct feed *f)
{
    close_end(&f->reader);
}

void feed_close(struct feed *f)
{
    close_end(&f->reader);
    close_end(&f->writer);
}

/* Bytes that went; 0: the end of the file came early; -1 with errno. */
static ssize_t push_some(struct feed *f)
{
    if (f->file >= 0) {
        off_t at = (off_t)f->at;
        const size_t n = f->left < PIPE_BYTES ? f->left : PIPE_BYTES;
        const ssize_t sent = sendfile(f->writer, f->file, &at, n);
        if (sent > 0) {
            f->at += (uint64_t)sent;
            f->left -= (uint64_t)sent;
        }
        return sent;
    }
    const ssize_t sent = write(f->writer, f->text, f->n);
    if (sent > 0) {
        f->text += sent;
        f->n -= (size_t)sent;
    }
    return sent;
}

void feed_push(struct feed *f)
{
    for (int turn = 0; f->n > 0 || f->left > 0; turn++) {
        if (f->writer < 0 || turn == TURNS)
            return;
        const ssize_t n = push_some(f);
        if (n > 0) {
            f->sent += (uint64_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        f->failed = n == 0 ? ENODATA : errno == EPIPE ? 0 : errno;
        break;
    }
    close_end(&f->writer);
}
