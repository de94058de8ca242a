/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an executor finds chunks: its own claim word, what it deals itself,
 * pool words, the words of others; the last only with SCHEDULE_DYNAMIC. Whoever
 * takes has made its epoch odd before (ledger.h).
 */
#ifndef FANFOLD_WORKER_FIND_H
#define FANFOLD_WORKER_FIND_H

#include "ledger.h"

#include <stdbool.h>
#include <stdint.h>

struct find {
    const struct job_shm *job;
    struct node_shm *node;
    uint32_t index;   /* of the executor on the node */
    bool pinned;      /* by the schedule: nobody steals, it neither */
    uint64_t deal;    /* SCHEDULE_CYCLIC: the next chunk that it deals itself;
                         at or beyond the last chunk: none */
    uint32_t *victim; /* the others, nearest first */
    uint32_t n_victims;
    uint64_t steals;  /* so far */
};

/* The job's grid, places and schedule must be set. FF_LOST: no memory. */
int find_init(struct find *f, const struct job_shm *job,
              struct node_shm *node, uint32_t index, struct ff_error *err);
void find_release(struct find *f);

/* SCHEDULE_CYCLIC: from now on the executor deals itself the chunks that are
 * its own, from the first, or from `next`, where one left that it replaces; 0:
 * from the first. One that takes the place of a dead one does not. */
void find_deal(struct find *f, uint64_t next);

/* Has it chunks of its own yet to deal? */
bool find_can_deal(const struct find *f);

/* Takes up to `batch` chunks into *r; what it found beyond them stands in its
 * own word then. False: there was nothing. */
bool find_take(struct find *f, uint32_t batch, struct range *r);

/* [PUT] Gives chunks back to its own word, which is empty or begins at r.hi. */
void find_put(struct find *f, struct range r);

/* Is there anything to take, in its own word alone or at all? Only looks. */
bool find_has_own(struct find *f);
bool find_anything(struct find *f);

#endif
