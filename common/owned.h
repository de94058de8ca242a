/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose chunks are whose before anybody has run one: with SCHEDULE_STATIC,
 * SCHEDULE_CYCLIC and SCHEDULE_ONCE each taker has its own. A taker is what
 * takes chunks: an executor, or the first one of a team. Takers are numbered
 * over all nodes, by the rank of their worker and then by thread: so the same
 * chunks are the same taker's on one node and on many. Pure.
 */
#ifndef FANFOLD_COMMON_OWNED_H
#define FANFOLD_COMMON_OWNED_H

#include "cover.h"
#include "ledger.h"

#include <stdint.h>

/* SCHEDULE_STATIC: block `taker` of n_takers, as even as can be. */
static inline struct range owned_block(uint32_t n_chunks, uint64_t taker,
                                       uint64_t n_takers)
{
    return (struct range){(uint32_t)(n_chunks * taker / n_takers),
                          (uint32_t)(n_chunks * (taker + 1) / n_takers)};
}

/* Adds all chunks of a taker to the cover; with SCHEDULE_DYNAMIC there are
 * none. -1 without memory. */
int owned_add(struct cover *cover, enum schedule schedule, uint32_t n_chunks,
              uint64_t taker, uint64_t n_takers);

/* The same of takers [first, end), which is less work than one by one. */
int owned_add_all(struct cover *cover, enum schedule schedule,
                  uint32_t n_chunks, uint64_t first, uint64_t end,
                  uint64_t n_takers);

/* ---- in a run (job->team is set) ----------------------------------------- */

static inline uint32_t job_rank(const struct job_shm *job, uint32_t worker)
{
    return job->place[worker * job->threads].rank;
}

/* Takers of a worker; of all nodes. */
static inline uint32_t job_worker_takers(const struct job_shm *job)
{
    return job->threads / job->team;
}

static inline uint64_t job_n_takers(const struct job_shm *job)
{
    return (uint64_t)job->size * job_worker_takers(job);
}

/* The number over all nodes of the taker that executor i is or belongs to. */
static inline uint64_t job_taker(const struct job_shm *job, uint32_t i)
{
    return (uint64_t)job_rank(job, i / job->threads) * job_worker_takers(job)
           + i % job->threads / job->team;
}

/* The executor of this node that has this number as a taker, or
 * NO_EXECUTOR. */
uint32_t job_executor_of(const struct job_shm *job, uint64_t taker);

#endif
