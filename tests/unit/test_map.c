/* SPDX-License-Identifier: Apache-2.0 */
/* Who ran what, in columns; who was busy when, however long it lasts. */
#include "ledger.h"
#include "map.h"
#include "tap.h"

#include <math.h>
#include <string.h>

#define MS UINT64_C(1000000)

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

static void shares_chunks_among_columns(void)
{
    struct cover c = COVER_EMPTY;
    double share[5];
    CU_ASSERT_EQUAL(cover_add(&c, (struct range){0, 3}), 0);
    CU_ASSERT_EQUAL(cover_add(&c, (struct range){7, 8}), 0);
    map_shares(&c, 10, share, 5);
    CU_ASSERT(near(share[0], 1) && near(share[1], 0.5) && share[2] == 0
              && near(share[3], 0.5) && share[4] == 0);
    /* More columns than chunks. */
    map_shares(&c, 2.5, share, 5);
    CU_ASSERT(near(share[0], 1) && near(share[4], 1));
    cover_release(&c);
}

static void takes_records_apart(void)
{
    struct map *map = map_create(2, 0);
    struct { struct record_head head; struct range r[2]; int64_t word; } m = {
        {RECORD_PARTIAL, 2}, {{3, 5}, {9, 10}}, 7};
    CU_ASSERT_PTR_NOT_NULL_FATAL(map);
    CU_ASSERT_EQUAL(map_record(map, 1, &m, sizeof m), 0);
    CU_ASSERT_EQUAL(map->row[1].ran.n_chunks, 3);
    CU_ASSERT_EQUAL(map->row[0].ran.n_chunks, 0);
    m.head.kind = RECORD_FAILED;
    CU_ASSERT_EQUAL(map_record(map, 0, &m, sizeof m), 0);
    m.head = (struct record_head){RECORD_PARTIAL, 1000};
    CU_ASSERT_EQUAL(map_record(map, 0, &m, sizeof m), 0);
    CU_ASSERT_EQUAL(map_record(map, 0, &m, 3), 0);
    CU_ASSERT_EQUAL(map->row[0].ran.n_chunks, 0);
    map_destroy(map);
}

/* A row for each node, also when their order changes. */
static void rows_of_nodes(void)
{
    struct map *map = map_create(2, 0);
    struct { struct record_node head; struct range r[2]; int64_t word; } m = {
        {{RECORD_NODE, 2}, 1, 0, 0, 0, 0}, {{3, 5}, {9, 10}}, 7};
    CU_ASSERT_PTR_NOT_NULL_FATAL(map);
    CU_ASSERT_FALSE(map_is_of_nodes(map));
    CU_ASSERT_EQUAL(map_node(map, "a"), 0);
    CU_ASSERT_EQUAL(map_node(map, "b"), 1);
    CU_ASSERT_EQUAL(map_node(map, "a"), 0);
    CU_ASSERT_EQUAL(map_node(map, "c"), MAP_NO_ROW);
    CU_ASSERT_TRUE(map_is_of_nodes(map));
    CU_ASSERT_EQUAL(map_record(map, 1, &m, sizeof m), 0);
    CU_ASSERT_EQUAL(map->row[1].ran.n_chunks, 3);
    m.head.head.n_ranges = 1000;
    CU_ASSERT_EQUAL(map_record(map, 0, &m, sizeof m), 0);
    CU_ASSERT_EQUAL(map_record(map, 0, &m, sizeof m.head - 1), 0);
    CU_ASSERT_EQUAL(map->row[0].ran.n_chunks, 0);
    map_destroy(map);
}

/* Busy from 2 to 6 and from 8 to 9 of 10 ms, seen late. */
static void finds_when(void)
{
    const uint64_t start = 77 * MS;
    struct map *map = map_create(1, start);
    double share[10];
    CU_ASSERT_PTR_NOT_NULL_FATAL(map);
    map_busy(map, 0, 1, 0, start + 2 * MS);
    map_busy(map, 0, 1, 4 * MS, start + 6 * MS);
    map_busy(map, 0, 1, 4 * MS, start + 8 * MS);
    map_busy(map, 0, 1, 5 * MS, start + 9 * MS);
    map_busy_shares(map, 0, start + 10 * MS, share, 10);
    for (int i = 0; i < 10; i++)
        CU_ASSERT(near(share[i], (i >= 2 && i < 6) || i == 8));
    map_destroy(map);
}

/* From a process to the next the counter starts anew; one that lies cannot
 * have been busy for longer than the time that has gone by. */
static void believes_what_can_be(void)
{
    struct map *map = map_create(1, 0);
    double share[4];
    CU_ASSERT_PTR_NOT_NULL_FATAL(map);
    map_busy(map, 0, 1, 10 * MS, 10 * MS);
    map_busy(map, 0, 2, 5 * MS, 20 * MS);
    map_busy(map, 0, 2, UINT64_MAX, 40 * MS);
    map_busy_shares(map, 0, 40 * MS, share, 4);
    CU_ASSERT(near(share[0], 1) && near(share[1], 0.5) && near(share[2], 1)
              && near(share[3], 1));
    map_destroy(map);
}

/* An hour with a busy second in every ten, in the same memory. */
static void lasts_for_an_hour(void)
{
    struct map *map = map_create(1, 0);
    double share[36], sum = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(map);
    for (uint64_t s = 10; s <= 3600; s += 10)
        map_busy(map, 0, 1, s / 10 * 1000 * MS, s * 1000 * MS);
    map_busy_shares(map, 0, 3600 * 1000 * MS, share, 36);
    for (int i = 0; i < 36; i++) {
        CU_ASSERT(share[i] > 0.05 && share[i] < 0.15);
        sum += share[i];
    }
    CU_ASSERT(fabs(sum - 3.6) < 0.05); /* the last bucket is cut */
    map_destroy(map);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"chunks in columns", shares_chunks_among_columns},
        {"records of partials only", takes_records_apart},
        {"rows of nodes", rows_of_nodes},
        {"busy and idle", finds_when},
        {"new processes, and lies", believes_what_can_be},
        {"an hour", lasts_for_an_hour},
    };
    return TAP_RUN(tests);
}
