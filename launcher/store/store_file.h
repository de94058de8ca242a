/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a store, before SQLite looks at it: where it is, whose it is, and
 * whether another process has it. What is opened here is closed again: a lock
 * that this process has of the same file would be gone. */
#ifndef FANFOLD_LAUNCHER_STORE_FILE_H
#define FANFOLD_LAUNCHER_STORE_FILE_H

#include "error.h"

#include <limits.h>
#include <stdbool.h>

/* Makes an empty one, mode 0600; its folder remembers it. The absolute path,
 * without links. FF_USAGE (there is one), FF_UNSAFE, FF_UNWRITTEN. */
int store_file_make(const char *path, char absolute[PATH_MAX],
                    struct ff_error *err);

/* One that is there. FF_USAGE, FF_UNSAFE; write: FF_UNWRITTEN. */
int store_file_find(const char *path, bool write, char absolute[PATH_MAX],
                    struct ff_error *err);

/* Does it begin as a store does, whatever became of the rest? */
bool store_file_has_magic(const char *path);

/* The file and what stands beside it are removed. */
void store_file_remove(const char *absolute);

/* The folder of the file remembers what is in it. -1 with errno. */
int store_file_sync_folder(const char *absolute);

/* May it be read as it is? Our lock of it then is *fd, to be closed, and keeps
 * writers off; in the others *fd may be -1. */
enum store_file_state {
    STORE_FILE_QUIET,        /* yes */
    STORE_FILE_LEFT,         /* somebody did not come to its end: there is a log
                                or a journal */
    STORE_FILE_HELD,         /* it is being written, with a log */
    STORE_FILE_HELD_JOURNAL, /* ... without */
    STORE_FILE_ERROR         /* errno */
};
enum store_file_state store_file_lock(const char *absolute, int *fd);

/* Which process writes it, as far as the kernel knows; 0. */
long store_file_holder(const char *absolute);

#endif
