/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map of a run: which executor ran which chunks, as far as they count, and
 * when each was busy. Drawn from accepted records and from the counters of
 * executors, as the launcher sees them: no run pays for it unless --schedule-map
 * asks.
 *
 * Time is kept in buckets whose width doubles when a run outlasts them: so it
 * takes the same memory for an hour as for a millisecond.
 */
#ifndef FANFOLD_LAUNCHER_MAP_H
#define FANFOLD_LAUNCHER_MAP_H

#include "cover.h"

#include <stddef.h>
#include <stdint.h>

#define MAP_BUCKETS 512

struct map_row {
    struct cover ran;            /* chunks that were accepted from it */
    uint64_t busy[MAP_BUCKETS];  /* nanoseconds in each bucket */
    uint32_t life;               /* which process it is now */
    uint64_t seen_ns;            /* its counter then ... */
    uint64_t changed_ns;         /* ... and when it was seen to change */
};

struct map {
    uint32_t n_executors;
    uint64_t start_ns, bucket_ns;
    struct map_row *row;
};

/* NULL without memory. */
struct map *map_create(uint32_t n_executors, uint64_t start_ns);
void map_destroy(struct map *map);

/* A record of partials (a message as the ring has it) was accepted. Other
 * messages change nothing. -1 without memory. */
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
