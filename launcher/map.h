/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map of a run: which executor ran which chunks, as far as they count, and
 * when each was busy. Drawn from accepted records and from the counters of
 * executors, as the launcher sees them: no run pays for it unless
 * --schedule-map asks.
 *
 * Of a cluster there is a row for each node in place of each executor: its
 * chunks are those of its records, and its busy time is the mean of its
 * executors.
 *
 * Time is kept in buckets whose width doubles when a run outlasts them: so it
 * takes the same memory for an hour as for a millisecond.
 */
#ifndef FANFOLD_LAUNCHER_MAP_H
#define FANFOLD_LAUNCHER_MAP_H

#include "cover.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAP_BUCKETS 512

struct map_row {
    struct cover ran;            /* chunks that were accepted from it */
    uint64_t busy[MAP_BUCKETS];  /* nanoseconds in each bucket */
    uint32_t life;               /* which process it is now */
    uint64_t seen_ns;            /* its counter then ... */
    uint64_t changed_ns;         /* ... and when it was seen to change */
    char node[64];               /* of a cluster: which; else "" */
};

struct map {
    uint32_t n_executors;
    uint64_t start_ns, bucket_ns;
    struct map_row *row;
};

/* NULL without memory. */
struct map *map_create(uint32_t n_executors, uint64_t start_ns);
void map_destroy(struct map *map);

/* Of a cluster: the row of the node that is called so, from the first call on.
 * MAP_NO_ROW: there are n_executors others. */
uint32_t map_node(struct map *map, const char *name);
#define MAP_NO_ROW UINT32_MAX

/* Are the rows nodes? */
static inline bool map_is_of_nodes(const struct map *map)
{
    return map->n_executors > 0 && map->row[0].node[0] != '\0';
}

/* A record of partials, or of a node (a message as the ring has it) was
 * accepted. Other messages change nothing. -1 without memory. */
int map_record(struct map *map, uint32_t executor, const void *message,
               size_t n);

/* The executor has been busy for busy_ns in its life so far. */
void map_busy(struct map *map, uint32_t executor, uint32_t life,
              uint64_t busy_ns, uint64_t now_ns);

/* The chunks [0, n_chunks) in n columns: which share of each the cover has. */
void map_shares(const struct cover *cover, double n_chunks, double *share,
                size_t n);

/* The time from the start to end_ns in n columns: the share that an executor
 * was busy. */
void map_busy_shares(const struct map *map, uint32_t executor,
                     uint64_t end_ns, double *share, size_t n);

#endif
