/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of a run, in its store (STORE_FILES):
 *
 *   output NAME   an output's file, as --output has it; "-": standard output
 *   printed       with --keep-order, what kernels print: "-"
 *   array NAME    the file that has the rows of an array: hidden, beside where the
 *                 array goes; or the array itself when the run has ended
 *   hidden NAME   then, what it was before: to be removed
 */
#ifndef FANFOLD_LAUNCHER_KEPT_FILE_H
#define FANFOLD_LAUNCHER_KEPT_FILE_H

#include "error.h"
#include "store.h"

#include <limits.h>
#include <stdint.h>

struct kept_file {
    char path[PATH_MAX];
    uint64_t bytes;      /* of it are written, ... */
    uint32_t frontier;   /* ... all of chunks before this one */
};

/* kind: "output "; name: of it, or "". */
void kept_file_put(struct store_batch *batch, const char *kind,
                   const char *name, const struct kept_file *file);

/* 1; 0: the store has none of that name; -1 with *err. */
int kept_file_find(struct store *s, const char *kind, const char *name,
                   struct kept_file *file, struct ff_error *err);

/* The store says that arrays have their names: removes what they were before, of
 * which it is no error when it is gone. FF_UNWRITTEN, FF_DAMAGED. */
int kept_file_remove_named(struct store *s, struct ff_error *err);

/* The run is to be forgotten: removes all hidden files of its arrays. */
int kept_file_remove_hidden(struct store *s, struct ff_error *err);

#endif
