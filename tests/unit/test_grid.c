/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk grid against its definition: every item is in exactly one chunk,
 * all chunks but the last have chunk_items, the default is ceil(n / 2^16). */
#include "grid.h"
#include "tap.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

static struct grid make(uint64_t first, uint64_t last, uint64_t chunk_items)
{
    struct grid grid = {0};
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(grid_init(&grid, first, last, chunk_items, &err), 0);
    CU_ASSERT_EQUAL(err.status, 0);
    CU_ASSERT_EQUAL(grid.first, first);
    return grid;
}

/* Chunk c begins where c - 1 ended and is full, or is the last. */
static bool chunk_is_right(const struct grid *grid, uint32_t c)
{
    uint64_t begin, end, before_begin, before_end = grid->first;
    grid_chunk(grid, c, &begin, &end);
    if (c > 0)
        grid_chunk(grid, c - 1, &before_begin, &before_end);
    if (begin != before_end || end <= begin || end > grid->last)
        return false;
    if (c + 1 < grid->n_chunks ? end - begin != grid->chunk_items
                               : end != grid->last)
        return false;
    return end - begin <= grid->chunk_items &&
           grid_items(grid, c, c + 1) == end - begin &&
           grid_chunk_of(grid, begin) == c && grid_chunk_of(grid, end - 1) == c;
}

/* Every item of small grids, one by one. */
static void small_grids(void)
{
    int n_bad = 0;
    for (uint64_t n = 1; n <= 40; n++)
        for (uint64_t size = 1; size <= 45; size++) {
            const struct grid grid = make(1000, 1000 + n, size);
            n_bad += grid.n_chunks != (n + size - 1) / size;
            for (uint32_t c = 0; c < grid.n_chunks; c++)
                n_bad += !chunk_is_right(&grid, c);
            for (uint64_t item = 0; item < n; item++)
                n_bad += grid_chunk_of(&grid, 1000 + item) != item / size;
            n_bad += grid_items(&grid, 0, grid.n_chunks) != n;
        }
    CU_ASSERT_EQUAL(n_bad, 0);
}

static void default_chunks(void)
{
    static const struct {
        uint64_t n, chunk_items;
        uint32_t n_chunks;
    } expected[] = {
        /* ceil(n / 2^16), ceil(n / that) */
        {1, 1, 1},
        {65535, 1, 65535},
        {65536, 1, 65536},
        {65537, 2, 32769},
        {131072, 2, 65536},
        {131073, 3, 43691},
        {1000000000, 15259, 65536},
        {UINT64_MAX, UINT64_C(1) << 48, 65536},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct grid grid = make(0, expected[i].n, 0);
        CU_ASSERT_EQUAL(grid.chunk_items, expected[i].chunk_items);
        CU_ASSERT_EQUAL(grid.n_chunks, expected[i].n_chunks);
        CU_ASSERT(chunk_is_right(&grid, grid.n_chunks - 1));
    }
}

static void no_items(void)
{
    const struct grid none = make(7, 7, 0);
    CU_ASSERT_EQUAL(none.n_chunks, 0);
    CU_ASSERT_EQUAL(none.last, 7);
    CU_ASSERT(none.chunk_items > 0);
    CU_ASSERT_EQUAL(grid_items(&none, 0, 0), 0);
    const struct grid backwards = make(9, 3, 5);
    CU_ASSERT_EQUAL(backwards.n_chunks, 0);
    CU_ASSERT_EQUAL(backwards.last, 9);
}

static void largest_grids(void)
{
    static const struct {
        uint64_t first, last, chunk_items;
    } grids[] = {
        {0, UINT64_MAX, 0},
        {0, UINT64_MAX, UINT64_MAX},
        {0, UINT64_MAX, UINT64_MAX - 1},
        /* 2^64 - 1 = (2^32 - 1)(2^32 + 1): as many chunks as there can be */
        {0, UINT64_MAX, (UINT64_C(1) << 32) + 1},
        {0, GRID_MAX_CHUNKS, 1},
        {UINT64_MAX - 10, UINT64_MAX, 3},
        {UINT64_MAX - 1, UINT64_MAX, 0},
        {UINT64_C(1) << 63, UINT64_MAX, (UINT64_C(1) << 40) + 12345},
    };
    for (size_t i = 0; i < sizeof grids / sizeof grids[0]; i++) {
        const struct grid grid =
            make(grids[i].first, grids[i].last, grids[i].chunk_items);
        CU_ASSERT_EQUAL(grid.last, grids[i].last);
        CU_ASSERT_EQUAL(grid_items(&grid, 0, grid.n_chunks),
                        grid.last - grid.first);
        const uint32_t stride = grid.n_chunks / 1000 + 1;
        int n_bad = !chunk_is_right(&grid, grid.n_chunks - 1);
        for (uint64_t c = 0; c < grid.n_chunks; c += stride)
            n_bad += !chunk_is_right(&grid, (uint32_t)c);
        CU_ASSERT_EQUAL(n_bad, 0);
    }
    CU_ASSERT_EQUAL(make(0, UINT64_MAX, (UINT64_C(1) << 32) + 1).n_chunks,
                    GRID_MAX_CHUNKS);
}

static void items_of_ranges(void)
{
    const struct grid grid = make(100, 125, 10); /* 10, 10, 5 */
    CU_ASSERT_EQUAL(grid_items(&grid, 0, 1), 10);
    CU_ASSERT_EQUAL(grid_items(&grid, 0, 2), 20);
    CU_ASSERT_EQUAL(grid_items(&grid, 0, 3), 25);
    CU_ASSERT_EQUAL(grid_items(&grid, 1, 3), 15);
    CU_ASSERT_EQUAL(grid_items(&grid, 2, 3), 5);
    CU_ASSERT_EQUAL(grid_items(&grid, 2, 2), 0);
    CU_ASSERT_EQUAL(grid_items(&grid, 2, 1), 0);
}

/* The chunk size that the error names must do, and say both numbers. */
static void too_many_chunks(void)
{
    static const struct {
        uint64_t last, chunk_items;
    } bad[] = {
        {UINT64_C(1) << 32, 1},
        {UINT64_MAX, 1},
        {UINT64_MAX, UINT64_C(1) << 32},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct grid grid = {1, 2, 3, 4};
        struct ff_error err = {0};
        CU_ASSERT_EQUAL(
            grid_init(&grid, 0, bad[i].last, bad[i].chunk_items, &err), -1);
        CU_ASSERT_EQUAL(err.status, FF_USAGE);
        CU_ASSERT(grid.first == 1 && grid.last == 2 && grid.chunk_items == 3 &&
                  grid.n_chunks == 4);
        uint64_t advice = 0;
        const char *text = strstr(err.text, "--chunk ");
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_EQUAL(sscanf(text, "--chunk %" SCNu64, &advice), 1);
        CU_ASSERT_EQUAL(grid_init(&grid, 0, bad[i].last, advice, NULL), 0);
        CU_ASSERT_EQUAL(
            grid_init(&grid, 0, bad[i].last, bad[i].chunk_items, NULL), -1);
    }
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"every item of small grids is in one chunk", small_grids},
        {"default chunk size", default_chunks},
        {"no items make no chunks", no_items},
        {"grids up to 2^64 - 1", largest_grids},
        {"items of ranges of chunks", items_of_ranges},
        {"too many chunks are refused", too_many_chunks},
    };
    return TAP_RUN(tests);
}
