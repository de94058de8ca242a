/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blame: which chunk is it that workers die of?
 *
 * A chunk that was in a kernel's hands when its worker died gets a strike and
 * runs again alone: first in a fresh worker, before anything else is taken. So
 * from the second attempt on there is no doubt. After crash_limit strikes the
 * chunk has failed for good. Deaths by a signal from outside (SIGKILL, another
 * process) say little about the chunk: they count against a limit of their
 * own, ten times as high, so that somebody who kills workers at random does
 * not fail an innocent chunk, and a kernel that kills itself does not run for
 * ever.
 *
 * A failed chunk is diagnosed: halves of it run in workers of their own, whose
 * results are dropped, until one item is left.
 */
#ifndef FANFOLD_LAUNCHER_BLAME_H
#define FANFOLD_LAUNCHER_BLAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLAME_OUTSIDE_FACTOR 10

struct strikes {
    uint32_t chunk;
    uint32_t own, outside;
    uint32_t failed; /* attempts that ended with ff_fail */
};

struct blame {
    uint32_t crash_limit;
    struct strikes *strikes; /* in order of chunks */
    size_t n_strikes, strikes_room;
    uint32_t *solo; /* chunks that wait for a worker of their own */
    size_t n_solo;
};

enum death { DEATH_OWN, DEATH_OUTSIDE };

void blame_init(struct blame *b, uint32_t crash_limit);
void blame_release(struct blame *b);

/* Strikes that a chunk had already: -1 without memory. */
int blame_restore(struct blame *b, const struct strikes *strikes);

/* A strike for a chunk: 1 when it has failed for good, with the number of
 * attempts, 0 when it waits for its solo run now, -1 without memory. Unless
 * `sure` (it ran alone, or was seen to crash) it never is the last strike. */
int blame_strike(struct blame *b, uint32_t chunk, enum death death, bool sure,
                 uint32_t *attempts);

/* A chunk ended with ff_fail: 1 when it has failed for good, 0 when it is to
 * be tried again, -1 without memory. *attempts: all so far, crashes too. */
int blame_failed(struct blame *b, uint32_t chunk, uint32_t retries,
                 uint32_t *attempts);

/* The next chunk that is to run alone; false: none. */
bool blame_next_solo(struct blame *b, uint32_t *chunk);

/* The same of the chunks lo .. hi - 1. */
bool blame_next_solo_of(struct blame *b, uint32_t lo, uint32_t hi,
                        uint32_t *chunk);
bool blame_has_solo_of(const struct blame *b, uint32_t lo, uint32_t hi);

/* A solo chunk whose worker died before it began: back in the queue. */
int blame_push_solo(struct blame *b, uint32_t chunk);

/* Diagnosis of one failed chunk. */
struct diagnosis {
    bool running;
    uint32_t chunk;
    uint64_t begin, end;     /* the culprit is in here, as far as we know */
    uint64_t try_begin, try_end;
    uint64_t bad_begin, bad_end; /* the smallest range that crashed alone */
    uint64_t deadline_ns;    /* of the whole diagnosis */
};

#define DIAGNOSIS_NS 30000000000u /* at most, for one chunk */

void diagnosis_begin(struct diagnosis *d, uint32_t chunk, uint64_t begin,
                     uint64_t end, uint64_t now_ns);

/* What was tried crashed or survived: true when there is more to try
 * (try_begin, try_end), false when it is over; then [begin, end) is what is
 * known, and *proven tells that just these items crash. */
bool diagnosis_next(struct diagnosis *d, bool crashed, uint64_t now_ns,
                    bool *proven);

#endif
