/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an output goes: see sink.h.
 *
 * Standard output is shared with whoever started us, so it must not be made
 * non-blocking. A pipe or terminal is opened once more for ourselves, through
 * /proc. Where that is not allowed we poll, and write no more than a pipe that
 * polls writable has room for.
 */
#include "sink.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_PART 1048576u /* a large write would keep us from other work */

/* How it must be written. */
static void look_at(struct sink *sink)
{
    char path[64];
    struct stat st;
    if (fstat(sink->fd, &st) != 0 || S_ISREG(st.st_mode))
        return;
    sink->socket = S_ISSOCK(st.st_mode);
    if (sink->socket)
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", sink->fd);
    const int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        sink->poll_first = true;
        return;
    }
    if (sink->ours)
        close(sink->fd);
    sink->fd = fd;
    sink->ours = true;
}

/* As it is: sink_empty follows. make: O_CREAT when a link may lead to where
 * nothing is yet, else 0. Of a FIFO that nobody reads yet: ENXIO. */
static int open_existing(const char *path, int make)
{
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    const int fd = open(path, flags | O_NOFOLLOW);
    if (fd < 0 && errno == ELOOP && trust_link(path))
        return open(path, flags | make, 0666);
    return fd;
}

static bool is_fifo(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

int sink_open_file(struct sink *sink, const char *path, const char *option,
                   struct ff_error *err)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY;
    *sink = (struct sink){.fd = -1};
    if (trust_output(path, option, err) != 0)
        return -1;
    *sink = (struct sink){.fd = open(path, flags, 0666), .ours = true,
                          .path = path};
    sink->made = sink->fd >= 0;
    if (sink->fd < 0 && errno == EEXIST)
        sink->fd = open_existing(path, O_CREAT);
    sink->unread = sink->fd < 0 && errno == ENXIO && is_fifo(path);
    if (sink->fd < 0 && !sink->unread)
        return ff_error_errno(err, FF_USAGE, "cannot write '%s' (%s)", path,
                              option);
    snprintf(sink->name, sizeof sink->name, "'%s'", path);
    if (!sink->unread)
        look_at(sink);
    return 0;
}

bool sink_is_file(const struct sink *sink)
{
    struct stat st;
    return sink->fd >= 0 && sink->path != NULL && fstat(sink->fd, &st) == 0
           && S_ISREG(st.st_mode);
}

static int changed(const char *path, uint64_t bytes, const char *what,
                   struct ff_error *err)
{
    return ff_error_set(err, FF_CHANGED, "the run has written %" PRIu64
                        " bytes to '%s', %s: put the file back, or begin the "
                        "run anew (another --store)", bytes, path, what);
}

int sink_open_kept(struct sink *sink, const char *path, const char *option,
                   uint64_t bytes, struct ff_error *err)
{
    struct stat st;
    if (bytes == 0)
        return sink_open_file(sink, path, option, err);
    *sink = (struct sink){.fd = -1};
    if (trust_output(path, option, err) != 0)
        return -1;
    *sink = (struct sink){.fd = open_existing(path, 0), .ours = true,
                          .path = path, .bytes = bytes};
    if (sink->fd < 0 && errno == ENOENT)
        return changed(path, bytes, "which is gone", err);
    sink->unread = sink->fd < 0 && errno == ENXIO && is_fifo(path);
    if (sink->fd < 0 && !sink->unread)
        return ff_error_errno(err, FF_USAGE, "cannot write '%s' (%s)", path,
                              option);
    if (sink_is_file(sink) && fstat(sink->fd, &st) == 0
        && (uint64_t)st.st_size < bytes) {
        sink_close(sink, NULL);
        return changed(path, bytes, "which is shorter now", err);
    }
    snprintf(sink->name, sizeof sink->name, "'%s'", path);
    if (!sink->unread)
        look_at(sink);
    return 0;
}

int sink_sync(const struct sink *sink, struct ff_error *err)
{
    if (!sink_is_file(sink) || fdatasync(sink->fd) == 0)
        return 0;
    return ff_error_errno(err, FF_UNWRITTEN, "cannot write to %s", sink->name);
}

int sink_has_reader(struct sink *sink, struct ff_error *err)
{
    if (!sink->unread)
        return 1;
    sink->fd = open_existing(sink->path, O_CREAT);
    if (sink->fd < 0 && errno == ENXIO)
        return 0;
    if (sink->fd < 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write to %s",
                              sink->name);
    sink->unread = false;
    return 1;
}

int sink_empty(struct sink *sink, struct ff_error *err)
{
    if (sink->made || !sink_is_file(sink)
        || (ftruncate(sink->fd, (off_t)sink->bytes) == 0
            && lseek(sink->fd, (off_t)sink->bytes, SEEK_SET) >= 0))
        return 0;
    return ff_error_errno(err, FF_UNWRITTEN, "cannot write to %s", sink->name);
}

void sink_cancel(struct sink *sink)
{
    if (sink->made)
        unlink(sink->path);
    sink_close(sink, NULL);
}

int sink_open_stream(struct sink *sink, int fd, struct ff_error *err)
{
    const char *name = fd == STDOUT_FILENO ? "standard output"
                                           : "standard error";
    *sink = (struct sink){.fd = fd};
    if (fcntl(fd, F_GETFD) < 0) {
        sink->fd = -1;
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write to %s", name);
    }
    snprintf(sink->name, sizeof sink->name, "%s", name);
    look_at(sink);
    return 0;
}

static ssize_t write_once(const struct sink *sink, const void *data, size_t n)
{
    struct pollfd on = {.fd = sink->fd, .events = POLLOUT};
    if (sink->socket)
        return send(sink->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!sink->poll_first)
        return write(sink->fd, data, n < FILE_PART ? n : FILE_PART);
    if (poll(&on, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(sink->fd, data, n < PIPE_BUF ? n : PIPE_BUF);
}

long sink_write(struct sink *sink, const void *data, size_t n,
                struct ff_error *err)
{
    const ssize_t done = write_once(sink, data, n);
    if (done < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (done < 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write to %s",
                              sink->name);
    sink->bytes += (uint64_t)done;
    return done;
}

int sink_close(struct sink *sink, struct ff_error *err)
{
    const int fd = sink->fd;
    sink->fd = -1;
    if (fd < 0 || !sink->ours || close(fd) == 0 || errno == EINTR)
        return 0;
    return ff_error_errno(err, FF_UNWRITTEN, "cannot write to %s", sink->name);
}
