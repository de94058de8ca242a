/* SPDX-License-Identifier: Apache-2.0 */
/* Where stores of runs are: $XDG_STATE_HOME/fanfold/runs, by default
 * ~/.local/state/fanfold/runs, each as RUN.sqlite. Directories of ours have mode
 * 0700. */
#ifndef FANFOLD_LAUNCHER_RUNS_DIR_H
#define FANFOLD_LAUNCHER_RUNS_DIR_H

#include "error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The store of a run of this id; make: the directories are made when they are
 * not there. FF_USAGE when there is no home, FF_UNWRITTEN when they cannot be
 * made, FF_UNSAFE when they are somebody else's. */
int runs_dir_path(char path[PATH_MAX], const char *id, bool make,
                  struct ff_error *err);

/* The store that a person means: a path (it has a slash, or is the name of a
 * file that is there), an id, the beginning of just one id; NULL: the run that
 * was written last. FF_USAGE, which names those that it could be. */
int runs_dir_find(char path[PATH_MAX], const char *run, struct ff_error *err);

/* All stores there, the one that was written last first. */
struct runs_dir_entry {
    char id[64];
    char path[PATH_MAX];
    int64_t modified_ns;     /* since 1970: of the file or its log */
    uint64_t bytes;          /* of both */
};

/* *entry is to be freed. A directory that is not there has none. */
int runs_dir_list(struct runs_dir_entry **entry, size_t *n,
                  struct ff_error *err);

/* Fills *entry for a store that may be anywhere. -1: it is not there. */
int runs_dir_look(struct runs_dir_entry *entry, const char *path);

/* Does a process write the store? 1, 0, -1: its file system cannot tell. Not
 * for a store that this process has open: that would lose its lock. */
int runs_dir_is_held(const char *path);

/* Removes a store with its log. FF_HELD when it is being written, FF_USAGE when
 * it is not there, FF_UNWRITTEN. */
int runs_dir_remove(const char *path, struct ff_error *err);

#endif
