/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of an array: NumPy's format .npy, version 1.0. It is made without a
 * name beside its destination, as large as it will be, so that a disk that is
 * too small is known before anything runs; workers write the rows
 * (worker/rows.h); in the end it takes its name, in place of what had it. A
 * launcher that dies leaves nothing.
 */
#ifndef FANFOLD_LAUNCHER_ARRAY_FILE_H
#define FANFOLD_LAUNCHER_ARRAY_FILE_H

#include "cover.h"
#include "error.h"
#include "grid.h"
#include "spec.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct array_file {
    int fd;                 /* -1: none */
    char path[PATH_MAX];    /* where it goes */
    char temporary[PATH_MAX]; /* its name until then; "" it has none */
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

/* Fills the rows of all chunks that are not in `accepted`: NaN, or 0 for
 * integers. Then the file takes its name. FF_UNWRITTEN. */
int array_file_finish(struct array_file *file, const struct grid *grid,
                      const struct cover *accepted, struct ff_error *err);

/* Removes what has not been finished. */
void array_file_release(struct array_file *file);

#endif
