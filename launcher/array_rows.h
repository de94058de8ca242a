/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of an array on their way from a node of a cluster to the root: read out
 * of the node's own file, where its workers wrote them, sent (RECORD_ROWS in
 * ledger.h), and written into the real file by the root, ahead of the record
 * that makes them count. As on one machine, rows that do not count in the end
 * harm nothing.
 */
#ifndef FANFOLD_LAUNCHER_ARRAY_ROWS_H
#define FANFOLD_LAUNCHER_ARRAY_ROWS_H

#include "array_file.h"
#include "cover.h"
#include "error.h"
#include "grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a node has sent of an array. */
struct array_rows {
    struct cover sent; /* chunks */
    uint32_t chunk;    /* one that goes in parts, when ... */
    uint64_t part;     /* ... so many of its rows have gone; else 0 */
};

/* The next rows of array number `array`: those of `fresh` that have not been
 * sent. The file gives their room back. 1 with *message, to be freed; 0: all
 * have been sent; -1 with *err. */
int array_rows_take(struct array_rows *rows, const struct array_file *file,
                    uint32_t array, const struct grid *grid,
                    const struct cover *fresh, void **message, size_t *n,
                    struct ff_error *err);

/* Have all of them been sent? */
bool array_rows_are_sent(const struct array_rows *rows,
                         const struct cover *fresh);
void array_rows_release(struct array_rows *rows);

/* Writes such a message into the files, n_arrays of them, when it is of chunks
 * of `holds`: 0; 1 when it is no such message, and nothing is written; -1 with
 * *err. */
int array_rows_put(const struct array_file *file, uint32_t n_arrays,
                   const struct grid *grid, const struct cover *holds,
                   const void *message, size_t n, struct ff_error *err);

#endif
