/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk grid: see grid.h. */
#include "grid.h"

#include <inttypes.h>

#define DEFAULT_CHUNKS 65536u

int grid_init(struct grid *grid, uint64_t first, uint64_t last,
              uint64_t chunk_items, struct ff_error *err)
{
    const uint64_t n = last > first ? last - first : 0;
    if (chunk_items == 0)
        chunk_items = n / DEFAULT_CHUNKS + (n % DEFAULT_CHUNKS != 0);
    if (chunk_items == 0)
        chunk_items = 1;
    const uint64_t n_chunks = n / chunk_items + (n % chunk_items != 0);
    if (n_chunks > GRID_MAX_CHUNKS)
        return ff_error_set(err, FF_USAGE,
            "%" PRIu64 " items in chunks of %" PRIu64 " make %" PRIu64
            " chunks, more than %u: use --chunk %" PRIu64 " or more",
            n, chunk_items, n_chunks, GRID_MAX_CHUNKS,
            (n - 1) / GRID_MAX_CHUNKS + 1);
    *grid = (struct grid){first, first + n, chunk_items, (uint32_t)n_chunks};
    return 0;
}

uint64_t grid_items(const struct grid *grid, uint32_t lo, uint32_t hi)
{
    if (lo >= hi)
        return 0;
    uint64_t begin, end, last_begin;
    grid_chunk(grid, lo, &begin, &end);
    grid_chunk(grid, hi - 1, &last_begin, &end);
    return end - begin;
}
