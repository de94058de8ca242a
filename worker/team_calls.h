/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A team: the threads of a worker while they run one chunk together, and what
 * their kernel may call for it. Its first thread is the executor that took
 * the chunk; the others are executors in memory only, for their buffers:
 * they touch no claim word, no epoch and no ring.
 */
#ifndef FANFOLD_WORKER_TEAM_CALLS_H
#define FANFOLD_WORKER_TEAM_CALLS_H

#include "barrier.h"
#include "executor.h"

#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>

#define TEAM_LOOPS 8u            /* that may be in flight at once */
#define TEAM_REDUCTION_WORDS 80u /* the longest slice: of a sum of doubles */

/* One thread. Written by it; by the first thread between two chunks. */
struct member {
    _Alignas(64) _Atomic uint64_t left; /* when it left the kernel last: the
                                  chunk, and in the lower half the turn of
                                  `inner` */
    _Atomic uint32_t n_loops;  /* that it has come to */
    uint32_t n_singles;
    uint32_t n_reductions;
    _Atomic uint32_t outer, inner; /* turns of the two barriers */
    const char *thrown_out_of; /* the call it waited in when that became
                                  hopeless, or NULL */
    jmp_buf way_out;           /* of the kernel */
    _Alignas(64) int64_t reduction[2][TEAM_REDUCTION_WORDS];
};

/* A loop in flight: in the upper half which one, in the lower how many of its
 * pieces are taken. */
struct team_loop {
    _Alignas(64) _Atomic uint64_t word;
};

struct team {
    uint32_t n;
    kernel_function *kernel;
    struct executor *executor; /* n */
    struct member *member;     /* n */
    struct barrier outer; /* before and after each chunk */
    struct barrier inner; /* the kernel's */
    struct ff_calls leader_calls, member_calls;
    struct ff_bytes no_bytes[SPEC_MAX_OUTPUTS]; /* of all but the first */
    /* Written by the first thread before it meets the others. */
    uint32_t chunk; /* goes up */
    uint64_t begin, end;
    bool over;      /* there is no other chunk */
    _Alignas(64) _Atomic uint32_t n_singles; /* that somebody has */
    struct team_loop loop[TEAM_LOOPS];
};

/* Sets barrier, single, next and reduce. */
void team_calls_init(struct ff_calls *calls);

/* Has a thread left the running chunk that has not come, and so will not, to
 * this turn of `inner`? */
barrier_hopeless team_is_hopeless;

#endif
