/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel prints, chunk by chunk: see capture.h. The file is in TMPDIR,
 * without a name, so that a flood fills a disk and not the memory; where there
 * is no such file it is in memory. */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(void)
{
    const char *folder = getenv("TMPDIR");
    const int fd = open(folder != NULL && *folder != '\0' ? folder : "/tmp",
                        O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    return fd >= 0 ? fd : memfd_create("fanfold-printed", MFD_CLOEXEC);
}

int capture_begin(struct capture *capture, struct ff_error *err)
{
    fflush(stdout);
    clearerr(stdout); /* what went wrong before is not a chunk's */
    capture->before = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    const int fd = open_file();
    capture->file = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    /* Whoever prints, children of the kernel as well, prints to the end. */
    if (capture->file < 0 || fcntl(fd, F_SETFL, O_APPEND) != 0
        || dup2(fd, STDOUT_FILENO) < 0)
        return ff_error_errno(err, FF_LOST, "cannot keep the order of what "
                              "kernels print");
    close(fd);
    return 0;
}

static int is_same(int a, int b, off_t *size)
{
    struct stat x, y;
    if (fstat(a, &x) != 0 || fstat(b, &y) != 0)
        return 0;
    *size = x.st_size;
    return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* All that the kernel has printed into the file. When some did not go in (the
 * disk is full) -1, and nothing of it is left for the next chunk. */
static int flush_printed(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    __fpurge(stdout);
    clearerr(stdout);
    return -1;
}

int capture_take(struct capture *capture,
                 void (*take)(void *arg, const void *data, size_t n),
                 void *arg)
{
    char part[16384];
    off_t size = 0;
    if (capture->file < 0)
        return 0;
    int rc = flush_printed();
    if (!is_same(capture->file, STDOUT_FILENO, &size))
        return 0;
    for (off_t at = 0; at < size;) {
        const ssize_t n = pread(capture->file, part, sizeof part, at);
        if (n <= 0) {
            rc = -1;
            break;
        }
        take(arg, part, (size_t)n);
        at += n;
    }
    if (size > 0 && ftruncate(capture->file, 0) != 0) {
        /* Its own file, open for writing: cannot fail. */
    }
    return rc;
}

static void write_before(void *arg, const void *data, size_t n)
{
    const struct capture *capture = arg;
    if (write(capture->before, data, n) < 0) {
        /* Nobody reads it. */
    }
}

void capture_end(struct capture *capture)
{
    if (capture->file < 0)
        return;
    capture_take(capture, write_before, capture); /* not of any chunk */
    dup2(capture->before, STDOUT_FILENO);
    close(capture->before);
    close(capture->file);
    capture->file = capture->before = -1;
}
