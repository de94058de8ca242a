/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are kept in the cache by what is in them: one has a path for as
 * long as anybody may want to open it, and nobody changes it. */
#ifndef FANFOLD_LAUNCHER_CACHE_COPY_H
#define FANFOLD_LAUNCHER_CACHE_COPY_H

#include "cache.h"

/* Has this file the content of this hash (cache_hash)? */
bool cache_copy_is(const char *path, const char hash[CACHE_HASH]);

/* Keeps n bytes as dir/HASH/name, unless they are there; the path goes to out.
 * dir: the cache's. FF_USAGE when that cannot be written. */
int cache_copy(char out[CACHE_PATH], const char *dir, const char *name,
               const void *bytes, size_t n, struct ff_error *err);

/* The same of a file's content. */
int cache_copy_file(char out[CACHE_PATH], const char *dir, const char *name,
                    const char *file, struct ff_error *err);

#endif
