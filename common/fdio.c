/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes: see fdio.h. */
#include "fdio.h"

#include <errno.h>
#include <unistd.h>

int fd_write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        const ssize_t k = write(fd, p, n);
        if (k < 0 && errno != EINTR)
            return -1;
        if (k > 0) {
            p += k;
            n -= (size_t)k;
        }
    }
    return 0;
}

int fd_read_all(int fd, void *bytes, size_t n)
{
    char *p = bytes;
    const size_t all = n;
    while (n > 0) {
        const ssize_t k = read(fd, p, n);
        if (k < 0 && errno != EINTR)
            return -1;
        if (k == 0) {
            if (n == all)
                return 0;
            errno = EBADMSG;
            return -1;
        }
        if (k > 0) {
            p += k;
            n -= (size_t)k;
        }
    }
    return 1;
}

int fd_read_at(int fd, void *bytes, size_t n, uint64_t at)
{
    unsigned char *to = bytes;
    while (n > 0) {
        const ssize_t done = pread(fd, to, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO;
        if (done <= 0)
            return -1;
        to += done;
        n -= (size_t)done;
        at += (uint64_t)done;
    }
    return 0;
}
