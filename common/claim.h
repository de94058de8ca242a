/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim words: which chunks are free for the taking.
 *
 * A word packs a range [lo, hi) of chunk numbers; lo >= hi is empty. Each
 * executor has one and takes from its low end; others steal half from the
 * high end; pool words, filled by the launcher, may be emptied by anybody.
 * Only the owner of a word ever adds chunks to it, and only the launcher to a
 * pool word that it has seen empty. (With SCHEDULE_ONCE it is the launcher that
 * adds, to all words, and the owner never does.)
 *
 * The value of a word *is* the set of chunks that are free in it. So a
 * compare-and-swap that succeeds is right whatever happened in between: there
 * is no ABA problem. Ownership is a hint all the same: the launcher counts
 * only what is published (gather.h), so a word that a wild write ruined costs
 * time, never correctness. Readers check ranges against the grid.
 *
 * Every change is an acquire-release read-modify-write: whoever sees chunks
 * gone from a word also sees the taker's odd epoch, which was stored before
 * (ledger.h explains why the end of a run is found by that).
 *
 * The names in brackets are the steps of tests/model/engine.pml.
 */
#ifndef FANFOLD_COMMON_CLAIM_H
#define FANFOLD_COMMON_CLAIM_H

#include "cover.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef _Atomic uint64_t claim_word;

static inline uint64_t claim_pack(struct range r)
{
    return (uint64_t)r.hi << 32 | r.lo;
}

static inline struct range claim_unpack(uint64_t word)
{
    return (struct range){(uint32_t)word, (uint32_t)(word >> 32)};
}

/* The range that is free in the word now; for looking. */
static inline struct range claim_peek(claim_word *word)
{
    return claim_unpack(atomic_load_explicit(word, memory_order_acquire));
}

/* [TAKE] Owner: cuts up to max chunks off the low end. */
bool claim_take(claim_word *word, uint32_t max, struct range *taken);

/* [STEAL] Anybody: cuts the upper half (at least one chunk) off. */
bool claim_steal(claim_word *word, struct range *stolen);

/* [EMPTY] Anybody of a pool word, the launcher of a dead executor's word:
 * takes all there is. */
bool claim_take_all(claim_word *word, struct range *taken);

/* [PUT] Owner: adds r to its word, which is empty or begins at r.hi (chunks
 * given back). False, and nothing changed, when it is neither. */
bool claim_put(claim_word *word, struct range r);

#endif
