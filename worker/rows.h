/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of arrays: from a kernel into the file that the launcher made. A chunk
 * fills its rows in a buffer; when it has ended well they are written into the
 * file, before the record that makes them count is published. The file is open
 * only for so long, and never mapped: a wild write of a kernel cannot hit the
 * rows of others, and no kernel finds its descriptor. (It is also several times
 * faster than to copy into a mapping, whose pages the kernel of the system
 * first fills with zeros.)
 *
 * Rows that do not count in the end (the worker died before its record) harm
 * nothing: the chunk runs again and writes the same, or the launcher fills
 * them (launcher/array_file.h).
 */
#ifndef FANFOLD_WORKER_ROWS_H
#define FANFOLD_WORKER_ROWS_H

#include "ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROWS_RANGES 64

struct rows_array {
    size_t row_bytes;
    size_t room;          /* of the buffer */
    char *buffer;
    char path[48];        /* of the file; "" with muted rows */
    uint64_t data_at;     /* where row 0 begins in it */
    void *scrap;          /* a row that is nobody's */
};

struct rows {
    uint32_t n_arrays;
    uint64_t first;       /* the item of row 0 */
    uint64_t begin, end;  /* items of the running chunk */
    uint64_t kept;        /* rows in the buffers that count; behind them stand
                             those of the running chunk */
    uint32_t n_ranges;
    struct item_range { uint64_t begin, end; } range[ROWS_RANGES]; /* of kept */
    struct rows_array *array;
};

/* muted: nothing is written (diagnosis). */
int rows_init(struct rows *rows, const struct spec *spec,
              const struct job_shm *job, bool muted, struct ff_error *err);
void rows_release(struct rows *rows);

/* Room for the rows of the items [begin, end), all zero: 0, or -1 without
 * memory. May write what is kept. */
int rows_begin(struct rows *rows, uint64_t begin, uint64_t end);

/* The chunk ended well. (One that failed: nothing to do.) */
void rows_commit(struct rows *rows);

/* Writes what is kept into the files. When that is not possible the process
 * ends: what has been folded of these chunks must not count without them. */
void rows_write(struct rows *rows);

/* The row of an item of the running chunk, or NULL. */
static inline void *rows_at(const struct rows *rows, uint32_t array,
                            uint64_t item)
{
    const struct rows_array *a = &rows->array[array];
    if (item < rows->begin || item >= rows->end)
        return NULL;
    return a->buffer + (rows->kept + (item - rows->begin)) * a->row_bytes;
}

#endif
