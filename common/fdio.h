/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes. */
#ifndef FANFOLD_COMMON_FDIO_H
#define FANFOLD_COMMON_FDIO_H

#include <stddef.h>
#include <stdint.h>

/* Writes all n bytes: 0, or -1 with errno. */
int fd_write_all(int fd, const void *bytes, size_t n);

/* Reads n bytes: 1; 0 at the end of the file before the first byte; -1 with
 * errno (EBADMSG: the file ends in the middle). */
int fd_read_all(int fd, void *bytes, size_t n);

/* Reads n bytes from there: 0, or -1 with errno (EIO: the file has fewer). */
int fd_read_at(int fd, void *bytes, size_t n, uint64_t at);

#endif
