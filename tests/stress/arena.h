/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: a node without processes. The real executors, claim words, rings,
 * dispatch, gather and blame; each executor is a thread of this process, the
 * caller of arena_run plays the launcher as run.c and fate.c do.
 *
 * An executor "dies" by a jump out of whatever it does, back to the start of
 * its thread: what it had in its own memory is abandoned, what it had stored
 * in shared memory stays as it is. It dies at failpoints, inside the kernel
 * or, by a signal, at any instruction. Then the launcher settles it and starts
 * another one, with new memory, in its slot.
 */
#ifndef FANFOLD_TESTS_ARENA_H
#define FANFOLD_TESTS_ARENA_H

#include "blame.h"
#include "dispatch.h"
#include "executor.h"
#include "gather.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

#define ARENA_POINTS 11 /* failpoints by name, and the kernel */

/* What is to happen. Chances are in 2^-20 a hit of a failpoint. */
struct scenario {
    uint32_t n_executors, n_chunks, chunk_items;
    uint32_t n_ghosts;      /* slots that never have an executor */
    enum schedule schedule; /* ONCE: as many chunks as executors */
    const struct spec *spec;
    kernel_function *kernel;
    uint32_t max_deaths;
    uint32_t spared_points; /* a bit each: nobody dies there */
    uint32_t death_chance, stall_chance;
    uint32_t hurry_chance;  /* small batches, records due at once */
    uint32_t signal_chance; /* a turn of the launcher */
    uint32_t half_chance;   /* likewise: half of the executors at once */
    uint32_t crash_limit;   /* 0: no blame is laid */
    uint32_t stop_after;    /* chunks accepted, then PHASE_STOP; 0: never */
    /* Faults of the launcher's input, to see that they are found. */
    uint32_t repeat_chance; /* a record comes twice */
    uint32_t damage_chance; /* a damaged copy of a record comes first */
    uint32_t lose_chance;   /* a turn: what stands in a pool word vanishes */
    uint32_t hasty_chance;  /* a turn: [QUIET] without looking */
};

struct slot;

/* What happened. */
struct tally {
    uint64_t stolen, records;
    uint64_t deaths, signal_deaths, own_deaths;
    uint64_t hits[ARENA_POINTS], deaths_at[ARENA_POINTS];
    uint64_t dropped, damaged;      /* verdicts on records */
    uint64_t repeated, corrupted;   /* records that were made so ... */
    uint64_t refused;               /* ... and found damaged */
    uint64_t vanished;           /* chunks */
    uint64_t quiet, quiet_lost;  /* times; chunks found */
    uint64_t solos, struck_out;
};

struct arena {
    struct scenario scenario;
    struct job_shm *job;
    struct node_shm *node;
    struct gather gather;
    struct dispatch dispatch;
    struct blame blame;
    struct slot *slot;
    struct executor_shm **executor;
    int event;
    uint64_t random;         /* the launcher's */
    uint64_t deadline_ns;
    _Atomic bool over;
    _Atomic uint32_t n_deaths; /* of max_deaths */
    struct tally tally;
};

/* xorshift64*, Vigna 2016. */
static inline uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

static inline bool chance(uint64_t *state, uint32_t in_2_20)
{
    return draw(state) >> 44 < in_2_20;
}

/* Runs the scenario to its end, in at most `seconds`; else tells where it
 * stands and ends the program. Release the arena after it: 0; -1 no memory. */
int arena_run(struct arena *a, const struct scenario *scenario, uint64_t seed,
              unsigned seconds);
void arena_release(struct arena *a);

/* For kernels. A place to stall or to die, as scenario says. */
void arena_point(const char *point);
/* Dies by its own hand. */
_Noreturn void arena_crash(void);

const char *arena_point_name(unsigned i);
void tally_add(struct tally *into, const struct tally *t);

#endif
