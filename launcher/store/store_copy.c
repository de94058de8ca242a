/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of a store that is written: see store_copy.h. */
#include "store_copy.h"
#include "clock.h"
#include "fdio.h"
#include "scratch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES 32          /* of a log; the salts are in it */
#define AT_ONCE (256 * 1024)
#define GIVE_UP_NS UINT64_C(5000000000)

struct original {
    char file[PATH_MAX], log[PATH_MAX + 16], journal[PATH_MAX + 16];
    int fd;
    int log_fd;                /* -1: there was none */
    unsigned char head[HEAD_BYTES];
    bool has_log;
    char *buffer, *other;      /* AT_ONCE each */
};

static int open_to_read(const char *path)
{
    return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

/* What of it could be read: fewer than n at its end; -1. */
static ssize_t read_most(int fd, char *to, size_t n, off_t at)
{
    size_t have = 0;
    while (have < n) {
        const ssize_t got = pread(fd, to + have, n - have, at + (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

static int copy_file(const struct original *o, int from, const char *to)
{
    const int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
                                | O_CLOEXEC, 0600);
    ssize_t n = fd < 0 ? -1 : 1;
    for (off_t at = 0; n > 0; at += n) {
        n = read_most(from, o->buffer, AT_ONCE, at);
        if (n > 0 && fd_write_all(fd, o->buffer, (size_t)n) != 0)
            n = -1;
    }
    const int cause = errno;
    if (fd >= 0 && close(fd) != 0 && n == 0)
        return -1;
    errno = cause;
    return n < 0 ? -1 : 0;
}

/* Is the file as this copy of it? 1, 0; -1 with errno. */
static int is_equal(const struct original *o, const char *copy)
{
    const int fd = open_to_read(copy);
    int rc = fd < 0 ? -1 : 1;
    for (off_t at = 0; rc > 0; at += AT_ONCE) {
        const ssize_t n = read_most(o->fd, o->buffer, AT_ONCE, at),
            m = read_most(fd, o->other, AT_ONCE, at);
        if (n < 0 || m < 0)
            rc = -1;
        else if (n != m || memcmp(o->buffer, o->other, (size_t)n) != 0)
            rc = 0;
        else if (n == 0)
            break;
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The head of the log that has the name now. */
static int look_at_log(struct original *o)
{
    if (o->log_fd >= 0)
        close(o->log_fd);
    o->log_fd = open_to_read(o->log);
    o->has_log = false;
    if (o->log_fd < 0)
        return errno == ENOENT ? 0 : -1;
    const ssize_t n = read_most(o->log_fd, (char *)o->head, HEAD_BYTES, 0);
    o->has_log = n == HEAD_BYTES;
    return n < 0 ? -1 : 0;
}

static bool is_same_log(const struct original *o)
{
    char head[HEAD_BYTES];
    struct stat now, ours;
    return stat(o->log, &now) == 0 && fstat(o->log_fd, &ours) == 0
           && now.st_dev == ours.st_dev && now.st_ino == ours.st_ino
           && read_most(o->log_fd, head, HEAD_BYTES, 0) == HEAD_BYTES
           && memcmp(head, o->head, HEAD_BYTES) == 0;
}

/* 1: of one moment; 0: not; -1 with errno. */
static int copy_once(struct original *o, const char *folder)
{
    char file[PATH_MAX + 32], log[PATH_MAX + 32];
    snprintf(file, sizeof file, "%s/store", folder);
    snprintf(log, sizeof log, "%s/store-wal", folder);
    unlink(log);
    if (look_at_log(o) != 0 || copy_file(o, o->fd, file) != 0)
        return -1;
    if (o->has_log) {
        if (copy_file(o, o->log_fd, log) != 0)
            return -1;
        return is_same_log(o);
    }
    if (look_at_log(o) != 0)
        return -1;
    return o->has_log ? 0 : is_equal(o, file);
}

static int copy_journal(const struct original *o, const char *folder)
{
    char journal[PATH_MAX + 32];
    const int fd = open_to_read(o->journal);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    snprintf(journal, sizeof journal, "%s/store-journal", folder);
    const int rc = copy_file(o, fd, journal);
    close(fd);
    return rc;
}

void store_copy_forget(const char *folder)
{
    static const char *const names[] = {"store", "store-wal",
                                        "store-journal"};
    char name[PATH_MAX + 32];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        unlink(name);
    }
    rmdir(folder);
}

static int make_folder(char folder[PATH_MAX])
{
    char name[PATH_MAX];
    if (snprintf(name, sizeof name, "%s/fanfold-store-XXXXXX",
                 scratch_folder()) >= PATH_MAX - 32) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (mkdtemp(name) == NULL)
        return -1;
    if (realpath(name, folder) != NULL)
        return 0;
    rmdir(name);
    return -1;
}

static int copy(struct original *o, const char *shown, const char *folder,
                struct ff_error *err)
{
    const uint64_t begun = clock_ns();
    int rc;
    do
        rc = copy_once(o, folder);
    while (rc == 0 && clock_ns() - begun < GIVE_UP_NS);
    if (rc == 0)
        return ff_error_set(err, FF_HELD, "the store '%s' is being written, "
                            "too fast to be read: try again", shown);
    if (rc < 0 || copy_journal(o, folder) != 0)
        return ff_error_errno(err, FF_USAGE, "cannot copy the store '%s' to "
                              "'%s' for reading", shown, scratch_folder());
    return 0;
}

int store_copy(const char *path, const char *shown, char folder[PATH_MAX],
               struct ff_error *err)
{
    struct original o = {.fd = -1, .log_fd = -1};
    snprintf(o.file, sizeof o.file, "%s", path);
    snprintf(o.log, sizeof o.log, "%s-wal", path);
    snprintf(o.journal, sizeof o.journal, "%s-journal", path);
    o.buffer = malloc(2 * AT_ONCE);
    o.other = o.buffer != NULL ? o.buffer + AT_ONCE : NULL;
    o.fd = open_to_read(path);
    int rc = -1;
    if (o.buffer == NULL || o.fd < 0 || make_folder(folder) != 0)
        ff_error_errno(err, FF_USAGE, "cannot copy the store '%s' to '%s' for "
                       "reading", shown, scratch_folder());
    else if ((rc = copy(&o, shown, folder, err)) != 0)
        store_copy_forget(folder);
    if (o.fd >= 0)
        close(o.fd);
    if (o.log_fd >= 0)
        close(o.log_fd);
    free(o.buffer);
    return rc;
}
