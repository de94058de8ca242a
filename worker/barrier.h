/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A barrier for the threads of a team. Nobody passes before all have come;
 * what a thread wrote before it, all can read after it.
 *
 * With a core for each thread: dissemination (D. Hensgen, R. Finkel, U. Manber,
 * Two algorithms for barrier synchronization, IJPP 17(1), 1988). In round r
 * thread i tells thread i + 2^r that it has come, and waits to be told by
 * i - 2^r; after ceil(log2 n) rounds everybody has heard of everybody. No word
 * has two writers, and a round costs one move of a cache line. Neighbours in
 * the team are neighbours on the machine, so only the last rounds go far.
 *
 * With fewer cores than threads: one counter, and one word on which all sleep.
 * Each thread need run only once for a turn, not once a round.
 *
 * Who waits looks for some time, then gives its core away, then sleeps.
 */
#ifndef FANFOLD_WORKER_BARRIER_H
#define FANFOLD_WORKER_BARRIER_H

#include "error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Of one thread and one round; a line of its own. */
struct barrier_flag {
    _Alignas(64) _Atomic uint32_t turn; /* its partner of that round; futex */
    _Atomic uint32_t sleeping;          /* the thread: 1 while it may sleep */
};

/* Will somebody never come to this turn? Asked now and then by those who
 * sleep. */
typedef bool barrier_hopeless(const void *arg, uint32_t turn);

struct barrier {
    uint32_t n, rounds;
    bool crowded; /* more threads than cores */
    bool light;   /* membarrier orders a sleeper's words, see barrier.c */
    barrier_hopeless *hopeless; /* or NULL */
    const void *arg;
    struct barrier_flag *flag;  /* n * rounds, not when crowded */
    _Alignas(64) _Atomic uint32_t arrived;  /* when crowded: in this turn, */
    _Alignas(64) _Atomic uint32_t passed;   /* turns that are over; futex */
    _Atomic uint32_t n_sleeping;
};

/* For n threads. FF_LOST when there is no memory. */
int barrier_init(struct barrier *b, uint32_t n, bool crowded,
                 barrier_hopeless *hopeless, const void *arg,
                 struct ff_error *err);
void barrier_release(struct barrier *b);

/* Thread tid comes; *turn is its own count of turns, zero at first, released
 * before the others are told. True when
 * all have come; false when it is hopeless: then the barrier is unusable
 * until barrier_reset. */
bool barrier_wait(struct barrier *b, uint32_t tid, _Atomic uint32_t *turn);

/* As after barrier_init; nobody may be in it, and all turns are zero again. */
void barrier_reset(struct barrier *b);

#endif
