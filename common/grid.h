/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk grid: items to chunks. A function of the job alone, never of the
 * machine, so that a kernel's rounding cannot depend on who ran what. */
#ifndef FANFOLD_COMMON_GRID_H
#define FANFOLD_COMMON_GRID_H

#include "error.h"

#include <stdint.h>

#define GRID_MAX_CHUNKS 0xffffffffu

struct grid {
    uint64_t first, last;  /* items of the run: [first, last) */
    uint64_t chunk_items;  /* items a chunk; the last chunk may have fewer */
    uint32_t n_chunks;
};

/* chunk_items 0 means the default, ceil(n / 2^16). Fails (FF_USAGE) when that
 * makes more than GRID_MAX_CHUNKS chunks. No items make no chunks. */
int grid_init(struct grid *grid, uint64_t first, uint64_t last,
              uint64_t chunk_items, struct ff_error *err);

/* Items [*begin, *end) of chunk c < n_chunks. */
static inline void grid_chunk(const struct grid *grid, uint32_t c,
                              uint64_t *begin, uint64_t *end)
{
    *begin = grid->first + (uint64_t)c * grid->chunk_items;
    *end = grid->last - *begin > grid->chunk_items
               ? *begin + grid->chunk_items : grid->last;
}

/* How many items the chunks [lo, hi) have. */
uint64_t grid_items(const struct grid *grid, uint32_t lo, uint32_t hi);

/* The chunk of an item in [first, last). */
static inline uint32_t grid_chunk_of(const struct grid *grid, uint64_t item)
{
    return (uint32_t)((item - grid->first) / grid->chunk_items);
}

#endif
