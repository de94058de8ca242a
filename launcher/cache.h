/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of compiled kernels: one directory of the user.
 *
 *   KEY.deps       the object for a key, its hash, and the hash of each file
 *                  that the compiler read besides the source
 *   OBJECT.so      named by what went into it, key and those files
 *   OBJECT.said    what the compiler said of it, if it said something
 *   tmp.XXXXXX/    where one launcher compiles; what is finished is renamed
 *                  into place, so parallel launchers do not disturb each other
 */
#ifndef FANFOLD_LAUNCHER_CACHE_H
#define FANFOLD_LAUNCHER_CACHE_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define CACHE_PATH 4096
#define CACHE_HASH 33 /* 128 bits in hexadecimal */

/* Fills dir with the cache's directory, made if need be: fanfold in
 * $XDG_CACHE_HOME or ~/.cache, or (no home of our own) fanfold-UID in $TMPDIR
 * or /tmp. FF_UNSAFE when another user owns or can write it, FF_USAGE when it
 * cannot be made. */
int cache_open(char dir[CACHE_PATH], struct ff_error *err);

/* 128 bits of hash of n bytes. */
void cache_hash(char out[CACHE_HASH], const void *bytes, size_t n);

/* The same of a file; -1 with errno. */
int cache_hash_file(char out[CACHE_HASH], const char *path);

/* The object for key, whole and with unchanged dependencies: true and its
 * path. source_dir: where the source is, "" or with a slash at its end. */
bool cache_find(char object[CACHE_PATH], const char *dir, const char *key,
                const char *source_dir);

/* A new directory for one compilation; removed by cache_discard. */
int cache_scratch(char out[CACHE_PATH], const char *dir, struct ff_error *err);
void cache_discard(const char *scratch);

/* What the compiler said (NULL or "": nothing), to be kept with the object. */
int cache_add_messages(const char *scratch, const char *text,
                       struct ff_error *err);

/* The same of an object that is kept, without colours: to be freed; NULL when
 * nothing was said. */
char *cache_messages(const char *object);

/* Keeps scratch/object, whose dependencies stand in scratch/deps as a rule for
 * make. Files that changed since `started` (CLOCK_REALTIME_COARSE) may not be
 * what the compiler saw: they never match. The path of the object goes to
 * object. */
int cache_keep(char object[CACHE_PATH], const char *dir, const char *key,
               const char *source_dir, const char *scratch,
               struct timespec started, struct ff_error *err);

/* Is there no room on its disk? */
bool cache_full(const char *dir);

#endif
