/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of kernels in the cache: see cache_copy.h. Each is in a folder that is
 * called by its content: so it has a name for those who open it and for
 * addr2line, several launchers (nodes of a host, or of a home that they share)
 * may write it at once, and nothing is written that is there.
 */
#include "cache_copy.h"
#include "fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cache_copy_is(const char *path, const char content[CACHE_HASH])
{
    char hash[CACHE_HASH];
    return cache_hash_file(hash, path) == 0 && strcmp(hash, content) == 0;
}

static int join(char *out, size_t size, const char *dir, const char *name,
                struct ff_error *err)
{
    const int n = snprintf(out, size, "%s/%s", dir, name);
    return n > 0 && (size_t)n < size
               ? 0 : ff_error_set(err, FF_USAGE, "path too long: '%s'", dir);
}

/* All of it under a name that nobody else knows, then the right one. */
static int write_copy(const char *out, const char *dir, const char *folder,
                      const void *bytes, size_t n, struct ff_error *err)
{
    char scratch[CACHE_PATH], path[CACHE_PATH + 16];
    if (cache_scratch(scratch, dir, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/object", scratch);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = fd >= 0 && fd_write_all(fd, bytes, n) == 0 ? 0 : -1;
    if (fd >= 0 && close(fd) != 0)
        rc = -1;
    if (rc == 0 && mkdir(folder, 0700) != 0 && errno != EEXIST)
        rc = -1;
    if (rc == 0)
        rc = rename(path, out);
    if (rc != 0)
        ff_error_errno(err, FF_USAGE, "cannot keep the kernel in '%s'", dir);
    cache_discard(scratch);
    return rc;
}

int cache_copy(char out[CACHE_PATH], const char *dir, const char *name,
               const void *bytes, size_t n, struct ff_error *err)
{
    char folder[CACHE_PATH], hash[CACHE_HASH];
    cache_hash(hash, bytes, n);
    if (join(folder, sizeof folder, dir, hash, err) != 0
        || join(out, CACHE_PATH, folder, name, err) != 0)
        return -1;
    return cache_copy_is(out, hash)
               ? 0 : write_copy(out, dir, folder, bytes, n, err);
}

/* All of it; to be freed. NULL with errno. */
static void *read_file(const char *path, size_t *n)
{
    struct stat st;
    char *bytes = NULL;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0 && fstat(fd, &st) == 0)
        bytes = malloc((size_t)st.st_size + 1);
    *n = 0;
    while (bytes != NULL && *n < (size_t)st.st_size) {
        const ssize_t got = read(fd, bytes + *n, (size_t)st.st_size - *n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(bytes);
            bytes = NULL;
        }
        if (got <= 0)
            break; /* it has become shorter */
        *n += (size_t)got;
    }
    const int cause = errno;
    if (fd >= 0)
        close(fd);
    errno = cause;
    return bytes;
}

int cache_copy_file(char out[CACHE_PATH], const char *dir, const char *name,
                    const char *file, struct ff_error *err)
{
    size_t n;
    void *bytes = read_file(file, &n);
    if (bytes == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot read '%s'", file);
    const int rc = cache_copy(out, dir, name, bytes, n, err);
    free(bytes);
    return rc;
}
