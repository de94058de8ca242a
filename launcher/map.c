/* SPDX-License-Identifier: Apache-2.0 */
/* Who ran what, and when: see map.h. */
#include "map.h"
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKET_NS 50000u

struct map *map_create(uint32_t n_executors, uint64_t start_ns)
{
    struct map *map = malloc(sizeof *map);
    if (map == NULL)
        return NULL;
    *map = (struct map){n_executors, start_ns, FIRST_BUCKET_NS,
                        calloc(n_executors, sizeof map->row[0])};
    if (map->row == NULL) {
        free(map);
        return NULL;
    }
    for (uint32_t i = 0; i < n_executors; i++)
        map->row[i].changed_ns = start_ns;
    return map;
}

void map_destroy(struct map *map)
{
    if (map == NULL)
        return;
    for (uint32_t i = 0; i < map->n_executors; i++)
        cover_release(&map->row[i].ran);
    free(map->row);
    free(map);
}

uint32_t map_node(struct map *map, const char *name)
{
    const size_t size = sizeof map->row[0].node;
    for (uint32_t i = 0; i < map->n_executors; i++) {
        if (map->row[i].node[0] == '\0')
            snprintf(map->row[i].node, size, "%s", name);
        if (strncmp(map->row[i].node, name, size - 1) == 0)
            return i;
    }
    return MAP_NO_ROW;
}

/* ---- chunks -------------------------------------------------------------- */

int map_record(struct map *map, uint32_t executor, const void *message,
               size_t n)
{
    struct record_head head;
    const unsigned char *p = message;
    if (n < sizeof head)
        return 0;
    memcpy(&head, p, sizeof head);
    const size_t before = head.kind == RECORD_NODE ? sizeof(struct record_node)
                                                   : sizeof head;
    if ((head.kind != RECORD_PARTIAL && head.kind != RECORD_NODE)
        || n < before
        || (n - before) / sizeof(struct range) < head.n_ranges)
        return 0;
    p += before;
    for (uint32_t i = 0; i < head.n_ranges; i++, p += sizeof(struct range)) {
        struct range r;
        memcpy(&r, p, sizeof r);
        if (cover_add(&map->row[executor].ran, r) != 0)
            return -1;
    }
    return 0;
}

/* How much of [lo, hi) is in [a, b). */
static double overlap(double lo, double hi, double a, double b)
{
    const double from = lo > a ? lo : a, to = hi < b ? hi : b;
    return to > from ? to - from : 0;
}

void map_shares(const struct cover *cover, double n_chunks, double *share,
                size_t n)
{
    const double width = n_chunks / (double)n;
    memset(share, 0, n * sizeof share[0]);
    for (size_t i = 0; i < cover->n; i++) {
        const double lo = cover->range[i].lo, hi = cover->range[i].hi;
        for (size_t k = (size_t)(lo / width); k < n; k++) {
            const double a = (double)k * width;
            if (a >= hi)
                break;
            share[k] += overlap(lo, hi, a, a + width) / width;
        }
    }
}

/* ---- time ---------------------------------------------------------------- */

/* Buckets twice as wide. */
static void widen(struct map *map)
{
    for (uint32_t i = 0; i < map->n_executors; i++) {
        uint64_t *busy = map->row[i].busy;
        for (size_t k = 0; k < MAP_BUCKETS / 2; k++)
            busy[k] = busy[2 * k] + busy[2 * k + 1];
        memset(busy + MAP_BUCKETS / 2, 0, MAP_BUCKETS / 2 * sizeof busy[0]);
    }
    map->bucket_ns *= 2;
}

/* Busy from `from` to `to`, since the start of the map. */
static void fill(struct map *map, uint32_t executor, uint64_t from,
                 uint64_t to)
{
    while (to >= map->bucket_ns * MAP_BUCKETS)
        widen(map);
    for (uint64_t at = from; at < to;) {
        const uint64_t k = at / map->bucket_ns;
        const uint64_t next = (k + 1) * map->bucket_ns;
        const uint64_t end = next < to ? next : to;
        map->row[executor].busy[k] += end - at;
        at = end;
    }
}

/* It is known how long, not when: as late as can be, but not before its
 * counter was last seen to change. */
void map_busy(struct map *map, uint32_t executor, uint32_t life,
              uint64_t busy_ns, uint64_t now_ns)
{
    struct map_row *row = &map->row[executor];
    if (row->life != life)
        row->seen_ns = 0;
    row->life = life;
    if (busy_ns <= row->seen_ns || now_ns < row->changed_ns)
        return;
    const uint64_t busy = busy_ns - row->seen_ns;
    const uint64_t most = now_ns - row->changed_ns;
    const uint64_t to = now_ns - map->start_ns;
    fill(map, executor, to - (busy < most ? busy : most), to);
    row->seen_ns = busy_ns;
    row->changed_ns = now_ns;
}

void map_busy_shares(const struct map *map, uint32_t executor,
                     uint64_t end_ns, double *share, size_t n)
{
    const uint64_t *busy = map->row[executor].busy;
    const double bucket = (double)map->bucket_ns;
    const double width = (double)(end_ns - map->start_ns) / (double)n;
    memset(share, 0, n * sizeof share[0]);
    for (size_t i = 0; i < n && width > 0; i++)
        for (size_t k = 0; k < MAP_BUCKETS; k++) {
            const double a = (double)k * bucket;
            share[i] += (double)busy[k] / bucket / width
                        * overlap(a, a + bucket, (double)i * width,
                                  (double)(i + 1) * width);
        }
}
