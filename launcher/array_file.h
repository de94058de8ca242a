/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of an array: NumPy's format .npy, version 1.0. It is made without a
 * name beside its destination, as large as it will be, so that a disk that is
 * too small is known before anything runs; workers write the rows
 * (worker/rows.h); in the end it takes its name, in place of what had it. A
 * launcher that dies leaves nothing, unless the run is kept: then the file has a
 * hidden name beside its destination, by which it is opened again.
 */
#ifndef FANFOLD_LAUNCHER_ARRAY_FILE_H
#define FANFOLD_LAUNCHER_ARRAY_FILE_H

#include "cover.h"
#include "error.h"
#include "grid.h"
#include "spec.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct array_file {
    int fd;                 /* -1: none */
    char path[PATH_MAX];    /* where it goes */
    char temporary[PATH_MAX]; /* its name until then; "" it has none */
    bool kept;              /* which stays after us */
    bool was_kept;          /* by another start of the run */
    bool named;             /* it has taken its name */
    size_t data_at;         /* bytes of the header */
    uint64_t bytes;         /* all of it */
    uint64_t row_bytes;
    uint32_t type;          /* enum ff_type */
};

/* The header of `items` rows; its bytes, a multiple of 64. */
#define ARRAY_HEADER_MAX 256
size_t array_header(unsigned char out[ARRAY_HEADER_MAX],
                    const struct spec_array *array, uint64_t items);

/* Makes the file. FF_USAGE when it cannot be made there, FF_UNWRITTEN when
 * there is no room. */
int array_file_open(struct array_file *file, const struct spec_array *array,
                    uint64_t items, const char *path, struct ff_error *err);

/* On a node of a cluster: rows alone, without a header and a name, in a file
 * that is gone when it is closed. */
int array_file_open_local(struct array_file *file,
                          const struct spec_array *array, uint64_t items,
                          struct ff_error *err);

/* Copies the rows from another file, which has nothing else (--serial). */
int array_file_copy(struct array_file *file, int from, struct ff_error *err);

/* Of a run that is gone on with: the file again, by the name that the store has,
 * which is a hidden one (array_file_keep) or, when the run had ended, its own:
 * then its rows are copied. It must be ours, and be what was left. FF_CHANGED. */
int array_file_open_kept(struct array_file *file,
                         const struct spec_array *array, uint64_t items,
                         const char *path, const char *kept,
                         struct ff_error *err);

/* It outlives us: `temporary` is its name from now on, an absolute path.
 * FF_UNWRITTEN. */
int array_file_keep(struct array_file *file, struct ff_error *err);

/* The run was ended before it was done: the file is made durable and left, to be
 * gone on with. FF_UNWRITTEN. */
int array_file_leave(struct array_file *file, struct ff_error *err);

/* Could it be a name that array_file_keep has made? */
bool array_file_is_hidden(const char *path);

/* Fills the rows of all chunks that are not in `accepted`: NaN, or 0 for
 * integers. Then the file takes its name. One that is kept is durable then, and has
 * its hidden name as well: whoever has noted in the store that it is not needed
 * any more removes that (kept_file.h). FF_UNWRITTEN. */
int array_file_finish(struct array_file *file, const struct grid *grid,
                      const struct cover *accepted, struct ff_error *err);

/* Removes what has not been finished. */
void array_file_release(struct array_file *file);

#endif
